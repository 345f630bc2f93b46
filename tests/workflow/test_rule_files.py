"""The files that rules ask for, by the rows that the configuration has."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.exceptions import WorkflowError

from conclugen import choices
from conclugen.config import ConfigError, check
from conclugen.slices import stage_settings
from conclugen.workflow import files

GIVEN = {
    "datasets": {
        "talks": {"adapter": "voxceleb2", "root": "/data/talks"},
        "mosei": {"adapter": "mosei", "root": "/data/mosei"},
        "mine": {"adapter": "folder", "root": "/data/mine", "table": "labels.csv"},
    },
    "pretrain": {"dataset": "talks", "methods": ["ConCluGen", "ConCluGen-vision"], "seeds": [0, 1]},
    "downstream": {"datasets": ["mosei", "mine"], "seeds": [0, 1, 2]},
}


def config(**changes):
    return check({name: {**GIVEN.get(name, {}), **changes.get(name, {})} for name in {*GIVEN, *changes}})


def of(method, protocol):
    return wildcards("mosei", "talks", method, protocol)


def wildcards(dataset, corpus, method, protocol, fold=""):
    named = {"dataset": dataset, "target": "", "corpus": corpus, "preset": "improved", "share": "", "fold": fold}
    return SimpleNamespace(**named, method=method, protocol=protocol)


def test_networks_are_those_of_the_method_that_was_pretrained():
    models = files.models(config(), of("ConCluGen-vision", "linear"))
    assert models == [f"results/pretrain/talks/improved/ConCluGen/seed{n}/model.safetensors" for n in (0, 1)]
    assert files.pretexts(config(), of("ConCluGen", "knn"))[1].endswith("ConCluGen/seed1/pretext.json")
    assert files.models(config(), of("raw-features", "raw")) == []
    assert len(files.models(config(), of("PCA", "linear"))) == 1
    assert files.pretexts(config(), of("untrained", "linear")) == []


def test_scores_have_a_file_for_each_row_share_and_split():
    rows, shares = [("ConCluGen", "linear")], ("", "/fraction-0.1")
    base = "results/scores/mosei-sentiment/talks/paper/ConCluGen/linear"
    for split in ("valid", "test"):
        found = files.scores(config(), "mosei-sentiment", rows, shares, "paper", split)
        assert found == [f"{base}{share}/{split}.npz" for share in shares]


def test_chance_is_measured_once_for_each_data_set_and_split():
    found = files.chance(config(), ("valid", "test"))
    assert found[:2] == [f"results/scores/{name}/chance.valid.npz" for name in ("mosei", "mine")]
    assert len(found) == 4


def test_only_what_has_a_sentiment_has_its_table():
    assert files.table_name(config(), "mosei", "-sentiment") == "mosei-sentiment"
    with pytest.raises(WorkflowError, match="mine have no sentiment"):
        files.table_name(config(), "mine", "-sentiment")


def test_quality_control_is_that_of_the_data_sets_and_their_corpora():
    assert files.accounts(config(), ["mine"]) == ["results/qc/mine.csv", "results/qc/talks.csv"]


def test_a_page_stands_on_what_its_sections_show_and_on_nothing_that_was_not_asked_for():
    found = files.behind_page(config(), ["mosei"])
    assert (found["fractions"], found["crops"]) == ([], [])  # the data are no demo's
    assert found["robustness"] == ["results/tables/mosei.robustness.csv"]
    assert found["maps"] == ["results/maps/mosei.npz"]
    shares = config(downstream={"label_fractions": [0.1, 1.0]})
    assert {Path(path).parent.name for path in files.behind_page(shares, ["mosei"])["fractions"]} == {"fraction-0.1"}
    assert files.behind_page(config(report={"maps": "none"}), ["mosei"])["maps"] == []
    assert files.behind_page(config(downstream={"protocols": ["raw", "supervised"]}), ["mosei"])["maps"] == []


def test_faces_are_shown_where_that_is_asked_for_and_crops_are_kept():
    demo = {"mosei": {"adapter": "mosei", "root": "results/demo/mosei"}}
    assert files.behind_page(config(datasets=demo), ["mosei"])["crops"] == ["results/crops/mosei.jpg"]
    everyone = config(datasets=demo, report={"crops": "all"})
    assert files.behind_page(everyone, ["mosei"])["crops"] == [f"results/crops/{n}.jpg" for n in ("mosei", "talks")]
    for given in ({"report": {"crops": "none"}}, {"faces": {"keep": False}}):
        assert files.behind_page(config(datasets=demo, **given), ["mosei"])["crops"] == []


def test_a_map_is_of_the_reference_method_and_of_the_same_network_untrained():
    base = "results/pretrain/talks/improved"
    assert files.mapped_networks(config(), "mosei") == {
        "pretrained": f"{base}/ConCluGen/seed0/model.safetensors",
        "untrained": f"{base}/untrained/seed0/model.safetensors",
    }


def test_presets_are_compared_by_linear_rows_beside_the_raw_features():
    chosen = config(tables={"presets": ["paper", "improved"]})
    folders = files.folders(files.presets_compared(chosen))
    assert folders[:2] == [f"results/scores/{name}/talks/improved/raw-features/raw" for name in ("mosei", "mine")]
    assert {folder.split("/")[4] for folder in folders[2:]} == {"paper", "improved"}
    assert {folder.split("/")[-1] for folder in folders[2:]} == {"linear"}


def test_table_2_asks_for_three_protocols_of_the_reference():
    folders = files.folders(files.table_2(config()))
    assert [folder.split("/")[-1] for folder in folders[:3]] == ["supervised", "linear", "finetune"]


def test_shares_and_worlds_are_refused_where_there_are_none():
    with pytest.raises(WorkflowError, match="label_fractions below 1"):
        files.label_fractions(config(downstream={"label_fractions": [1.0]}))
    with pytest.raises(WorkflowError, match="needs worlds and the raw row oracle"):
        files.controls(config(), "control")
    shares = config(downstream={"label_fractions": [0.1, 1.0]})
    assert len(files.label_fractions(shares)) == 2 * 2 * len(choices.table_rows(shares))


def test_table_1_has_the_tables_of_a_cmu_mosei():
    both = config(downstream={"targets": ["expression", "sentiment"]})
    expected = {"table": "results/tables/mosei.full.csv", "sentiment": "results/tables/mosei-sentiment.full.csv"}
    assert files.table_1(both) == expected
    assert files.table_1(config(downstream={"datasets": ["mine"]})) == {}


FOLDED = {"datasets": {"mine": {"adapter": "folder", "root": "/data/mine", "table": "labels.csv", "folds": 3}}}


def test_a_row_is_measured_from_all_folds_and_all_seeds():
    base = "results/downstream/mine/mine/improved/ConCluGen/linear"
    expected = [f"{base}/fold{fold}/seed{seed}.parquet" for fold in (1, 2, 3) for seed in (0, 1, 2)]
    assert files.predictions(config(**FOLDED), wildcards("mine", "mine", "ConCluGen", "linear")) == expected
    one = files.predictions(config(**FOLDED), wildcards("mosei", "talks", "ConCluGen", "linear"))
    assert one[-1] == "results/downstream/mosei/talks/improved/ConCluGen/linear/seed2.parquet"


def test_networks_of_a_fold_learned_in_its_turn_where_the_corpus_is_tested():
    mine = wildcards("mine", "mine", "ConCluGen", "linear", "/fold2")
    assert (
        files.models(config(**FOLDED), mine)[0]
        == "results/pretrain/mine/fold2/improved/ConCluGen/seed0/model.safetensors"
    )
    other = wildcards("mine", "talks", "ConCluGen", "linear", "/fold2")
    assert (
        files.models(config(**FOLDED), other)[0] == "results/pretrain/talks/improved/ConCluGen/seed0/model.safetensors"
    )
    alone = FOLDED | {"pretrain": {"dataset": "mine"}, "downstream": {"datasets": ["mine"]}}
    behind = files.networks_behind(config(**alone), "mine")
    assert {path.split("/")[3] for path in behind} == {"fold1", "fold2", "fold3"}


def test_a_path_names_a_fold_of_its_data_set_or_is_refused():
    given = {"dataset": "mine", "corpus": "talks", "preset": "improved", "method": "ConCluGen", "protocol": "linear"}
    given |= {"target": "", "share": ""}
    assert stage_settings(config(**FOLDED), "downstream", given | {"fold": "/fold2"})["fold"]["tested"] == 2
    for fold, said in (("", "no fold of mine, which has fold1, fold2, fold3"), ("/fold4", "fold4 of mine")):
        with pytest.raises(ConfigError, match=said):
            stage_settings(config(**FOLDED), "downstream", given | {"fold": fold})
    with pytest.raises(ConfigError, match="fold1 of mine, which has no folds"):
        stage_settings(config(), "downstream", given | {"fold": "/fold1"})


def test_frames_of_clips_that_have_folds_are_of_the_first_turn():
    images = {"datasets": {"frames": {"adapter": "clips", "dataset": "mine"}}}
    told = stage_settings(config(**FOLDED, images=images), "image_frames", {"images": "frames"})
    assert told["fold"] == {"tested": 1, "count": 3, "valid_fraction": None}
    assert "fold" not in stage_settings(config(images=images), "image_frames", {"images": "frames"})


def test_another_try_is_an_input_where_it_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    of = SimpleNamespace(dataset="mine", shard="0001")
    assert files.retries("audio")(of) == []
    (tmp_path / "results/retries/mine/audio").mkdir(parents=True)
    (tmp_path / "results/retries/mine/audio/0001.csv").touch()
    assert files.retries("audio")(of) == ["results/retries/mine/audio/0001.csv"]
    assert files.retries("faces")(of) == []


def test_the_manifest_of_a_corpus_is_asked_for_where_it_is_another_data_set():
    assert files.corpus_manifest(config(), "mine") == ["results/manifests/talks.parquet"]
    assert files.corpus_manifest(config(pretrain={"dataset": "mine"}), "mine") == []
