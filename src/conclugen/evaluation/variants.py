"""Headline scores of presets on a split, with their resamples: what the tables of presets and of switches compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from conclugen.evaluation import metrics
from conclugen.evaluation.intervals import Estimate, Resamples
from conclugen.evaluation.predictions import Predictions, read
from conclugen.evaluation.several import Settings
from conclugen.evaluation.table import Settings as TableSettings
from conclugen.evaluation.truth import Truth, read_truth
from conclugen.store.devices import set_threads
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True, eq=False)
class Score:
    """The headline metric of one (data set, preset, method, protocol) on one split.

    Attributes:
        measured: the metric, its interval and its differences.
        count: utterances of the split.
    """

    dataset: str
    data: str
    split: str
    corpus: str
    preset: str
    method: str
    protocol: str
    streams: str
    seeds: int
    measured: Estimate
    count: int

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return self.measured.value


def parse_settings(text: str, threads: int) -> Mapping[str, TableSettings]:
    """Return, by data set, the settings of its table."""
    set_threads(threads)
    return parse(Settings, text).datasets


def read_scores(
    manifests: Sequence[Path], folders: Sequence[Path], settings: Mapping[str, TableSettings], split: str
) -> list[Score]:
    """Return the scores of prediction folders …/{dataset}/{corpus}/{preset}/{method}/{protocol}, in their order.

    Raises ValueError for a folder whose data set has no manifest.
    """
    truths = {truth.dataset: truth for truth in (read_truth(path, "expression", split) for path in manifests)}
    found = []
    for folder in folders:
        name = folder.resolve().parts[-5]
        if name not in truths:
            raise ValueError(f"{folder}: no manifest of {name!r} is given")
        found.append(_score(truths[name], read(folder, truths[name]), settings[name]))
    return found


def _score(truth: Truth, p: Predictions, settings: TableSettings) -> Score:
    found = Resamples.of(truth, settings).estimates(truth, p.scores, p.protocol)
    return Score(
        dataset=truth.dataset,
        data=settings.data,
        split=truth.split,
        corpus=p.corpus,
        preset=p.preset,
        method=p.method,
        protocol=p.protocol,
        streams=p.streams,
        seeds=len(p.seeds),
        measured=found[metrics.HEADLINE[truth.task]],
        count=len(truth.ids),
    )
