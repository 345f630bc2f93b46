"""Rows after learning on shares of the labels, each with what it gains over the raw features with that same share."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from conclugen.evaluation.report.gains import Gain, Key, over_raw
from conclugen.evaluation.scores import Score, Scores


@dataclasses.dataclass(frozen=True)
class Share:
    """All rows after learning on one share of the labels, by method and protocol, and what they gain over the raw
    features with that same share, tested as those of the table are."""

    fraction: float
    rows: Mapping[Key, Score]
    gains: Mapping[Key, Gain]


def by_share(whole: Scores, fewer: Sequence[Score]) -> list[Share]:
    """Return the rows of each share of the labels, the least first; nothing where there are no shares but all."""
    if not fewer:
        return []
    fractions = sorted({row.label_fraction for row in (*fewer, *whole.rows) if row.label_fraction is not None})
    shares = []
    for fraction in fractions:
        rows = [row for row in (*whole.rows, *fewer) if row.label_fraction == fraction]
        gains = over_raw(dataclasses.replace(whole, rows=rows))
        shares.append(Share(fraction, {(row.method, row.protocol): row for row in rows}, gains))
    return shares
