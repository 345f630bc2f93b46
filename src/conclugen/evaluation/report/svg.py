"""Figures of matplotlib as SVG within a page: small, sharp, in the page's own font, colours and light or dark."""

from __future__ import annotations

import hashlib
import io
import re

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

# What figures are drawn in, and what the page then paints it with. No drawing uses these greys for anything else.
INK, FAINT, RULE = "#010101", "#020202", "#030303"
SERIES = tuple(f"#0a0b{number:02x}" for number in range(6))
THEME = {INK: "var(--ink)", FAINT: "var(--faint)", RULE: "var(--rule)"} | {
    colour: f"var(--series-{number})" for number, colour in enumerate(SERIES)
}
STYLE = {
    "svg.fonttype": "none",  # text stays text: smaller, and found by a search
    "svg.hashsalt": "conclugen",  # the same ids each time
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.labelsize": 9.5,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "path.simplify": True,
}


def inline(figure: Figure, label: str) -> Markup:
    """Return the figure as an `svg` element of a page, which readers of screens call `label`.

    It names no file or host: matplotlib's own style sheet, metadata and name spaces are left out.
    """
    text = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    body = text.getvalue()
    body = body[body.index("<svg") :]
    for part in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"<defs>\s*</defs>", r"<!--.*?-->"):
        body = re.sub(part, "", body, flags=re.DOTALL)
    body = re.sub(r' (?:xmlns(?::xlink)?|version|id="(?!p|m)|width|height)="[^"]*"', "", body, count=4)
    body = re.sub(r'(<g) id="[^"]*"', r"\1", body).replace("xlink:href", "href")
    body = re.sub(r"<[^>]+>", lambda tag: re.sub(r"\d+\.\d{2,}", _rounded, tag[0]), body)
    for colour, variable in THEME.items():
        body = body.replace(colour, variable)
    digest = hashlib.sha256((label + body).encode()).hexdigest()[
        :8
    ]  # ids are of the whole page, which has many figures
    body = re.sub(r'(?<=id=")(?=[pm])|(?<="#)(?=[pm])|(?<=url\(#)', f"{digest}-", body)
    opening = Markup('<svg class="plot" role="img" aria-label="{}"').format(label)
    return Markup(re.sub(r"\s*\n\s*", "\n", body).replace("<svg", opening, 1))


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")
