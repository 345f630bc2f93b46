"""The table of controls and its figure, from predictions of known quality."""

import json

import matplotlib.image
import numpy as np
import pytest
from made_predictions import make_manifest, make_predictions
from test_table import SETTINGS

from conclugen.evaluation import control, control_figure, style
from conclugen.evaluation.cells import read_table
from measuring import measure, viewed


def right(share):
    """Scores that name the true class with this probability, another one otherwise; None: a class by chance."""

    def score(truth, generator):
        wrong = np.eye(3)[(truth.argmax(1) + generator.integers(1, 3, len(truth))) % 3]
        drawn = np.eye(3)[generator.integers(0, 3, len(truth))]
        return drawn if share is None else np.where((generator.random(len(truth)) < share)[:, None], truth, wrong)

    return score


def make(root, rows, worlds=("shared",), **options):
    """`rows`: share of right classes by (method, protocol); in the world `null` all are chance."""
    given = []
    for world in worlds:
        frame = make_manifest(root / f"{world}.parquet", "single", count=1200, dataset=world)
        folders = []
        for (method, protocol), share in rows.items():
            share = None if world == "null" else share
            folders.append(str(make_predictions(root, frame, method, protocol, right(share), dataset=world, **options)))
        given += measure(root / f"{world}.parquet", folders, SETTINGS)
    settings = json.dumps({"datasets": dict.fromkeys(worlds, viewed(SETTINGS | {"data": "world"}))})
    output = root / "control.csv"
    control.main([*given, "--settings", settings, "--output", str(output)])
    return read_table(output)


ROWS = {
    ("raw-features", "raw"): 0.5,
    ("oracle", "raw"): 0.9,
    ("PCA", "linear"): 0.55,
    ("ConCluGen", "linear"): 0.8,
    ("ConCluGen", "linear_input"): 0.45,
}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return make(tmp_path_factory.mktemp("control"), ROWS, ("shared", "null"))


def row(table, world, method, protocol):
    (found,) = [r for r in table if (r["world"], r["method"], r["protocol"]) == (world, method, protocol)]
    return {name: float(value) if value and name not in TEXT else value for name, value in found.items()}


TEXT = ("pretext", "world", "method", "protocol", "preset", "metric")


def test_the_way_is_told_of_the_mean_and_of_the_worst_seed(table):
    raw, oracle = (row(table, "shared", name, "raw")["value"] for name in ("raw-features", "oracle"))
    assert (raw, oracle) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.9, abs=0.04))
    method = row(table, "shared", "ConCluGen", "linear")
    assert method["closed"] == pytest.approx((method["value"] - raw) / (oracle - raw), abs=1e-3)
    assert method["closed_worst"] == pytest.approx((method["worst"] - raw) / (oracle - raw), abs=1e-3)
    assert method["closed_worst"] < method["closed"]
    assert 0.6 < method["closed"] < 0.9
    assert method["lo"] < method["value"] < method["hi"]
    assert (method["n_test"], method["groups"], method["caution"]) == (600, 200, "")  # of three utterances
    assert row(table, "shared", "oracle", "raw")["closed"] == 1
    assert row(table, "shared", "raw-features", "raw")["closed"] == 0
    assert row(table, "shared", "ConCluGen", "linear_input")["closed"] < 0.1


def test_a_loss_is_told_against_the_better_of_raw_features_and_pca(table):
    pca, method = row(table, "shared", "PCA", "linear"), row(table, "shared", "ConCluGen", "linear_input")
    assert pca["minus_best"] == 0
    assert method["minus_best"] == pytest.approx(method["value"] - pca["value"], abs=2e-4)


def test_a_difference_stands_beside_the_least_that_would_have_been_found(table):
    pca, method = row(table, "shared", "PCA", "linear"), row(table, "shared", "ConCluGen", "linear_input")
    assert method["minus_best_lo"] < method["minus_best"] < method["minus_best_hi"]
    assert method["minus_best_hi"] - method["minus_best_lo"] == pytest.approx(
        2 * 1.96 / 2.8 * method["minus_best_detectable"], rel=0.15
    )
    apart = (pca["minus_chance_detectable"] ** 2 + method["minus_chance_detectable"] ** 2) ** 0.5
    assert method["minus_best_detectable"] < 0.7 * apart  # rows err on the same utterances here: differences are paired
    assert method["minus_chance"] == pytest.approx(method["value"] - 1 / 3, abs=0.01)
    assert pca["minus_best_detectable"] == ""


def test_where_there_is_no_way_to_go_no_share_is_told(table):
    for (method, protocol), _ in ROWS.items():
        found = row(table, "null", method, protocol)
        assert (found["closed"], found["closed_worst"]) == ("", "")
        assert found["value"] == pytest.approx(1 / 3, abs=0.08)


def test_chance_stands_first_in_every_world(table):
    assert [r["world"] for r in table] == sorted((r["world"] for r in table), key=["shared", "null"].index)
    for world in ("shared", "null"):
        mine = [r["protocol"] for r in table if r["world"] == world]
        assert mine[:3] == ["chance"] * 3
        assert "chance" not in mine[3:]
        assert row(table, world, "majority", "chance")["value"] == pytest.approx(1 / 3, abs=1e-3)
        assert row(table, world, "majority", "chance")["closed"] == ""


@pytest.mark.parametrize("missing", [("oracle", "raw"), ("raw-features", "raw")])
def test_a_world_without_what_it_is_measured_against_is_refused(tmp_path, missing):
    rows = {key: share for key, share in ROWS.items() if key != missing}
    with pytest.raises(ValueError, match=f"shared: no raw row '{missing[0]}'; protocols must have raw"):
        make(tmp_path, rows)


def test_the_figure_has_a_panel_per_world_and_a_place_per_method(table, tmp_path):
    figure = control_figure.controls(table)
    panels = figure.axes
    assert [axes.get_title() for axes in panels] == ["shared", "null"]
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    assert names == ["PCA", "ConCluGen", "raw features, all modalities", "oracle"]
    raw, oracle = (row(table, "shared", name, "raw")["value"] for name in ("raw-features", "oracle"))
    upright = {round(float(line.get_xdata()[0]), 4) for line in panels[0].lines if len(set(line.get_xdata())) == 1}
    assert {round(raw, 4), round(oracle, 4)} <= upright
    style.save(figure, tmp_path / "control.png")
    assert matplotlib.image.imread(tmp_path / "control.png").std() > 0


def test_presets_are_told_apart_where_there_are_several(table):
    own = {"world": "shared", "method": "ConCluGen", "protocol": "linear", "value": "0.7"}
    twice = [*table, *(row | own | {"preset": "other"} for row in table[-1:])]
    names = [label.get_text() for label in control_figure.controls(twice).axes[0].get_yticklabels()]
    assert {"ConCluGen, paper", "ConCluGen, other", "raw features, all modalities"} <= set(names)
