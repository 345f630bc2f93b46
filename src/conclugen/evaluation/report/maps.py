"""Maps of representations as small drawings: a point is a validation utterance, its colour a class or a speaker.

Points of a colour are one path of round dots, some ten bytes a point, so that a page of many maps stays small.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from conclugen.evaluation import layout
from conclugen.evaluation.layout import Layout
from conclugen.evaluation.report import svg
from conclugen.evaluation.report.compared import Said

LEAST = 10  # points that are worth a picture
SIDE = 240  # of the drawing, without its margin
MARGIN = 8
TITLES = {"raw": "raw features", "untrained": "the network, untrained", "pretrained": "the network, pretrained"}
REST = (svg.THEME[svg.RULE], "others and unknown")
WORDS = {"speaker": "speaker", "group": "source"}


@dataclasses.dataclass(frozen=True)
class Map:
    """One kind of colour: what it is, what colours mean, and of each space its title, drawing, and what was measured
    of neighbours in it."""

    kind: str
    legend: Sequence[tuple[str, str]]
    drawn: Sequence[tuple[str, Markup, str]]


@dataclasses.dataclass(frozen=True)
class Maps:
    """The section: finding, how it was drawn in words, and the maps by class and by speaker."""

    said: Said
    caption: str
    maps: Sequence[Map]


def section(utterances: Layout | None) -> Maps | None:
    """Return the section of a table; None where nothing was laid out, or too little."""
    if utterances is None or len(utterances) < LEAST:
        return None
    unit = WORDS[utterances.about["of"]]
    maps = [_map(utterances, kind, unit) for kind in layout.KINDS if _several(utterances.marks[kind])]
    left = int(utterances.about["left_out"])
    more = f"; {left:,} more lack a modality or are left out" if left else ""
    caption = (
        f"{len(utterances):,} validation utterances{more}, laid out by {utterances.about['drawn_as']}, each space for "
        f"itself. {utterances.about['method']}, {utterances.about['network']}, "
        f"pretrained on {utterances.about['corpus']}."
    )
    return Maps(_said(utterances, unit), caption, maps)


def _several(marks: np.ndarray) -> bool:
    """Whether any class or speaker has more than one utterance: of others no colour says anything."""
    return bool((np.bincount(marks[marks >= 0], minlength=1) > 1).any())


def _said(utterances: Layout, unit: str) -> Said:
    """Say how much more the pretrained network's neighbours share a class than those of the two other spaces."""
    values = {space: utterances.shared[space]["class"] for space in layout.SPACES}
    if not all(math.isfinite(value) for value in values.values()):
        return Said("", "Whether neighbours share a class cannot be told.")
    reached = ", ".join(f"{TITLES[space]} {value:.1%}" for space, value in reversed(values.items()))
    other = f" of another {unit}" if (utterances.marks["speaker"] >= 0).any() else ""
    numbers = f"Of the {utterances.neighbours} nearest utterances{other}, of the same class are: {reached}; by chance "
    numbers += f"{utterances.chance['class']:.1%}."
    ahead = values["pretrained"] > max(values["raw"], values["untrained"], utterances.chance["class"])
    sentence = "Neighbours share a class more often once the network is pretrained."
    return Said("", sentence if ahead else "Pretraining brings no more utterances of a class together.", numbers)


def _map(utterances: Layout, kind: str, unit: str) -> Map:
    marks = utterances.marks[kind]
    if kind == "class":
        coloured, words = _commonest(marks, len(utterances.classes)), list(utterances.classes)
    else:
        coloured = _commonest(marks, int(marks.max()) + 1)
        words = [f"{unit} {number + 1}" for number in range(int(marks.max()) + 1)]
    colours = {number: svg.THEME[svg.SERIES[place]] for place, number in enumerate(coloured)}
    legend = [(colour, words[number]) for number, colour in colours.items()]
    legend += [REST] if (~np.isin(marks, coloured)).any() else []
    drawn = []
    for space in layout.SPACES:
        label = f"Map by {'class' if kind == 'class' else unit}: {TITLES[space]}"
        points = [(REST, utterances.places[space][~np.isin(marks, coloured)])]
        points += [((colours[number], words[number]), utterances.places[space][marks == number]) for number in coloured]
        drawn.append(
            (
                TITLES[space],
                _drawing(points, utterances.places[space], label),
                _neighbours(utterances, space, kind, unit),
            )
        )
    return Map("class" if kind == "class" else unit, legend, drawn)


def _commonest(marks: np.ndarray, count: int) -> list[int]:
    """The numbers that are drawn in a colour of their own: the commonest, in the order of their numbers."""
    counts = np.bincount(marks[marks >= 0], minlength=count)
    most = np.argsort(-counts, kind="stable")[: len(svg.SERIES)]
    return sorted(int(number) for number in most if counts[number])


def _neighbours(utterances: Layout, space: str, kind: str, unit: str) -> str:
    value, chance = utterances.shared[space][kind], utterances.chance[kind]
    if not math.isfinite(value):
        return ""
    same = "class" if kind == "class" else unit
    return f"{value:.1%} of neighbours of the same {same} (chance {chance:.1%})"


def _drawing(points: Sequence[tuple[tuple[str, str], np.ndarray]], every: np.ndarray, label: str) -> Markup:
    """A drawing of points (n, 2) by colour and word, on the scale of `every` (N, 2), the longer side whole."""
    low = every.min(0)
    scale = SIDE / max(float((every.max(0) - low).max()), 1e-9)
    size = SIDE + 2 * MARGIN
    parts = [Markup('<svg class="plot map" role="img" aria-label="{}" viewBox="0 0 {} {}">').format(label, size, size)]
    for (colour, word), places in points:
        at = np.round((places - low) * scale + MARGIN, 1)
        path = "".join(f"M{x:g} {size - y:g}h0" for x, y in at.tolist())
        if path:
            template = '<path stroke="{}" d="{}"><title>{}</title></path>'
            parts.append(Markup(template).format(Markup(colour), Markup(path), word))
    return Markup("").join([*parts, Markup("</svg>")])
