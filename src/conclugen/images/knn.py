"""The nearest training images on frozen vectors: nothing is trained, validation chooses how many vote.

Entry module.
"""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.downstream import knn, predictions
from conclugen.downstream.data import by_model
from conclugen.downstream.draws import draws_of
from conclugen.images import probe
from conclugen.store.devices import device
from conclugen.store.settings import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    args = probe.arguments(__doc__ or "", argv)
    settings, selection = parse(knn.Settings, args.settings), []
    labels = probe.labels(args.manifest, settings.target)
    predictions.clear(args.output)
    for number, seeds in by_model(settings.seeds, args.shards).items():
        data, _ = probe.with_features(labels, args.shards[number], False, device())
        rows = knn.unit_rows(data.inputs.features, data, settings.standardise, device())
        network = probe.origin(args.models[number] if args.models else None)
        for result in knn.evaluate(rows, data, draws_of(data, seeds, settings.label_fraction), settings):
            about = {"protocol": "knn", "network": network}
            predictions.write(args.output, data, result.predicted, result.draw.seed, result.draw.fraction, about, {})
            shared = {"seed": result.draw.seed, "label_fraction": result.draw.fraction}
            selection += [
                shared | {"neighbours": k, "valid_score": score, "chosen": k == result.best}
                for k, score in result.scores.items()
            ]
    selection.sort(key=lambda row: row["seed"])
    predictions.write_selection(args.output, selection)


if __name__ == "__main__":
    main()
