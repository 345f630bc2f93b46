"""The figure of rivals: who was tested against whom, by how much, and which differences would have been found."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from conclugen.evaluation import rivals_figure, style

ABOUT = {
    "dataset": "mine",
    "metric": "recall_macro",
    "streams": "audio",
    "pretext": "",
    "networks": "",
    "networks_collapsed": "",
}
EMPTY = {"against": "", "minus": "", "p": "", "p_holm": "", "detectable": ""}


def row(method, protocol, value, p_holm=None, against="ConCluGen (linear)", **more):
    told = ABOUT | {"method": method, "protocol": protocol, "value": f"{value}"}
    told |= {"value_lo": f"{value - 0.05}", "value_hi": f"{value + 0.05}"} | EMPTY
    if p_holm is not None:
        told |= {"against": against, "minus": f"{value - 0.5:.3f}", "p_holm": f"{p_holm}", "detectable": "0.08"}
    return told | more


TABLE = [
    row("majority", "chance", 0.2),
    row("prior sampling", "chance", 0.25),
    row("raw-features", "raw", 0.55, 0.3),
    row("ConCluGen", "linear", 0.5),
    row("VICReg", "linear", 0.35, 0.001, pretext="collapsed", networks="5", networks_collapsed="5"),
    row("CLIP", "linear", 0.7, 0.02),
    row("ConCluGen", "finetune", 0.5),
    row("TFN", "supervised", 0.52, 0.9, "ConCluGen (finetune)"),
]


@pytest.fixture
def figure():
    drawn = rivals_figure.rivals(TABLE, 0.95)
    yield drawn
    plt.close(drawn)


def test_rows_stand_beside_what_they_were_tested_against(figure):
    linear, tuned = figure.axes
    assert [tick.get_text() for tick in linear.get_yticklabels()] == [
        style.row_name(TABLE[5]),
        style.row_name(TABLE[2]),
        f"{style.row_name(TABLE[4])}, COLLAPSED",
    ]
    assert [tick.get_text() for tick in tuned.get_yticklabels()] == [style.row_name(TABLE[7])]
    lines = {
        line.get_label(): line.get_xdata()[0] for line in linear.get_lines() if not line.get_label().startswith("_")
    }
    assert sorted(lines.values()) == [0.25, 0.5]  # the best of chance, and the reference method


def test_only_what_is_told_apart_is_filled(figure):
    points = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert [(line.get_markerfacecolor(), line.get_xdata()[0]) for line in points] == [
        (style.GREEN, 0.7),
        ("white", 0.55),
        (style.VERMILION, 0.35),
    ]
    stricter = rivals_figure.rivals(TABLE, 0.99)
    points = [line for line in stricter.axes[0].get_lines() if line.get_marker() == "o"]
    plt.close(stricter)
    assert [line.get_markerfacecolor() for line in points] == ["white", "white", style.VERMILION]


def test_the_band_is_the_least_difference_that_would_be_found(figure):
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in figure.axes[0].patches]
    assert spans == [pytest.approx((0.42, 0.58))] * 3


def test_it_is_written_from_a_table(tmp_path):
    pd.DataFrame(TABLE).to_csv(tmp_path / "rivals.csv", index=False)
    files = ["--output", str(tmp_path / "a.png"), "--pdf", str(tmp_path / "a.pdf")]
    rivals_figure.main(["--table", str(tmp_path / "rivals.csv"), "--level", "0.95", *files])
    assert plt.imread(tmp_path / "a.png").std() > 0.05
    assert (tmp_path / "a.pdf").read_bytes()[:5] == b"%PDF-"


def test_a_table_without_a_test_has_no_figure():
    with pytest.raises(ValueError, match="nothing to draw"):
        rivals_figure.rivals(TABLE[:4:3], 0.95)
