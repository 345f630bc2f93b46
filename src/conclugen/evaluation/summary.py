"""What a table says, for people: a few lines on what beats chance and what does not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from conclugen.evaluation import metrics
from conclugen.evaluation.pretext import flag

VERDICTS = {
    "yes": "beats chance",
    "no": "not told from chance",
    "below": "BELOW chance",
    "unknown": "not tested",
    "": "chance",
}
UNTRAINED = {
    "yes": "",
    "no": "; not told from the same networks untrained",
    "below": "; WORSE than the same networks untrained",
    "unknown": "",
    "": "",
}


def summarise(rows: Sequence[Mapping[str, Any]], dataset: str, task: str) -> str:
    """Return the headline metric of every row with its interval and verdict, then each metric's best rows."""
    headline = metrics.HEADLINE[task]
    lines = [f"{dataset}: {rows[0]['n_test']} test utterances; {headline} with its interval", ""]
    for row in rows:
        name = f"{row['method']} ({row['protocol']})"
        value = f"{row[headline]:.3f} [{row[f'{headline}_lo']:.3f}, {row[f'{headline}_hi']:.3f}]"
        seen = f"; CONTAMINATED ({row['contaminated_streams']})" if row["contaminated"] == "yes" else ""
        collapsed = f"; {flag(row)}" if flag(row) else ""
        verdict = VERDICTS[row["beats_chance"]] + (f" ({row['caution']})" if row["caution"] else "")
        lines.append(f"  {name:<38}{value:<24}{verdict}{UNTRAINED[row['beats_untrained']]}{seen}{collapsed}")
    lines += ["", "  best chance row against best other row, metric by metric:"]
    lines += [f"  {name:<28}{_duel(rows, name)}" for name in metrics.NAMES[task]]
    return "\n".join(lines)


def _duel(rows: Sequence[Mapping[str, Any]], metric: str) -> str:
    defined = [row for row in rows if math.isfinite(row[metric])]
    chance = _best([row for row in defined if row["protocol"] == "chance"], metric)
    others = [row for row in defined if row["protocol"] != "chance"]
    text = f"{chance['method']} {chance[metric]:.3f}" if chance else "no chance row defines it"
    if others:
        best = _best(others, metric)
        text += f"; {best['method']} ({best['protocol']}) {best[metric]:.3f}"
    if others and chance:
        ahead = sum(metrics.is_better(row[metric], chance[metric], metric) for row in others)
        text += f"; {len(others) - ahead} of {len(others)} rows no better than chance"
    return text


def _best(rows: Sequence[Mapping[str, Any]], metric: str) -> Mapping[str, Any] | None:
    """The first row with the best value."""
    value = metrics.best((row[metric] for row in rows), metric)
    return next((row for row in rows if row[metric] == value), None)
