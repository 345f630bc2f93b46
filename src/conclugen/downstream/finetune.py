"""Fine-tuning: linear evaluation's classifier, with the pretrained representation heads trained too.

Entry module. The backbones stay frozen, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.downstream.data import parse_arguments, read
from conclugen.downstream.networks import origin
from conclugen.downstream.settings import Settings
from conclugen.downstream.tuning import classifier, run
from conclugen.models.io import load_placed
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    arguments = parse_arguments(__doc__ or "", argv, needs_model=True)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    data = read(
        arguments.manifest, arguments.features, settings.modalities, settings.evaluate, settings.target, settings.fold
    )
    models, where = arguments.models, device()
    origins = [origin(model) for model in models]
    run(
        data,
        settings,
        lambda seed: classifier(load_placed(models[seed % len(models)]), data, settings, where),
        arguments.output,
        lambda seed: {"protocol": "finetune", "network": origins[seed % len(models)]},
    )


if __name__ == "__main__":
    main()
