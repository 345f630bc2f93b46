"""The controls: how far each method comes from the raw features to the oracle, in worlds where that is known.

Entry module. A row per world, method, protocol and preset, with the headline metric. `closed` is the share of the way
from raw features to the oracle, of the mean over seeds and of the worst seed; it is empty where there is no way to go:
in a world whose classes hang on nothing, for one. `minus_best` is the difference to the better of raw features and PCA,
what a method must not lose where there is nothing to gain; `minus_chance` is that to the best chance row. Beside each
stands the least true difference that a test on these rows would have found, `…_detectable`: without it, a difference of
0 says nothing.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conclugen.evaluation import metrics, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import CHANCE, Estimate
from conclugen.evaluation.scores import Score, best_chance
from conclugen.evaluation.several import Measured, parse_arguments
from conclugen.evaluation.table import group_cells, untrained_cells
from conclugen.pretrain.unlearned import PCA, RAW, UNTRAINED

ORACLE = "oracle"
LEAST_WAY = 0.05  # from raw features to the oracle, of which a share is told
PLAIN = (RAW, PCA)


def build(worlds: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return the rows, those of chance first in each world. Raises ValueError for a world without oracle or raw row."""
    return [row for world in worlds for row in _rows(world)]


@dataclasses.dataclass(frozen=True)
class Landmarks:
    """What every row of a world is measured against: estimates, the best chance row among them."""

    raw: Estimate
    oracle: Estimate
    best: Estimate
    chance: Estimate


def _rows(world: Measured) -> Iterator[dict[str, Any]]:
    split, scored = world.scores.split, world.scores.rows
    raw, oracle = (_only(split.dataset, scored, name) for name in (RAW, ORACLE))
    plain = [row.headline for row in scored if row.method in PLAIN and row.protocol in ("raw", "linear")]
    best_value = metrics.best((estimate.value for estimate in plain), split.headline)
    best = next(estimate for estimate in plain if estimate.value == best_value)
    landmarks = Landmarks(raw, oracle, best, best_chance(world.scores.chance))
    drawn = {_networks(row): row.headline for row in scored if row.method == UNTRAINED}
    for row in (*world.scores.chance, *scored):
        about = {"world": split.dataset, "method": row.method, "protocol": row.protocol, "preset": row.preset}
        # A chance row is no network that others could lie apart from, however often it was drawn.
        about["seeds"] = seeds = 1 if row.protocol == CHANCE else row.seeds
        cells = _cells(row.headline, seeds)
        compared, untrained = _compared(cells, row.headline, landmarks), drawn.get(_networks(row))
        if row.protocol == CHANCE:
            compared, untrained = dict.fromkeys(compared, math.nan), None
        about |= {"n_test": split.count} | group_cells(row, split) | {"metric": split.headline}
        yield about | cells | compared | untrained_cells(row.headline, untrained) | pretext.cells(row.networks)


def _networks(row: Score) -> tuple[str, str, str]:
    """What a row has in common with that of the same networks, never trained."""
    return row.protocol, row.preset, row.streams


def _only(world: str, scored: Sequence[Score], method: str) -> Estimate:
    raw = [row.headline for row in scored if (row.method, row.protocol) == (method, "raw")]
    if not raw:
        raise ValueError(f"{world}: no raw row {method!r}; protocols must have raw, and downstream.raw_rows the oracle")
    return raw[0]


def _cells(estimate: Estimate, seeds: int) -> dict[str, float]:
    low, high = estimate.interval()
    worst = metrics.worst(estimate.by_seed, estimate.metric) if seeds > 1 else math.nan
    return {"value": estimate.value, "lo": low, "hi": high, "worst": worst}


def _compared(cells: Mapping[str, float], estimate: Estimate, landmarks: Landmarks) -> dict[str, float]:
    """Return the shares of the way, and the differences to the better of raw features and PCA and to chance."""
    start, end, best = landmarks.raw.value, landmarks.oracle.value, landmarks.best
    has_way = metrics.is_better(end, start, estimate.metric) and abs(end - start) >= LEAST_WAY
    way = end - start if has_way else math.nan
    lost, gained = estimate.against(best), estimate.against(landmarks.chance)
    return {
        "closed": (cells["value"] - start) / way,
        "closed_worst": (cells["worst"] - start) / way,
        "minus_best": cells["value"] - best.value,
        "minus_best_lo": lost.low,
        "minus_best_hi": lost.high,
        "minus_best_detectable": lost.detectable,
        "minus_chance": cells["value"] - landmarks.chance.value,
        "minus_chance_detectable": gained.detectable,
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of controls."""
    datasets, output = parse_arguments(__doc__ or "", argv)
    write_csv(output, build(datasets))


if __name__ == "__main__":
    main()
