"""Headline scores of presets on a split, with their resamples: what the tables of presets and of switches compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.evaluation import intervals, metrics
from conclugen.evaluation.predictions import Predictions, read
from conclugen.evaluation.several import Settings
from conclugen.evaluation.table import Settings as TableSettings
from conclugen.evaluation.table import mean_defined
from conclugen.evaluation.truth import Truth, read_truth
from conclugen.store.devices import set_threads
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True, eq=False)
class Score:
    """The headline metric of one (data set, preset, method, protocol) on one split.

    Attributes:
        value: mean over seeds.
        resampled: (R,) the same in each resample of the groups; empty where there is a single group.
        level: of its intervals.
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
    metric: str
    value: float
    resampled: np.ndarray
    level: float
    count: int

    def interval(self) -> tuple[float, float]:
        """Return the interval of the value."""
        return intervals.interval(self.resampled, self.level)

    def against(self, other: Score | None) -> tuple[float, float, float]:
        """Return the interval of the difference to `other` and its two-sided p; NaN without another to compare."""
        if other is None or other is self or not len(self.resampled):
            return np.nan, np.nan, np.nan
        low, high = intervals.interval(self.resampled - other.resampled, self.level)
        return low, high, intervals.paired_p(self.resampled, other.resampled)


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
    metric = metrics.HEADLINE[truth.task]
    weights = intervals.group_weights(int(truth.group.max()) + 1, settings.resamples, settings.seed)
    resampled = intervals.resampled(truth, p.scores, weights)[metric] if weights.shape[1] > 1 else np.empty(0)
    value = mean_defined([metrics.compute(truth.labels, one, truth.task)[metric] for one in p.scores])
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
        metric=metric,
        value=value,
        resampled=resampled,
        level=settings.level,
        count=len(truth.ids),
    )
