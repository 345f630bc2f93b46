"""Linear evaluation: the representation heads frozen, a linear classifier on their outputs side by side.

Entry module. The classifier's learning rate, weight decay and epoch are chosen on the validation split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from conclugen.downstream.data import Arguments, parse_arguments, read
from conclugen.downstream.inputs import Matrix, concatenate
from conclugen.downstream.networks import origin
from conclugen.downstream.representations import represent
from conclugen.downstream.settings import Settings
from conclugen.downstream.sweep import run_by_model
from conclugen.models.io import load_placed
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse

ALONE = (1.0,)
# Weights of the representation beside its input, of which validation chooses: hundreds of columns that tell nothing
# cost the classifier more than it can learn to ignore, so it may do with less of them, or without.
BESIDE_INPUT = (1.0, 0.1, 0.0)


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    evaluate(parse_arguments(__doc__ or "", argv, needs_model=True), "linear")


def evaluate(arguments: Arguments, protocol: str, *, shuffled: bool = False, beside_input: bool = False) -> None:
    """Run linear evaluation, with true or with permuted labels, on representations alone or beside their inputs."""
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    where = device()
    data = read(
        arguments.manifest, arguments.features, settings.modalities, settings.evaluate, settings.target, settings.fold
    )

    def build(model: Path | None) -> Iterator[tuple[float, Matrix]]:
        values = represent(load_placed(model), data.inputs, where)
        widths = {m: value.shape[1] for m, value in values.items()}
        if beside_input:
            inputs = data.inputs.features
            values = {m: torch.cat([value, inputs[m].to(value)], dim=1) for m, value in values.items()}
        matrix = concatenate(values, data.inputs.present, data.labelled("train"), settings.standardise, where)
        for weight in BESIDE_INPUT if beside_input else ALONE:
            yield weight, matrix.weighted(widths, weight)

    about = {"protocol": protocol}
    run_by_model(settings, arguments.models, build, data, arguments.output, about, shuffled, origin)


if __name__ == "__main__":
    main()
