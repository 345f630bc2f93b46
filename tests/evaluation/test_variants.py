"""The tables of presets and of switches."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_predictions import make_manifest, make_predictions, noisy

from conclugen.evaluation import ablation, metrics, presets
from conclugen.evaluation.estimates import Difference
from conclugen.evaluation.inference import holm
from conclugen.evaluation.predictions import read
from conclugen.evaluation.truth import read_truth
from measuring import SETTINGS, measure, viewed

STRENGTHS = {"paper": 0.2, "improved": 0.6, "improved-a": 0.05, "improved-b": 0.6}


@pytest.fixture
def made(tmp_path):
    """A manifest and predictions of one method by preset; `improved` and `improved-b` are the same."""
    frame = make_manifest(tmp_path / "m.parquet")
    folders = {}
    for preset, strength in STRENGTHS.items():
        folder = make_predictions(tmp_path / preset, frame, "ConCluGen", "linear", noisy(strength))
        folders[preset] = tmp_path / "made" / "corpus" / preset / "ConCluGen" / "linear"
        shutil.move(folder, folders[preset])
    return tmp_path, folders


def run(entry, made, names, *more):
    folder, folders = made
    splits = ("valid", "test") if entry is presets else ("valid",)
    words = measure(folder / "m.parquet", [folders[name] for name in names], SETTINGS, splits)
    view = ["--settings", json.dumps({"datasets": {"made": viewed(SETTINGS)}})]
    entry.main([*words, *view, "--output", str(folder / "out.csv"), *more])
    return pd.read_csv(folder / "out.csv")


def with_untrained(made, presets, strength=0.05):
    """The same with untrained networks of these presets beside the method's."""
    folder, folders = made
    frame, more = make_manifest(folder / "m.parquet"), {}
    for preset in presets:
        drawn = make_predictions(folder / "drawn" / preset, frame, "untrained", "linear", noisy(strength))
        more[f"{preset} untrained"] = folder / "made" / "corpus" / preset / "untrained" / "linear"
        shutil.move(drawn, more[f"{preset} untrained"])
    return folder, folders | more


def test_each_preset_is_compared_with_its_own_networks_untrained(made):
    made = with_untrained(made, ["paper", "improved"])
    names = ["paper", "paper untrained", "improved", "improved untrained", "improved-a"]
    found = run(presets, made, names, "--first", "paper").set_index(["preset", "method"])
    for split in ("valid", "test"):
        verdict = found[f"{split}_beats_untrained"].fillna("")
        assert verdict["improved", "ConCluGen"] == "yes"
        assert verdict["improved-a", "ConCluGen"] == verdict["improved", "untrained"] == ""
        difference = found.loc[("paper", "ConCluGen"), split] - found.loc[("paper", "untrained"), split]
        assert found.loc[("paper", "ConCluGen"), f"{split}_minus_untrained"] == pytest.approx(difference, abs=2e-4)


def test_each_switch_is_compared_with_its_own_networks_untrained(made):
    made = with_untrained(made, ["improved", "improved-a"])
    names = ["improved", "improved-a", "improved-b", "improved untrained", "improved-a untrained"]
    variants = {"based_on": {"improved-a": "improved", "improved-b": "improved"}, "changes": {}}
    found = run(ablation, made, names, "--variants", json.dumps(variants))
    found = found[found["protocol"] != "chance"].fillna({"variant": ""}).set_index("variant")
    assert sorted(found.index) == ["", "improved-a", "improved-b"]  # untrained networks have no row of their own
    assert found["beats_untrained"].fillna("").to_dict() == {"": "yes", "improved-a": "no", "improved-b": ""}


def test_presets_are_measured_on_both_splits_and_chosen_on_validation(made):
    found = run(presets, made, ["paper", "improved", "improved-a"], "--first", "paper")
    lucky, found = found[found["protocol"] == "chance"], found[found["protocol"] != "chance"].set_index("preset")
    assert lucky["method"].tolist() == ["majority", "all-negative", "all-positive", "training priors", "prior sampling"]
    assert lucky[["valid", "test"]].to_numpy() == pytest.approx(0.5, abs=0.03)
    assert found.index.tolist() == ["paper", "improved", "improved-a"]
    assert (found["n_valid"].iloc[0], found["n_test"].iloc[0]) == (75, 150)
    for split in ("valid", "test"):
        truth = read_truth(made[0] / "m.parquet", "expression", split)
        scores = read(made[1]["improved"], truth).scores
        own = np.mean([metrics.compute(truth.labels, s, "multi")["balanced_accuracy_mean"] for s in scores])
        assert found.loc["improved", split] == pytest.approx(own, abs=1e-4)
        difference = found[split] - found.loc["paper", split]
        assert found.loc["improved", f"{split}_minus_paper"] == pytest.approx(difference["improved"], abs=2e-4)
        assert found.loc["improved", f"{split}_minus_paper_lo"] > 0
        assert found.loc["paper", [f"{split}_minus_paper", f"{split}_p"]].isna().all()
        assert found[f"{split}_beats_chance"].tolist()[:2] == ["yes", "yes"]
        assert (found.loc[["improved", "improved-a"], f"{split}_minus_paper_detectable"] > 0).all()
        p = found[f"{split}_p"].to_numpy()
        np.testing.assert_allclose(found[f"{split}_p_holm"], holm(p), atol=2e-4)
        assert found.loc["improved", f"{split}_p_holm"] < 0.05
    assert found["chosen"].fillna("").tolist() == ["", "yes", ""]
    assert found["valid_groups"].tolist() == found["test_groups"].tolist() == [50] * 3
    assert found["valid_caution"].isna().all()


VS = "variant", "base"
VARIANTS = {
    "based_on": {"improved-a": "improved", "improved-b": "improved"},
    "changes": {"improved-a": "objective.temperature 0.1 → null", "improved-b": "nothing that matters"},
}


def test_switches_are_compared_with_their_preset_on_validation_alone(made):
    given = ["improved", "improved-b", "improved-a"]
    found = run(ablation, made, given, "--variants", json.dumps(VARIANTS))
    assert found["protocol"].tolist() == ["chance"] * 5 + ["linear"] * 3
    found = found[found["protocol"] != "chance"]
    assert found["variant"].fillna("").tolist() == ["", "improved-a", "improved-b"]  # the largest loss first
    assert set(found["preset"]) == {"improved"}
    loss, same = found.iloc[1], found.iloc[2]
    assert loss["change"] == "objective.temperature 0.1 → null"
    assert loss["difference"] == pytest.approx(loss["valid"] - found.iloc[0]["valid"], abs=2e-4)
    assert loss["difference_hi"] < 0
    assert (loss["better"], same["better"]) == ("improved", "not told apart")
    assert (same["difference"], same["p_holm"]) == (0, 1)
    assert not [column for column in found if "test" in column]


@pytest.mark.parametrize(
    ("p", "adjusted", "better"),
    [(0.01, 0.04, "base"), (0.01, 0.06, "not told apart"), (0.2, 0.6, "not told apart"), (np.nan, np.nan, "unknown")],
)
def test_no_switch_is_called_better_before_the_correction(p, adjusted, better):
    estimate = SimpleNamespace(metric="recall_macro", level=0.95)
    one, base = (SimpleNamespace(row=SimpleNamespace(preset=name), measured=estimate) for name in VS)
    high = -0.001 if p < 0.05 else 0.01
    assert ablation._better(one, base, Difference(-0.02, -0.04, high, p, 0.03), adjusted) == better
    assert ablation._better(base, base, Difference(), None) == ""


def test_the_table_of_switches_reads_no_test_label(made, monkeypatch):
    def forbidden(path, fold=None):
        raise AssertionError("test labels were asked for")

    monkeypatch.setattr("conclugen.evaluation.truth.all_labels", forbidden)
    run(ablation, made, ["improved", "improved-a", "improved-b"], "--variants", json.dumps(VARIANTS))
    with pytest.raises(AssertionError, match="asked for"):
        run(presets, made, ["paper"], "--first", "paper")
