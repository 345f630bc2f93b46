"""The table of rivals: whom each row is tested against, and that chance, input and controls stand beside."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from made_predictions import make_manifest, make_predictions, noisy

from conclugen import choices, slices
from conclugen.config import check
from conclugen.config.errors import ConfigError
from conclugen.config.order import left_out
from conclugen.data.order import PATTERNS
from conclugen.downstream.protocols import FUSIONS, ORDERED
from conclugen.evaluation import rivals, table
from conclugen.pretrain.rivals import RIVALS
from conclugen.workflow import code, files
from measuring import measure, viewed

SETTINGS = {"resamples": 100, "level": 0.95, "seed": 0, "target": "expression"}
SETTINGS |= {"reference": "ConCluGen", "paper": None, "seen": {}, "data": "own"}
ROWS = {
    ("raw-features", "raw"): 0.5,
    ("ConCluGen", "linear"): 0.5,
    ("CLIP", "linear"): 0.9,
    ("VICReg", "linear"): 0.1,
    ("untrained", "linear"): 0.9,
    ("ConCluGen", "finetune"): 0.2,
    ("ConCluGen", "supervised"): 0.4,
    ("TFN", "supervised"): 0.9,
}
OWN = {"datasets": {"mine": {"adapter": "folder", "root": "/data"}}, "pretrain": {"dataset": "mine"}}
OWN |= {"downstream": {"datasets": ["mine"]}}


@pytest.mark.parametrize("task", ["multi", "single"])
def test_each_is_tested_against_what_it_compares_with(tmp_path, task):
    frame = make_manifest(tmp_path / "m.parquet", task)
    folders = [make_predictions(tmp_path, frame, *row, noisy(error)) for row, error in ROWS.items()]
    common = measure(tmp_path / "m.parquet", folders, SETTINGS)
    several = json.dumps({"datasets": {"made": viewed(SETTINGS)}})
    rivals.main([*common, "--settings", several, "--output", str(tmp_path / "rivals.csv")])
    view = ["--settings", json.dumps(viewed(SETTINGS)), "--full", str(tmp_path / "table.csv")]
    table.main([*common, *view, "--output", str(tmp_path / "short.csv")])
    found = pd.read_csv(tmp_path / "rivals.csv").fillna({"against": ""}).set_index(["method", "protocol"])
    whole = pd.read_csv(tmp_path / "table.csv").set_index(["method", "protocol"])
    assert set(ROWS) <= set(found.index)
    assert (found["protocol"] if "protocol" in found else found.index.get_level_values(1)).tolist().count("chance") > 1
    metric = found["metric"].iloc[0]
    for row in ROWS:
        assert found.loc[row, "value"] == whole.loc[row, metric]
        assert found.loc[row, "value_lo"] == whole.loc[row, f"{metric}_lo"]
    against = found["against"].to_dict()
    assert against["CLIP", "linear"] == against["untrained", "linear"] == "ConCluGen (linear)"
    assert against["raw-features", "raw"] == "ConCluGen (linear)"
    assert against["TFN", "supervised"] == against["ConCluGen", "supervised"] == "ConCluGen (finetune)"
    assert against["ConCluGen", "linear"] == against["ConCluGen", "finetune"] == ""
    for row, other in {("VICReg", "linear"): "linear", ("TFN", "supervised"): "finetune"}.items():
        expected = whole.loc[row, metric] - whole.loc[("ConCluGen", other), metric]
        assert found.loc[row, "minus"] == pytest.approx(expected, abs=2e-4)
        assert found.loc[row, "p_holm"] >= found.loc[row, "p"]
    assert found.loc[("CLIP", "linear"), "minus"] > 0 > found.loc[("VICReg", "linear"), "minus"]


def test_rows_are_those_that_the_configuration_names():
    config = check(OWN | {"tables": {"rivals": ["CLIP", "TFN"]}})
    rows = choices.rival_rows(config, "mine")
    assert {name for name, _ in rows} & {*RIVALS, *FUSIONS} == {"CLIP", "TFN"}
    assert {("raw-features", "raw"), ("ConCluGen", "linear"), ("ConCluGen", "finetune")} < set(rows)
    assert {("untrained", "linear"), ("PCA", "linear"), ("TFN", "supervised")} < set(rows)
    alone = choices.rival_rows(check(OWN | {"tables": {"rivals": ["CLIP"]}}), "mine")
    assert {protocol for _, protocol in alone} == {"raw", "linear"}
    assert {name for name, _ in choices.rival_rows(check(OWN), "mine")} > {*RIVALS, *FUSIONS} - {*ORDERED}


def test_a_single_modality_has_no_rival_that_compares_modalities():
    one = check(OWN | {"modalities": {"text": ["text"]}})
    assert {name for name, _ in choices.rival_rows(one, "mine")} & {*RIVALS} == {"Shared-code"}


@pytest.mark.parametrize(
    ("dataset", "ordered"),
    [
        ({"adapter": "mosei"}, True),
        ({"adapter": "meld"}, True),
        ({"adapter": "iemocap"}, True),
        ({"adapter": "iemocap", "has": ["audio", "text"]}, False),
        ({"adapter": "caer"}, False),
        ({"adapter": "folder"}, False),
        ({"adapter": "folder", "table": "t.csv"}, True),  # nothing lies there yet
        ({"adapter": "folder", "order": r"(.+)_(\d+)"}, True),
        ({"adapter": "features", "file": "x.npz", "streams": {"text": "t"}}, False),
        ({"adapter": "features", "file": "x.npz", "streams": {"text": "t"}, "order": r"(.+)_(\d+)"}, True),
    ],
)
def test_fusions_that_need_an_order_have_rows_where_a_data_set_tells_it(dataset, ordered):
    given = OWN | {"datasets": {"mine": {"root": "/data", **dataset}}, "modalities": {"text": ["text"]}}
    config = check(given)
    found = {name for name, _ in choices.rival_rows(config, "mine")}
    assert {*ORDERED} & found == ({*ORDERED} if ordered else set())
    assert {"TFN", "Shared-code"} <= found
    assert bool(left_out(config)) is not ordered
    named = given | {"downstream": {"datasets": ["mine"], "fusions": ["TFN", "CIA"]}}
    if ordered:
        assert check(named).downstream.fusions == ["TFN", "CIA"]
        return
    with pytest.raises(
        ConfigError, match=r"downstream.fusions: CIA: mine does not tell .* set datasets.mine.order, or"
    ):
        check(named)


def test_rows_are_left_out_for_the_data_set_without_order_alone():
    datasets = {"talks": {"adapter": "meld", "root": "/data/meld"}, "mine": {"adapter": "folder", "root": "/data/mine"}}
    config = check(OWN | {"datasets": datasets, "downstream": {"datasets": ["talks", "mine"]}})
    paths = [path for path in files.rivals(config) if "/CIA/" in path]
    assert paths == ["results/scores/talks/mine/improved/CIA/supervised/test.npz"]
    (line,) = left_out(config)
    assert line.startswith(
        "the table of rivals has no CIA and no Multilogue-Net for mine: mine does not tell the order"
    )
    assert line.endswith("set datasets.mine.order")


def test_a_pattern_that_cannot_order_is_a_mistake_that_names_the_key():
    for pattern, problem in (("(", "is no pattern"), (".+", "has 0 groups")):
        with pytest.raises(ConfigError, match=rf"datasets\.mine\.order: .*{problem}"):
            check(OWN | {"datasets": {"mine": {"adapter": "folder", "root": "/data", "order": pattern}}})


def test_unknown_rivals_are_a_mistake_that_names_the_key():
    with pytest.raises(ConfigError, match=r"tables.rivals"):
        check(OWN | {"tables": {"rivals": ["Nobody"]}})


def test_fusions_of_the_configuration_are_rows_of_every_table_and_no_default():
    rows = choices.table_rows(check(OWN | {"downstream": {"datasets": ["mine"], "protocols": ["supervised"]}}))
    assert [row for row in rows if row[1] == "supervised"] == [("ConCluGen", "supervised")]
    more = {"datasets": ["mine"], "protocols": ["raw", "supervised"], "fusions": ["TFN", "LMF"]}
    rows = choices.table_rows(check(OWN | {"downstream": more}))
    assert [name for name, protocol in rows if protocol == "supervised"] == ["ConCluGen", "TFN", "LMF"]


def test_a_fusion_is_told_its_name_and_its_code_alone():
    config = check(OWN)
    wildcards = {"dataset": "mine", "target": "", "preset": "improved", "protocol": "supervised", "share": ""}
    told = {
        name: slices.stage_settings(config, "downstream", wildcards | {"method": name})
        for name in ("ConCluGen", "TFN", "LMF")
    }
    assert "fusion" not in told["ConCluGen"]
    assert {**told["ConCluGen"], "fusion": "tfn"} == told["TFN"]
    assert {**told["TFN"], "fusion": "lmf"} == told["LMF"]
    found = {name: {entry.split("@")[0] for entry in code.of_downstream(config, "supervised", name)} for name in told}
    assert found["TFN"] - found["LMF"] == {"conclugen/downstream/fusions/tfn.py"}
    assert not any("/fusions/" in file for file in found["ConCluGen"])


def test_a_fusion_that_needs_an_order_is_told_it():
    config = check(OWN | {"datasets": {"mine": {"adapter": "meld", "root": "/data"}}})
    wildcards = {"dataset": "mine", "target": "", "preset": "improved", "protocol": "supervised", "share": ""}
    told = {n: slices.stage_settings(config, "downstream", wildcards | {"method": n}) for n in ("TFN", "CIA")}
    assert told["CIA"] == {**told["TFN"], "fusion": "cia", "needs_order": True, "order": PATTERNS["meld"]}
