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
    given = probe.arguments(__doc__ or "", argv)
    settings, selection = parse(knn.Settings, given.settings), []
    labels = probe.labels(given.manifest, settings.target)
    predictions.clear(given.output)
    for number, seeds in by_model(settings.seeds, given.shards).items():
        data, _ = probe.with_features(labels, given.shards[number], False, device())
        rows = knn.unit_rows(data.inputs.features, data, settings.standardise, device())
        told = probe.origin(given.models[number] if given.models else None)
        for one in knn.evaluate(rows, data, draws_of(data, seeds, settings.label_fraction), settings):
            about = {"protocol": "knn", "network": told}
            predictions.write(given.output, data, one.predicted, one.draw.seed, one.draw.fraction, about, {})
            shared = {"seed": one.draw.seed, "label_fraction": one.draw.fraction}
            selection += [
                shared | {"neighbours": k, "valid_score": score, "chosen": k == one.best}
                for k, score in one.scores.items()
            ]
    selection.sort(key=lambda row: row["seed"])
    predictions.write_selection(given.output, selection)


if __name__ == "__main__":
    main()
