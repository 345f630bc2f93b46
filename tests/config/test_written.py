"""Values as people write them and as they arrive: null, numbers as text, names as numbers, paths."""

import os
from pathlib import Path

import pytest
import yaml
from snakemake.cli import parse_config
from snakemake.utils import update_config

from conclugen.config import check
from conclugen.config.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def laid_over(*overlays, config=()):
    """config.yaml with these laid over it as Snakemake does, then `--config` arguments; checked."""
    values = yaml.safe_load((ROOT / "config.yaml").read_text())
    for overlay in overlays:
        update_config(values, yaml.safe_load(overlay))
    update_config(values, parse_config(config))
    return check(values)


def test_null_takes_away_an_entry_or_returns_a_key_to_its_default():
    config = laid_over("datasets: {caer: null, meld: null}\ndownstream: {datasets: [mosei]}")
    assert list(config.datasets) == ["voxceleb2", "mosei"]
    config = laid_over("datasets: {caer: null}")
    assert config.downstream.datasets == ["mosei", "meld"]
    assert laid_over(config=["datasets={meld: null, caer: null}"]).downstream.datasets == ["mosei"]
    config = laid_over("modalities: {text: null}")
    assert list(config.modalities) == ["video", "audio"]
    assert "Multi-Cont-wo-text" not in config.pretrain.methods
    own = "pretrain: {recipes: {Own: {losses: [mms]}, Other: {losses: [mms]}}}\npresets: {p: {based_on: paper}}"
    config = laid_over(own, "pretrain: {recipes: {Other: null}}\npresets: {p: null}")
    assert (list(config.pretrain.recipes), config.presets) == (["Own"], {})
    config = laid_over("pretrain: {epochs: 7, sizes: {hidden: 3}}", "pretrain: {epochs: null, sizes: null}\nqc: null")
    assert (config.pretrain.epochs, config.pretrain.sizes.hidden) == (30, 256)
    assert config.qc.max_lost == 0.1


def test_null_stays_where_it_is_a_value():
    pretrain = laid_over("pretrain: {learning_rate: null, dataset: null}").pretrain
    assert (pretrain.learning_rate, pretrain.dataset) == (None, None)
    preset = "presets: {p: {based_on: official-code, objective: {temperature: null}, schedule: null}}"
    assert laid_over(preset).presets == {"p": {"based_on": "official-code", "objective": {"temperature": None}}}


@pytest.mark.parametrize(
    ("key", "missing"), [("downstream: {datasets: null}", "downstream.datasets"), ("datasets: null", "datasets")]
)
def test_what_has_no_default_cannot_be_taken_away(key, missing):
    with pytest.raises(ConfigError, match=f"{missing}: missing; it has no default"):
        laid_over(key)


def test_what_is_nested_in_config_arrives_as_text_and_is_read():
    config = laid_over(
        config=[
            "pretrain={epochs: 2, seeds: [0, 1], learning_rate: 1e-3, sizes: {hidden: 16}}",
            "downstream={standardise: false, heads: {learning_rates: [0.01, .5]}}",
            "modalities={text: null}",
            "datasets={mosei: {asr: {speech: null, beams: 2}}, caer: {asr: null}}",
            "presets={warm: {based_on: paper, objective: {temperature: 0.1}, clusters: {count: 4, warm_start: false}}}",
            "rerun_on_upgrade=[torch]",
        ]
    )
    assert (config.pretrain.epochs, config.pretrain.seeds, config.pretrain.learning_rate) == (2, [0, 1], 1e-3)
    assert config.pretrain.sizes.hidden == 16
    assert (config.downstream.standardise, config.downstream.heads.learning_rates) == (False, [0.01, 0.5])
    assert list(config.modalities) == ["video", "audio"]
    assert (config.datasets["mosei"].asr.speech, config.datasets["mosei"].asr.beams) == (None, 2)
    assert config.datasets["caer"].asr is None
    assert config.presets["warm"]["objective"] == {"temperature": 0.1}
    assert config.presets["warm"]["clusters"] == {"count": 4, "warm_start": False}
    assert config.rerun_on_upgrade == ["torch"]
    assert laid_over(config=["rerun_on_upgrade=true"]).rerun_on_upgrade is True


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("pretrain={epochs: two}", "pretrain.epochs: input should be a valid integer, but 'two'"),
        ("pretrain={epochs: 2.5}", "pretrain.epochs: input should be a valid integer, but '2.5'"),
        ("presets={p: {based_on: paper, clusters: {count: many}}}", "presets.p.clusters.count: 'many' .str. was given"),
        ("presets={p: {based_on: paper, clusters: 8}}", "presets.p.clusters: '8' is no section"),
        ("datasets={mosei: {root: 1}}", None),
    ],
)
def test_text_that_is_no_number_is_refused(config, message):
    if message is None:
        assert laid_over(config=[config]).datasets["mosei"].root == "1"
        return
    with pytest.raises(ConfigError, match=message):
        laid_over(config=[config])


def folder(**options):
    mine = {"adapter": "folder", "root": "/data/mine", **options}
    return {"datasets": {"mine": mine}, "pretrain": {"dataset": "mine"}, "downstream": {"datasets": ["mine"]}}


def test_numbers_are_read_as_the_names_they_are():
    mine = check(folder(classes=[0, 1], splits={0: "train", 1: "test"}, columns={"label": 3})).datasets["mine"]
    assert (mine.classes, mine.splits, mine.columns) == (["0", "1"], {"0": "train", "1": "test"}, {"label": "3"})
    with pytest.raises(
        ConfigError, match=r"datasets.mine.classes.0: .* but False .bool. was given; write it in quotes"
    ):
        check(folder(classes=[False, "yes"]))


def test_a_table_may_be_given_as_the_labels():
    for options in ({"labels": "mine.csv"}, {"table": "mine.csv"}, {"labels": "mine.csv", "table": "mine.csv"}):
        mine = check(folder(**options)).datasets["mine"]
        assert (mine.table, mine.labels) == ("mine.csv", [])
    assert check(folder(table="mine.csv", labels=["joy", "rage"])).datasets["mine"].labels == ["joy", "rage"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["mine.csv"]}, r"datasets.mine.labels: .*'mine.csv' is a file; .* given as labels: mine.csv"),
        ({"labels": ["joy", "mine.TSV"]}, "given as labels: mine.TSV"),
        ({"labels": "emotion"}, r"datasets.mine.labels: 'emotion' is neither .*columns: \{label: emotion\}"),
        ({"labels": "a.csv", "table": "b.csv"}, r"datasets.mine.labels: 'a.csv' and table: 'b.csv' are two tables"),
    ],
)
def test_labels_that_are_neither_name_the_fix(options, message):
    with pytest.raises(ConfigError, match=message):
        check(folder(**options))


def test_a_folder_is_the_same_however_it_is_written(tmp_path, monkeypatch):
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "link").symlink_to(project)
    monkeypatch.setenv("HOME", str(project / "home"))
    monkeypatch.chdir(project)

    def root(text):
        return check(folder(root=text)).datasets["mine"].root

    same = [
        "data",
        "data/",
        "./data",
        "x/../data",
        str(project / "data"),
        f"{project}//data/",
        str(tmp_path / "link/data"),
    ]
    assert {root(text) for text in same} == {"data"}
    assert {root("~/data"), root("home/data"), root("~/data/")} == {"home/data"}
    assert root("/data/mine/") == "/data/mine"
    beside = os.path.abspath("../beside")
    assert {root("../beside"), root(beside)} == {beside}
    assert (root("."), root("results/demo/mosei/")) == (".", "results/demo/mosei")


def test_a_file_of_a_data_set_is_the_same_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.bin").touch()
    for table in ("mine.csv", "./mine.csv", "sub/../mine.csv", str(tmp_path / "data/mine.csv")):
        assert check(folder(root="data", table=table)).datasets["mine"].table == "mine.csv"
        assert check(folder(root=str(tmp_path / "data"), labels=table)).datasets["mine"].table == "mine.csv"
    assert check(folder(root="data", table="/other/mine.csv")).datasets["mine"].table == "/other/mine.csv"
    asr = {"engine": "whisper", "weights": {"path": f"{tmp_path}/./w.bin", "sha256": "0" * 64}}
    assert check(folder(asr=asr)).datasets["mine"].asr.weights.path == "w.bin"
