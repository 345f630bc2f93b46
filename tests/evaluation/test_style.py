"""Lines are told apart without colour, colours by eyes that see fewer, and no figure says its title."""

import itertools
import re

import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from conclugen.evaluation import style

# What a colour is to eyes without cones for red or for green: Viénot, Brettel and Mollon (1999), on linear RGB.
BLIND = {
    "red": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    "green": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}


def linear(colour):
    value = np.array(colors.to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def nearest(names, cones):
    """How far the two colours lie apart that are the most alike to such eyes."""
    seen = [np.cbrt(BLIND[cones] @ linear(name)) for name in names]
    return min(np.abs(one - other).max() for one, other in itertools.combinations(seen, 2))


@pytest.mark.parametrize("cones", BLIND)
def test_colours_are_apart_without_red_or_green(cones):
    assert nearest((*style.COLOURS, style.INK), cones) > 0.07
    assert nearest(plt.get_cmap("tab10").colors[:6], cones) < 0.07  # usual colours would not do


def test_lines_are_apart_without_any_colour():
    kinds = [(one["marker"], one["linestyle"]) for one in map(style.series, range(44))]
    assert len(set(kinds)) == 44
    assert len({marker for _, marker, _ in style.VERDICTS.values()}) == 5


def test_a_figure_is_written_twice_alike_with_letters_as_letters(tmp_path):
    for name in ("one", "two"):
        figure, axes = plt.subplots()
        axes.set_xlabel("share of the labels")
        style.save(figure, tmp_path / f"{name}.png")
    for form in ("png", "pdf"):
        assert (tmp_path / f"one.{form}").read_bytes() == (tmp_path / f"two.{form}").read_bytes()
    pdf = (tmp_path / "one.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile2" in pdf  # TrueType
    assert not re.search(rb"/CreationDate|/Type3", pdf)
