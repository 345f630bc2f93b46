"""Headline scores of presets on a split, with their resamples: what the tables of presets and of switches compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from conclugen.evaluation import chance, metrics, pretext
from conclugen.evaluation.estimates import Estimate
from conclugen.evaluation.inference import caution
from conclugen.evaluation.intervals import CHANCE, Resamples
from conclugen.evaluation.predictions import read
from conclugen.evaluation.several import Settings
from conclugen.evaluation.table import Settings as TableSettings
from conclugen.evaluation.truth import Truth, read_truth
from conclugen.pretrain.unlearned import UNTRAINED
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True, eq=False)
class Score:
    """The headline metric of one (data set, preset, method, protocol) on one split.

    Attributes:
        measured: the metric, its interval and its differences.
        count, groups: utterances of the split, and their groups.
        caution: what keeps it from being trusted, in words.
        networks: as in `predictions.Predictions`; none for chance rows.
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
    groups: int
    caution: str
    networks: Sequence[pretext.Network | None] | None

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return self.measured.value


def parse_settings(text: str) -> Mapping[str, TableSettings]:
    """Return, by data set, the settings of its table."""
    return parse(Settings, text).datasets


def read_scores(
    manifests: Sequence[Path], folders: Sequence[Path], settings: Mapping[str, TableSettings], split: str
) -> list[Score]:
    """Return the scores of each data set's chance rows, then those of prediction folders
    …/{dataset}/{corpus}/{preset}/{method}/{protocol}, in their order.

    Raises ValueError for a folder whose data set has no manifest.
    """
    truths = {truth.dataset: truth for truth in (read_truth(path, "expression", split) for path in manifests)}
    read_from = [folder.resolve().parts[-5] for folder in folders]
    if lacking := sorted(set(read_from) - set(truths)):
        raise ValueError(f"{folders[read_from.index(lacking[0])]}: no manifest of {lacking[0]!r} is given")
    found, resamples = [], {name: Resamples.of(truths[name], settings[name]) for name in dict.fromkeys(read_from)}
    for name, drawn in resamples.items():
        truth, mine = truths[name], settings[name]
        for method, estimates in drawn.by_chance(truth, mine.chance_draws).items():
            about = {"corpus": "", "preset": "", "streams": "", "method": method, "protocol": CHANCE}
            found.append(_score(truth, mine, estimates, (), **about))
    for name, folder in zip(read_from, folders, strict=True):
        p = read(folder, truths[name])
        about = {key: getattr(p, key) for key in ("corpus", "preset", "method", "protocol", "streams")}
        estimates = resamples[name].estimates(truths[name], p.scores, p.protocol)
        found.append(_score(truths[name], settings[name], estimates, p.networks, **about))
    return found


def best_chance(scores: Sequence[Score], dataset: str, split: str) -> Estimate:
    """Return the best of the chance rows of a data set on a split."""
    found = [one.measured for one in scores if (one.dataset, one.split, one.protocol) == (dataset, split, CHANCE)]
    return chance.best(found, found[0].metric)


def untrained_of(one: Score, scores: Sequence[Score]) -> Estimate | None:
    """Return what the same networks score that were never trained, if they are among `scores`."""
    alike = ("dataset", "split", "corpus", "preset", "protocol", "streams")
    wanted = [getattr(one, name) for name in alike]
    found = [other for other in scores if other.method == UNTRAINED and [getattr(other, n) for n in alike] == wanted]
    return found[0].measured if found else None


def _score(
    truth: Truth,
    settings: TableSettings,
    estimates: Mapping[str, Estimate],
    networks: Sequence[pretext.Network | None] | None,
    **about: str,
) -> Score:
    measured = estimates[metrics.HEADLINE[truth.task]]
    groups, seeds = measured.groups.count, len(measured.by_seed)
    return Score(
        dataset=truth.dataset,
        data=settings.data,
        split=truth.split,
        seeds=seeds,
        measured=measured,
        count=len(truth.ids),
        groups=groups,
        caution=caution(groups, seeds, measured.trained),
        networks=networks,
        **about,
    )
