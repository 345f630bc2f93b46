"""Headline scores of presets on a split: what the tables of presets and of switches compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from conclugen.evaluation.estimates import CHANCE, Estimate
from conclugen.evaluation.inference import caution
from conclugen.evaluation.scores import Score, Split, best_chance, read_files, together
from conclugen.evaluation.several import settings_of
from conclugen.evaluation.table import Settings as TableSettings
from conclugen.pretrain.unlearned import UNTRAINED


@dataclasses.dataclass(frozen=True, eq=False)
class Variant:
    """A row measured on a split; `data` as in the settings of its table."""

    split: Split
    row: Score
    data: str

    @property
    def measured(self) -> Estimate:
        """The headline metric, its interval and its differences."""
        return self.row.headline

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return self.measured.value

    @property
    def caution(self) -> str:
        """What keeps it from being trusted, in words."""
        return caution(self.split.groups.count, self.row.seeds, self.measured.trained)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is on every split: data set, preset, method and protocol."""
        return self.split.dataset, self.row.preset, self.row.method, self.row.protocol


def read_variants(
    chance: Sequence[Path], scores: Sequence[Path], settings: Mapping[str, TableSettings]
) -> list[Variant]:
    """Return the chance rows of all splits, then the rows of files of scores, in their order.

    Raises ValueError where a data set has no chance rows or no settings.
    """
    files = read_files([*chance, *scores])
    data = {measured.split.dataset: settings_of(measured.split.dataset, settings).data for measured in together(files)}
    return [Variant(split, row, data[split.dataset]) for _, split, rows in files for row in rows]


def best_chance_of(variants: Sequence[Variant], dataset: str, split: str) -> Estimate:
    """Return the best of the chance rows of a data set on a split."""
    wanted = (dataset, split, CHANCE)
    return best_chance([variant.row for variant in variants if (*_place(variant), variant.row.protocol) == wanted])


def untrained_of(variant: Variant, variants: Sequence[Variant]) -> Estimate | None:
    """Return what the same networks score that were never trained, if they are among `variants`."""
    wanted = _networks(variant)
    matches = [other for other in variants if other.row.method == UNTRAINED and _networks(other) == wanted]
    return matches[0].measured if matches else None


def _place(variant: Variant) -> tuple[str, str]:
    return variant.split.dataset, variant.split.split


def _networks(variant: Variant) -> tuple[str, ...]:
    row = variant.row
    return (*_place(variant), row.corpus, row.preset, row.protocol, row.streams)
