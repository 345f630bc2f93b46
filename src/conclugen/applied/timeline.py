"""A picture of scores over time: a panel per file, the modalities that were there beneath it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from conclugen.applied.model import HAS, SCORE
from conclugen.applied.whose_face import FACE
from conclugen.data.scales import DIMENSIONS
from conclugen.evaluation import style
from conclugen.store.atomic import atomic_path

ENDINGS = (".png", ".svg", ".pdf")
MOST_FILES = 12  # in one picture, or as many faces
NOTE = "a perceived expression is not a felt emotion; nothing was measured on other videos than those of the table"


def draw(path: Path, table: pd.DataFrame, title: str) -> None:
    """Write the picture of a table of `Model.predict`, of its first `MOST_FILES` panels."""
    timed, whole = table[table["start_s"].notna()], table[table["start_s"].isna()]
    parts = _panels(timed)
    parts += [("whole files and texts, in their order", whole)] if len(whole) else []
    figure = scores_over_time(parts[:MOST_FILES], title)
    left = len(parts) - MOST_FILES
    figure.supxlabel(NOTE + (f"; {left} more panels are left out" if left > 0 else ""), fontsize=7)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)
    plt.close(figure)


def _panels(timed: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """A name and rows for each file or, where each face is a row, for each face of a file; what has none comes last."""
    if FACE not in timed:
        return [(Path(file).name, rows) for file, rows in timed.groupby("file", sort=False)]
    return [
        (f"{Path(file).name}, {'no face' if pd.isna(face) else f'face {face}'}", _all_windows(rows, of_file))
        for file, of_file in timed.groupby("file", sort=False)
        for face, rows in of_file.groupby(FACE, dropna=False)
    ]


def _all_windows(rows: pd.DataFrame, of_file: pd.DataFrame) -> pd.DataFrame:
    """The rows of a face with those windows of its file in which it is not, so that lines break and axes agree."""
    whole = of_file[["start_s", "end_s"]].drop_duplicates().merge(rows, how="left")
    modalities = [name for name in rows if name.startswith(HAS)]
    return whole.assign(**{name: whole[name].eq(True) for name in modalities})


def scores_over_time(parts: list[tuple[str, pd.DataFrame]], title: str) -> Figure:
    """Draw a panel of scores and one of modalities for each (name, rows): in seconds, or by number without them."""
    sizes = [3.0, 0.25 + 0.15 * sum(name.startswith(HAS) for name in parts[0][1])] * len(parts)
    figure, panels = plt.subplots(
        2 * len(parts),
        1,
        figsize=(9, 1.0 + 1.1 * sum(sizes)),
        height_ratios=sizes,
        layout="constrained",
        squeeze=False,
    )
    for (name, rows), upper, lower in zip(parts, panels[::2, 0], panels[1::2, 0], strict=True):
        spans = _spans(rows)
        _scores(upper, rows, spans)
        _modalities(lower, rows, spans)
        upper.set_title(name, fontsize=9)
        upper.tick_params(labelbottom=False)
        lower.set_xlim(upper.get_xlim())
        lower.set_xlabel("row" if rows["start_s"].isna().any() else "seconds", fontsize=8)
    figure.suptitle(title, fontsize=10)
    return figure


def _spans(rows: pd.DataFrame) -> np.ndarray:
    """Start and end (N, 2) of each row: in seconds where all have a start, else numbers from 0."""
    if rows["start_s"].isna().any():
        return np.arange(len(rows))[:, None] + np.array([[0.0, 1.0]])
    start = rows["start_s"].to_numpy()
    last = np.append(start[1:], start[-1] + 1.0)  # of a row without an end: to the next one
    return np.column_stack([start, np.where(rows["end_s"].isna(), last, rows["end_s"])])


def _scores(axes: Axes, rows: pd.DataFrame, spans: np.ndarray) -> None:
    """A line per class through the middles of the rows, and a mark for each row."""
    names = [name for name in rows if name.startswith(SCORE)]
    for number, name in enumerate(names):
        label = name.removeprefix(SCORE)
        axes.plot(spans.mean(1), rows[name], markersize=4, label=label, **style.series(number))
    if len(names) != 1 or names[0].removeprefix(SCORE) not in DIMENSIONS:
        axes.set_ylim(0, 1)
    axes.set_ylabel("score", fontsize=8)
    axes.set_xlim(spans.min(), spans.max())
    axes.grid(axis="y", linewidth=0.3)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _modalities(axes: Axes, rows: pd.DataFrame, spans: np.ndarray) -> None:
    """A bar per modality where it was there."""
    names = [name for name in rows if name.startswith(HAS)]
    for place, name in enumerate(reversed(names)):
        present = rows[name].to_numpy(dtype=bool)
        axes.broken_barh([(a, b - a) for a, b in spans[present]], (place - 0.35, 0.7), color=style.GREY)
    axes.set_yticks(range(len(names)), [name.removeprefix(HAS) for name in reversed(names)], fontsize=7)
    axes.set_ylim(-0.5, len(names) - 0.5)
    axes.tick_params(labelsize=7)
