"""What the configuration chooses: streams, recipes, rows."""

import itertools
import json

import pytest

from conclugen import choices, slices
from conclugen.config import check, present
from conclugen.config.errors import ConfigError
from conclugen.features import transcripts
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.unlearned import CONTROLS
from conclugen.store.settings import parse
from test_slices import CONFIG, WILDCARDS


def test_recognisers_in_the_configuration_are_those_of_the_stage():
    used = choices.unused_engines(CONFIG, "caer")
    assert {f"conclugen.features.asr.{name}" for name in transcripts.ENGINES} == {
        *used,
        "conclugen.features.asr.whisper_tiny_en",
    }


def test_a_method_that_leaves_out_a_modality_reads_no_stream_of_it():
    assert choices.streams(CONFIG, "Multi-Cont-wo-text") == ["frames2d", "frames3d", "audio"]
    assert choices.streams(CONFIG) == ["frames2d", "frames3d", "audio", "text"]


def test_views_are_accounted_for_where_a_method_compares_them():
    values = CONFIG.model_dump() | {"modalities": {"audio": ["audio"], "text": ["text"], "video": ["frames2d"]}}
    plain = ["audio", "text", "frames2d"]
    assert choices.accounted_streams(check(values), "voxceleb2") == plain
    values["pretrain"]["methods"].append("Instance-Cont")
    assert choices.accounted_streams(check(values), "voxceleb2") == [*plain, "frames3d_views"]
    assert choices.accounted_streams(check(values), "mosei") == [*plain, "frames3d"]


def test_sentiment_is_measured_where_labels_have_it():
    values = CONFIG.model_dump()
    values["downstream"]["datasets"] = ["mosei", "meld", "features"]
    assert choices.measured(check(values)) == ["mosei", "mosei-sentiment", "meld", "features"]
    values["datasets"]["features"]["sentiment"] = "sent"
    assert choices.measured(check(values))[-2:] == ["features", "features-sentiment"]
    values["downstream"]["targets"] = ["expression"]
    assert choices.measured(check(values)) == ["mosei", "meld", "features"]
    values["downstream"]["targets"] = ["sentiment"]
    assert choices.measured(check(values)) == ["mosei-sentiment", "features-sentiment"]


def test_without_a_corpus_every_data_set_is_pretrained_on_for_itself():
    values = CONFIG.model_dump()
    values["downstream"]["datasets"] = ["mosei", "meld"]
    assert choices.corpora(check(values)) == ["voxceleb2"]
    assert choices.corpus_of(check(values), "meld") == "voxceleb2"
    values["pretrain"] |= {"dataset": None, "methods": ["ConCluGen", "Instance-Cont"]}
    config = check(values)
    assert choices.corpora(config) == ["mosei", "meld"]
    assert choices.corpus_of(config, "meld") == "meld"
    for dataset in ("mosei", "meld"):
        assert "frames3d_views" in choices.accounted_streams(config, dataset)
    assert choices.accounted_streams(config, "caer") == ["frames2d", "frames3d", "audio", "text"]


def test_a_table_belongs_to_its_data_set():
    assert choices.dataset_of(CONFIG, "mosei") == choices.dataset_of(CONFIG, "mosei-sentiment") == "mosei"
    values = CONFIG.model_dump()
    values["datasets"]["talk-sentiment"] = values["datasets"]["voxceleb2"]
    assert choices.dataset_of(check(values), "talk-sentiment") == "talk-sentiment"


def test_raw_rows_of_ones_own_are_made_of_any_streams():
    values = CONFIG.model_dump()
    values["downstream"]["raw_rows"] = {"points": {"where": ["keypoints"]}}
    config = check(values)
    assert ("points", "raw") in choices.table_rows(config)
    assert ("points", "raw") not in choices.robust_rows(config)
    assert choices.evaluated(config, "points") == ({"where": ["keypoints"]}, ["where"])
    assert choices.evaluated(config, f"{choices.RAW}-text") == ({"text": ["text"]}, ["text"])
    assert "keypoints" in choices.accounted_streams(config, "mosei")
    assert "keypoints" not in choices.accounted_streams(config, "voxceleb2")
    assert "keypoints" in choices.backbone_streams(config)
    assert "keypoints" in slices.seen(config, "mosei")
    values["downstream"]["protocols"] = ["linear"]
    assert "keypoints" not in choices.accounted_streams(check(values), "mosei")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"ConClu": {"a": ["text"]}}, "downstream.raw_rows.ConClu: this name is taken"),
        ({"raw-features-more": {"a": ["text"]}}, "downstream.raw_rows.raw-features-more: this name is taken"),
        ({"PCA": {"a": ["text"]}}, "downstream.raw_rows.PCA: this name is taken by a method or a control"),
        ({"mine": {"a": ["txt"]}}, "downstream.raw_rows.mine.a: 'txt' is no stream of .* did you mean 'text'"),
        ({"mine": {}}, "downstream.raw_rows.mine: .*at least 1"),
        ({"mine": {"a": []}}, "downstream.raw_rows.mine.a: .*at least 1"),
    ],
)
def test_a_mistake_in_a_raw_row_names_the_key_and_the_fix(rows, message):
    values = CONFIG.model_dump()
    values["downstream"]["raw_rows"] = rows
    with pytest.raises(ConfigError, match=message):
        check(values)


def test_modalities_are_masked_where_there_are_several():
    rows = choices.robust_rows(CONFIG)
    assert (choices.RAW, "raw") in rows
    assert ("ConCluGen", "linear") in rows
    assert not {(f"{choices.RAW}-text", "raw"), ("ConCluGen-vision", "linear"), ("ConCluGen", "shuffled")} & set(rows)


def test_rows_have_controls_and_every_method():
    rows = choices.table_rows(CONFIG)
    raw = [choices.RAW, *(f"{choices.RAW}-{name}" for name in ("video", "audio", "text"))]
    assert rows[:5] == [*((name, "raw") for name in raw), ("ConCluGen", "shuffled")]
    for protocol in ("linear", "linear_input"):
        assert [m for m, of in rows if of == protocol] == [*CONFIG.pretrain.methods, "untrained", "PCA", "GCCA"]


def with_controls(*controls, **sections):
    values = CONFIG.model_dump()
    values["downstream"]["controls"] = list(controls)
    for section, changes in sections.items():
        values[section] |= changes
    return check(values)


def test_controls_are_rows_where_they_are_asked_for():
    config = with_controls("PCA")
    assert {m for m, _ in choices.table_rows(config)} & set(CONTROLS) == {"PCA"}
    assert choices.drawn_controls(config) == []
    assert not {m for m, _ in choices.table_rows(with_controls())} & set(CONTROLS)
    values = config.model_dump()
    values["downstream"]["protocols"] = ["knn", "finetune", "shuffled"]
    assert [row for row in choices.table_rows(check(values)) if row[0] == "PCA"] == [("PCA", "knn")]
    values["downstream"]["controls"] = ["pca"]
    with pytest.raises(ConfigError, match=r"downstream\.controls.*PCA"):
        check(values)


def test_controls_see_what_the_reference_method_sees():
    for reference in ("ConCluGen", "ConCluGen-vision", "Multi-Cont-wo-text"):
        config = with_controls(*CONTROLS, tables={"reference": reference})
        for control in CONTROLS:
            assert choices.evaluated(config, control) == choices.evaluated(config, reference)
            assert choices.pretraining_streams(config, control) == choices.pretraining_streams(config, reference)
            assert choices.pretrained_as(config, control) == control
    values = CONFIG.model_dump()
    values["pretrain"]["methods"].append("Instance-Cont")
    values["tables"]["reference"] = "Instance-Cont"
    assert choices.pretraining_streams(check(values), "PCA") == ["frames3d_views"]
    assert settings_of(check(values), "PCA", "control_network")["views"] == 10


def test_what_is_computed_is_made_once_and_what_is_drawn_for_every_seed():
    assert choices.network_seeds(CONFIG, "untrained") == choices.network_seeds(CONFIG, "ConClu") == [0, 1, 2, 3, 4]
    assert choices.network_seeds(CONFIG, "PCA") == choices.network_seeds(CONFIG, "GCCA") == [0]
    changed = {method for method, _ in choices.pretrained_rows(CONFIG)}
    assert changed == {*CONFIG.pretrain.methods, "untrained"}


OWN = {"losses": ["mms", "reconstruction"], "modalities": {"face": ["frames2d", "keypoints"], "words": ["text"]}}


def with_recipes(methods=("ConCluGen",), **recipes):
    """The configuration with recipes of one's own, all of them to be trained."""
    values = CONFIG.model_dump()
    values["datasets"]["voxceleb2"]["detector"] = "mtcnn"
    values["pretrain"] |= {"methods": list(dict.fromkeys([*methods, *recipes])), "recipes": recipes}
    return check(values)


def settings_of(config, method, stage="pretrain", **wildcards):
    return slices.stage_settings(config, stage, WILDCARDS | {"method": method} | wildcards)


def test_a_recipe_of_ones_own_is_pretrained_as_it_says():
    found = parse(Settings, json.dumps(settings_of(with_recipes(Own=OWN), "Own")))
    assert (found.method, found.losses, found.views) == ("Own", ("mms", "reconstruction"), 0)
    assert found.modalities == {"face": ("frames2d", "keypoints"), "words": ("text",)}
    shipped = settings_of(CONFIG, "ConGen")
    own = settings_of(with_recipes(Own={"losses": ["mms", "reconstruction"]}), "Own")
    assert own == shipped | {"method": "Own"}  # rate, decay, modalities: those of the shipped method with these losses


def test_what_a_recipe_says_comes_before_what_is_said_of_all_methods():
    told = OWN | {"learning_rate": 0.01, "weight_decay": 0.0}
    values = with_recipes(Own=OWN, Told=told).model_dump()
    values["pretrain"] |= {"learning_rate": 0.1, "weight_decay": 0.5}
    config = check(values)
    found = {name: settings_of(config, name) for name in ("ConCluGen", "Own", "Told")}
    assert {name: (one["learning_rate"], one["weight_decay"]) for name, one in found.items()} == {
        "ConCluGen": (0.1, 0.5),
        "Own": (0.1, 0.5),
        "Told": (0.01, 0.0),
    }


def test_streams_of_a_recipe_are_extracted_accounted_for_and_told_of_in_tables():
    config, plain = with_recipes(Own=OWN), ["frames2d", "frames3d", "audio", "text"]
    assert choices.streams(config, "Own") == ["frames2d", "keypoints", "text"]
    assert choices.streams(config, "ConCluGen") == plain
    for dataset in ("voxceleb2", "mosei"):
        assert choices.accounted_streams(config, dataset) == [*plain, "keypoints"]
    assert choices.accounted_streams(config, "meld") == plain
    assert slices.seen(config, "mosei")["keypoints"] == []
    values = config.model_dump() | {"modalities": {"words": ["text"], "voice": ["audio"]}}
    values["pretrain"]["methods"] = ["Own"]
    values["tables"]["reference"] = "Own"
    assert choices.backbone_streams(check(values)) == ["frames2d", "audio", "text", "keypoints"]
    values["pretrain"]["recipes"]["Unused"] = {"losses": ["mms"]}
    assert choices.accounted_streams(check(values), "mosei") == ["text", "audio", "frames2d", "keypoints"]


def test_every_combination_of_streams_can_be_written():
    names = ("frames2d", "frames3d", "audio", "text", "keypoints")
    for count in range(1, 6):
        for chosen in itertools.combinations(names, count):
            loss = ["mms"] if count > 1 else ["reconstruction"]
            apart = with_recipes(Own={"losses": loss, "modalities": {name: [name] for name in chosen}})
            joined = with_recipes(Own={"losses": ["reconstruction"], "modalities": {"all": list(chosen)}})
            assert choices.pretraining_streams(apart, "Own") == choices.pretraining_streams(joined, "Own")
            assert settings_of(joined, "Own")["modalities"] == {"all": list(chosen)}


def test_a_recipe_may_compare_views_of_clips():
    config = with_recipes(Own={"losses": ["infonce", "reconstruction"], "modalities": {"face": ["frames3d"]}})
    assert choices.pretraining_streams(config, "Own") == ["frames3d_views"]
    assert choices.streams(config, "Own") == ["frames3d"]
    assert settings_of(config, "Own")["views"] == 10


def test_a_recipe_may_judge_networks_on_fewer_modalities():
    config = with_recipes(Own=OWN, Face={"pretrained_as": "Own", "evaluate": ["face"]})
    assert choices.pretrained_as(config, "Face") == "Own"
    assert choices.losses(config, "Face") == choices.losses(config, "Own") == OWN["losses"]
    judged = settings_of(config, "Face", "downstream")
    assert judged == settings_of(config, "Own", "downstream") | {"evaluate": ["face"]}
    assert ("Face", "linear") in choices.table_rows(config)
    assert ("Face", "linear") not in choices.robust_rows(config)
    shipped = with_recipes(Talk={"pretrained_as": "ConCluGen", "evaluate": ["audio", "text"]})
    assert settings_of(shipped, "Talk", "downstream")["evaluate"] == ["audio", "text"]


@pytest.mark.parametrize(
    ("recipes", "message"),
    [
        ({"ConCluGen": OWN}, "recipes.ConCluGen: 'ConCluGen' is the name of a shipped method; choose another"),
        ({"raw-features-mine": OWN}, "recipes.raw-features-mine: names that start with raw-features are those of"),
        ({"untrained": OWN}, "recipes.untrained: 'untrained' is the name of a control; choose another"),
        ({"O.wn": OWN}, "recipes.O.wn.*should match pattern"),
        ({"Own": {}}, "recipes.Own.losses: empty, so it trains nothing; name some of mms, clustering"),
        ({"Own": OWN | {"losses": ["mss"]}}, "recipes.Own.losses: 'mss' is unknown; did you mean 'mms'"),
        ({"Own": OWN | {"losses": ["mms", "mms"]}}, "recipes.Own.losses: .* has 'mms' more than once; name each once"),
        (
            {"Own": OWN | {"losses": ["clustering"]}},
            "recipes.Own.losses: clustering alone .* add mms or reconstruction",
        ),
        (
            {"Own": OWN | {"modalities": {"face": ["frames2d"]}}},
            "recipes.Own.losses: mms compares modalities, and ther",
        ),
        (
            {"Own": OWN | {"modalities": {"face": ["frame2d"], "words": ["text"]}}},
            "recipes.Own.modalities.face: 'frame2d' is no stream of voxceleb2; did you mean 'frames2d'",
        ),
        ({"Own": OWN | {"modalities": {"face": [], "words": ["text"]}}}, "recipes.Own.modalities.face: .*at least 1"),
        (
            {"Own": OWN | {"losses": ["infonce"]}},
            "recipes.Own.modalities: infonce .* 'keypoints' has none; features.vi",
        ),
        ({"Own": OWN | {"evaluate": ["video"]}}, "recipes.Own.evaluate: 'video' is no modality of it; allowed: face"),
        ({"Own": OWN | {"loss": ["mms"]}}, "recipes.Own.loss: unknown key; did you mean 'losses'"),
        (
            {"Own": {"pretrained_as": "ConGlu", "evaluate": ["video"]}},
            "recipes.Own.pretrained_as: 'ConGlu' is no method .* did you mean 'ConClu'",
        ),
        ({"Own": {"pretrained_as": "Own", "evaluate": ["video"]}}, "recipes.Own.pretrained_as: 'Own' is no method"),
        ({"Own": {"pretrained_as": "ConCluGen-vision", "evaluate": ["video"]}}, "'ConCluGen-vision' is no method with"),
        (
            {"Own": OWN | {"pretrained_as": "ConClu", "evaluate": ["video"]}},
            "recipes.Own.losses: the networks are those of ConClu, so this key changes nothing; leave it out",
        ),
        ({"Own": {"pretrained_as": "ConClu"}}, "recipes.Own.evaluate: missing; name the modalities"),
        ({"Own": {"pretrained_as": "ConClu", "evaluate": ["face"]}}, "recipes.Own.evaluate: 'face' is no modality of"),
    ],
)
def test_a_mistake_in_a_recipe_names_the_key_and_the_fix(recipes, message):
    with pytest.raises(ConfigError, match=message):
        with_recipes(**recipes)


def test_a_data_set_of_arrays_must_have_the_streams():
    values = CONFIG.model_dump() | {"modalities": {"voice": ["voice"]}}
    values["downstream"]["datasets"] = ["features"]
    with pytest.raises(ConfigError, match=r"modalities\.voice: 'voice' is no stream of features, whose arrays"):
        check(values)


def test_landmarks_of_a_recipe_need_a_detector():
    values = with_recipes(Own=OWN).model_dump()
    values["datasets"]["voxceleb2"]["detector"] = "none"
    with pytest.raises(
        ConfigError, match=r"voxceleb2\.detector: .* which pretrain\.recipes\.Own\.modalities\.face names"
    ):
        check(values)


def test_a_data_set_has_the_streams_of_what_it_holds(tmp_path):
    values = CONFIG.model_dump()
    values["datasets"]["mine"] = {"adapter": "folder", "root": str(tmp_path)}
    values["pretrain"]["dataset"] = "mine"
    values["modalities"]["video"].append("keypoints")
    (tmp_path / "a.wav").touch()
    assert present.available_kinds(check(values), "mine") == ("audio",)
    assert present.available_streams(check(values), "mine") == ["audio"]
    assert choices.accounted_streams(check(values), "mine") == ["audio"]
    values["datasets"]["mine"]["has"] = ["text", "video"]
    assert present.available_streams(check(values), "mine") == ["frames2d", "frames3d", "text", "keypoints"]
    assert choices.accounted_streams(check(values), "mine") == ["frames2d", "frames3d", "keypoints", "text"]
    assert present.available_kinds(check(values), "mosei") == ("video", "audio", "text")
