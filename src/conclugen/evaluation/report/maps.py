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


def section(found: Layout | None) -> Maps | None:
    """Return the section of a table; None where nothing was laid out, or too little."""
    if found is None or len(found) < LEAST:
        return None
    of = WORDS[found.about["of"]]
    maps = [_map(found, kind, of) for kind in layout.KINDS if _several(found.marks[kind])]
    left = int(found.about["left_out"])
    more = f"; {left:,} more lack a modality or are left out" if left else ""
    caption = (
        f"{len(found):,} validation utterances{more}, laid out by {found.about['drawn_as']}, each space for itself. "
        f"{found.about['method']}, {found.about['network']}, pretrained on {found.about['corpus']}."
    )
    return Maps(_said(found, of), caption, maps)


def _several(marks: np.ndarray) -> bool:
    """Whether any class or speaker has more than one utterance: of others no colour says anything."""
    return bool((np.bincount(marks[marks >= 0], minlength=1) > 1).any())


def _said(found: Layout, of: str) -> Said:
    """Say how much more the pretrained network's neighbours share a class than those of the two other spaces."""
    values = {space: found.shared[space]["class"] for space in layout.SPACES}
    if not all(math.isfinite(value) for value in values.values()):
        return Said("", "Whether neighbours share a class cannot be told.")
    reached = ", ".join(f"{TITLES[space]} {value:.1%}" for space, value in reversed(values.items()))
    other = f" of another {of}" if (found.marks["speaker"] >= 0).any() else ""
    numbers = f"Of the {found.neighbours} nearest utterances{other}, of the same class are: {reached}; by chance "
    numbers += f"{found.chance['class']:.1%}."
    ahead = values["pretrained"] > max(values["raw"], values["untrained"], found.chance["class"])
    sentence = "Neighbours share a class more often once the network is pretrained."
    return Said("", sentence if ahead else "Pretraining brings no more utterances of a class together.", numbers)


def _map(found: Layout, kind: str, of: str) -> Map:
    marks = found.marks[kind]
    if kind == "class":
        shown, words = _commonest(marks, len(found.classes)), list(found.classes)
    else:
        shown = _commonest(marks, int(marks.max()) + 1)
        words = [f"{of} {number + 1}" for number in range(int(marks.max()) + 1)]
    colours = {number: svg.THEME[svg.SERIES[place]] for place, number in enumerate(shown)}
    legend = [(colour, words[number]) for number, colour in colours.items()]
    legend += [REST] if (~np.isin(marks, shown)).any() else []
    drawn = []
    for space in layout.SPACES:
        label = f"Map by {'class' if kind == 'class' else of}: {TITLES[space]}"
        points = [(REST, found.places[space][~np.isin(marks, shown)])]
        points += [((colours[number], words[number]), found.places[space][marks == number]) for number in shown]
        drawn.append((TITLES[space], _drawing(points, found.places[space], label), _neighbours(found, space, kind, of)))
    return Map("class" if kind == "class" else of, legend, drawn)


def _commonest(marks: np.ndarray, count: int) -> list[int]:
    """The numbers that are drawn in a colour of their own: the commonest, in the order of their numbers."""
    counts = np.bincount(marks[marks >= 0], minlength=count)
    most = np.argsort(-counts, kind="stable")[: len(svg.SERIES)]
    return sorted(int(number) for number in most if counts[number])


def _neighbours(found: Layout, space: str, kind: str, of: str) -> str:
    value, chance = found.shared[space][kind], found.chance[kind]
    if not math.isfinite(value):
        return ""
    same = "class" if kind == "class" else of
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
            one = '<path stroke="{}" d="{}"><title>{}</title></path>'
            parts.append(Markup(one).format(Markup(colour), Markup(path), word))
    return Markup("").join([*parts, Markup("</svg>")])
