"""Finished runs side by side: paired differences to the first, and what may not be compared."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from made_predictions import make_manifest, make_predictions, noisy

import measuring
from conclugen.cli.main import main
from conclugen.evaluation import runs, table
from conclugen.evaluation.inference import holm
from measuring import measure, viewed

SETTINGS = measuring.SETTINGS | {"data": "demo"}


def finished(folder, strength, count=300, seed=0):
    """What a run leaves of a method and of its networks untrained."""
    folder.mkdir()
    frame = make_manifest(folder / "m.parquet", count=count)
    rows = {"ConCluGen": strength, "untrained": 0.1}
    made = [make_predictions(folder, frame, method, "linear", noisy(one)) for method, one in rows.items()]
    words = measure(folder / "m.parquet", made, SETTINGS | {"seed": seed})
    (folder / "tables").mkdir()
    out = ["--output", str(folder / "tables/made.csv"), "--full", str(folder / "tables/made.full.csv")]
    table.main([*words, "--settings", json.dumps(viewed(SETTINGS)), *out])
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    base = tmp_path_factory.mktemp("runs")
    return {name: finished(base / name, strength) for name, strength in {"plain": 0.1, "good": 0.7}.items()}


def test_rows_stand_beside_those_of_the_first_run_and_differ_by_what_is_told(folders, tmp_path, capsys):
    main(["compare", "made", *map(str, folders.values()), "--output", str(tmp_path / "out.csv")])
    found = pd.read_csv(tmp_path / "out.csv").fillna({"run": ""})
    assert found["run"].tolist() == [""] * 5 + ["plain", "good"] * 2
    assert found["method"].tolist()[5:] == ["ConCluGen"] * 2 + ["untrained"] * 2
    own = pd.read_csv(folders["good"] / "tables/made.full.csv").set_index("method")
    rows = found.set_index(["run", "method"])
    good, plain = rows.loc[("good", "ConCluGen")], rows.loc[("plain", "ConCluGen")]
    for mine, theirs in (("value", good["metric"]), ("minus_untrained", "minus_untrained"), ("beats_chance",) * 2):
        assert good[mine] == own.loc["ConCluGen", theirs]
    assert (good["data"], good["beats_chance"], plain["n_test"]) == ("demo", "yes", 150)
    assert good["minus_first"] == pytest.approx(good["value"] - plain["value"], abs=2e-4)
    assert 0 < good["minus_first_lo"] < good["minus_first"] < good["minus_first_hi"]
    assert good["detectable_vs_first"] > 0
    assert pd.isna(plain["minus_first"])
    np.testing.assert_allclose(found["p_holm"], holm(found["p"].to_numpy()), atol=2e-4)
    same = rows.loc[("good", "untrained")]  # the same predictions in both runs: what differs is no part of them
    assert same["minus_first"] == 0
    assert same[["p", "p_holm", "minus_first_lo"]].isna().all()
    assert "of 1 differences 1 told apart" in capsys.readouterr().out


@pytest.mark.parametrize(("change", "said"), [({"count": 296}, "other test labels"), ({"seed": 1}, "other resamples")])
def test_runs_on_other_labels_are_refused(folders, tmp_path, change, said):
    other = runs.read(finished(tmp_path / "other", 0.7, **change), "made")
    with pytest.raises(runs.RunsError, match=f"^other was measured on .*{said}"):
        runs.build([runs.read(folders["plain"], "made"), other])


def test_a_run_alone_or_twice_is_refused(folders):
    plain = runs.read(folders["plain"], "made")
    for given in ([plain], [plain, plain]):
        with pytest.raises(runs.RunsError, match="give two or more, called differently"):
            runs.build(given)


def test_scores_of_another_run_than_the_table_are_refused(folders, tmp_path, capsys):
    shutil.copytree(folders["good"] / "tables", tmp_path / "mixed/tables")
    shutil.copytree(folders["plain"] / "scores", tmp_path / "mixed/scores")
    with pytest.raises(runs.RunsError, match=r"ConCluGen \(linear\) is not of the scores beside it"):
        runs.read(tmp_path / "mixed", "made")
    with pytest.raises(SystemExit):
        main(["compare", "made", str(tmp_path / "none"), "--output", str(tmp_path / "out.csv")])
    assert "none/tables/made.full.csv: is not there" in capsys.readouterr().err
