"""Linear evaluation on images: a classifier on frozen vectors; validation chooses its rate, decay and epoch.

Entry module.
"""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.downstream import predictions, sweep
from conclugen.downstream.data import by_model
from conclugen.downstream.draws import draws_of
from conclugen.downstream.settings import Settings
from conclugen.images import probe
from conclugen.store.devices import device
from conclugen.store.settings import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    args = probe.arguments(__doc__ or "", argv)
    settings, rows = parse(Settings, args.settings), []
    labels = probe.labels(args.manifest, settings.target)
    predictions.clear(args.output)
    for number, seeds in by_model(settings.seeds, args.shards).items():
        data, matrix = probe.with_features(labels, args.shards[number], settings.standardise, device())
        draws = draws_of(data, seeds, settings.label_fraction)
        network = probe.origin(args.models[number] if args.models else None)
        about = {"protocol": "linear", "model": f"seed{number}"}
        rows += sweep.run(data, [(1.0, matrix)], draws, settings, args.output, about, network)
    rows.sort(key=lambda row: row["seed"])
    predictions.write_selection(args.output, rows)


if __name__ == "__main__":
    main()
