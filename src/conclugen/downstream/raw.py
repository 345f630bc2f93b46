"""Raw-features control: the classifier and the sweep of linear evaluation, on the backbones' features themselves.

Entry module. What a pretrained representation is worth is what it adds to this.
"""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.downstream.data import parse_arguments, read
from conclugen.downstream.inputs import concatenate
from conclugen.downstream.settings import Settings
from conclugen.downstream.sweep import run_by_model
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    arguments = parse_arguments(__doc__ or "", argv, needs_model=False)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    data = read(
        arguments.manifest, arguments.features, settings.modalities, settings.evaluate, settings.target, settings.fold
    )
    inputs, train = data.inputs, data.labelled("train")
    matrix = concatenate(inputs.features, inputs.present, train, settings.standardise, device())
    run_by_model(settings, (), lambda _: [(1.0, matrix)], data, arguments.output, {"protocol": "raw"})


if __name__ == "__main__":
    main()
