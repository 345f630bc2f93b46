import hashlib
import json
from pathlib import Path

import pytest

from conclugen import choices, slices
from conclugen.config import check
from conclugen.data import (
    caer,
    cremad,
    demo,
    dfew,
    emodb,
    features,
    folder,
    iemocap,
    mafw,
    meld,
    mer,
    mosei,
    mosi,
    mspimprov,
    official,
    plan,
    ravdess,
    sims,
    voxceleb2,
    worlds,
)
from conclugen.downstream import knn, settings, supervised
from conclugen.evaluation import ablation, leaks, qc, score, several, table
from conclugen.faces import run as faces
from conclugen.features import (
    audio,
    backbones,
    frames2d,
    frames2d_views,
    frames3d,
    frames3d_views,
    imported,
    keypoints,
    staged,
    staging,
    text,
    transcripts,
)
from conclugen.features.catalogue import CATALOGUE, EMBEDDED
from conclugen.pretrain import controls
from conclugen.pretrain import run as pretrain
from conclugen.pretrain.methods import METHODS
from conclugen.pretrain.presets import VARIANTS, changes_of, switches
from conclugen.pretrain.unlearned import CONTROLS
from conclugen.store.listing import WeightsError
from conclugen.store.settings import parse

CORPORA = (dfew, iemocap, mafw, mer, mosi, mspimprov, sims)
CONFIG = check(
    {
        "datasets": {
            **{
                name: {"adapter": name, "root": f"/data/{name}"}
                for name in ("voxceleb2", "mosei", "meld", "ravdess", "cremad", "emodb", "folder", *official.FILES)
            },
            "caer": {"adapter": "caer", "root": "/data/caer", "asr": {}},
            "features": {
                "adapter": "features",
                "root": "/data",
                "file": "x.npz",
                "streams": {"frames2d": "f", "frames3d": "f", "audio": "a", "text": "t"},
                "labels": {"kind": "multi", "key": "y"},
            },
        },
        "worlds": {"shared": {"kind": "shared"}},
        "presets": {"warm": {"based_on": "paper", "objective": {"temperature": 0.1}}},
        "pretrain": {"dataset": "voxceleb2"},
        "downstream": {"datasets": ["mosei"]},
    }
)
WILDCARDS = {
    "dataset": "mosei",
    "target": "",
    "share": "",
    "layout": "mosei",
    "world": "shared",
    "corpus": "voxceleb2",
    "preset": "paper",
    "method": "ConCluGen",
    "protocol": "linear",
}


@pytest.mark.parametrize(
    ("stage", "kind", "wildcards"),
    [
        ("demo", demo.Settings, {}),
        ("world", worlds.Settings, {}),
        *[
            ("manifest", module.Settings, {"dataset": module.__name__.split(".")[-1]})
            for module in (voxceleb2, mosei, meld, caer, ravdess, cremad, emodb, folder, features, *CORPORA)
        ],
        ("plan", plan.Settings, {}),
        ("faces", faces.FaceSettings, {}),
        ("frames2d", frames2d.Frames2d, {}),
        ("frames3d", frames3d.Frames3d, {}),
        ("views", frames2d_views.ViewsSettings, {"stream": "frames2d"}),
        ("views", frames3d_views.ViewsSettings, {"stream": "frames3d"}),
        ("keypoints", keypoints.Keypoints, {}),
        ("audio", audio.Audio, {}),
        ("text", text.Text, {}),
        ("transcripts", transcripts.Asr, {"dataset": "caer"}),
        ("imported", imported.Settings, {"dataset": "features", "stream": "text"}),
        *[("pretrain", pretrain.Settings, {"method": name}) for name in METHODS],
        *[("control_network", controls.Settings, {"method": name}) for name in CONTROLS],
        *[
            ("downstream", settings.Settings, {"method": name})
            for name in ("ConCluGen", "ConCluGen-vision", "Instance-Cont", choices.RAW, *CONTROLS)
        ],
        *[
            ("downstream", module.Settings, {"protocol": module.__name__.split(".")[-1]})
            for module in (knn, supervised)
        ],
        ("downstream", settings.Settings, {"protocol": "finetune"}),
        ("qc", qc.Qc, {}),
        ("leaks", leaks.Settings, {}),
        ("score", score.Settings, {}),
        ("chance", score.Settings, {}),
        ("table", table.Settings, {}),
        ("tables", several.Settings, {}),
        ("variants", ablation.Variants, {}),
    ],
)
def test_every_slice_is_what_its_stage_reads(stage, kind, wildcards):
    slice_ = slices.stage_settings(CONFIG, stage, WILDCARDS | wildcards)
    assert parse(kind, json.dumps(slice_)) is not None


STREAMS = {"frames2d": frames2d, "frames3d": frames3d, "audio": audio, "text": text, "keypoints": keypoints}


def test_backbones_in_the_configuration_are_those_of_the_streams_and_of_the_catalogue():
    for name, module in STREAMS.items():
        field = type(getattr(CONFIG.features, name)).model_fields["backbone"]
        assert set(field.annotation.__args__) == set(CATALOGUE[name])
        assert name == module.STREAM
        assert field.default == EMBEDDED[name]
    modules = {path.stem for path in Path(backbones.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == {name for entries in CATALOGUE.values() for name in entries}


def with_features(**streams):
    values = CONFIG.model_dump()
    for name, changes in streams.items():
        values["features"][name] |= changes
    return check(values)


def test_staged_weights_become_their_path_and_sha256(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = with_features(frames2d={"backbone": "timm", "model": "resnet18.a1_in1k"}, text={"backbone": "minilm"})
    with pytest.raises(WeightsError, match=r"weights/timm--resnet18\.a1_in1k"):
        slices.stage_settings(config, "frames2d", WILDCARDS)
    assert slices.stage_settings(config, "text", WILDCARDS)["weights"] is None
    folder = tmp_path / "weights/timm--resnet18.a1_in1k"
    folder.mkdir(parents=True)
    (folder / "SHA256SUMS").write_text(f"{'ab' * 32}  model.safetensors\n{'cd' * 32}  config.json\n")
    with pytest.raises(WeightsError, match="vanished after staging"):
        slices.stage_settings(config, "frames2d", WILDCARDS)
    for name in ("model.safetensors", "config.json"):
        (folder / name).touch()
    found = slices.stage_settings(config, "frames2d", WILDCARDS)
    path = "weights/timm--resnet18.a1_in1k/model.safetensors"
    assert found["weights"] == {"path": path, "sha256": "ab" * 32}
    assert parse(frames2d.Frames2d, json.dumps(found)).model == "resnet18.a1_in1k"


def test_what_a_network_is_built_from_beside_its_weights_is_told_with_its_hash(tmp_path):
    for name in ("net.safetensors", "config.json", "merges.txt", "notes.md"):
        (tmp_path / name).write_text(name)
    weights = {"path": f"{tmp_path}/net.safetensors", "sha256": "0" * 64}
    streams = {
        "frames3d": {"backbone": "videomae", "model": "some/model", "weights": weights},
        "audio": {"backbone": "whisper", "weights": weights},
        "text": {"backbone": "text_encoder", "weights": weights},
        "keypoints": {"backbone": "face68", "weights": weights},
    }
    features = with_features(**streams, frames2d={"backbone": "resnet152", "weights": weights}).features
    for stream in streams:
        found = dict(file.split("@") for file in staged.companions(stream, getattr(features, stream)))
        assert list(found) == [f"{tmp_path}/config.json", f"{tmp_path}/merges.txt"]
        assert found[f"{tmp_path}/merges.txt"] == hashlib.sha256(b"merges.txt").hexdigest()[:12]
    assert staged.companions("frames2d", features.frames2d) == []  # made from its weights alone
    (tmp_path / "net.safetensors").unlink()
    assert staged.companions("text", features.text) == []  # which is told elsewhere


def test_what_makes_results_is_told_apart_from_how_fast_it_is_made():
    for stage in ("faces", "frames2d", "frames3d", "views", "keypoints", "audio", "text"):
        values = slices.stage_settings(CONFIG, stage, WILDCARDS | {"stream": "frames3d"})
        left_out = values.keys() - slices.unhurried(values).keys()
        assert left_out == {key for key in values if key.startswith("batch_") or key == "timeout_s"} != set()


def test_the_weights_rule_is_told_where_files_come_from():
    config = with_features(
        frames2d={"backbone": "resnet152"},
        audio={"backbone": "whisper", "model": "openai/whisper-base"},
        text={"backbone": "distilbert_sst2", "weights": {"path": "own.safetensors", "sha256": "00" * 32}},
    )
    wanted = staged.to_stage(config.features, choices.backbone_streams(config))
    assert set(wanted) == {"resnet152", "whisper--openai--whisper-base"}
    found = [slices.stage_settings(config, "weights", {"weights": name}) for name in wanted]
    assert [parse(staging.Settings, json.dumps(one)).address.kind for one in found] == ["url", "hub"]
    assert found[1]["model"] == "openai/whisper-base"


def test_what_a_backbone_has_seen_is_in_the_slices_of_tables_alone():
    plain = with_features(text={"backbone": "minilm"})
    said = with_features(text={"backbone": "minilm", "seen": ["MELD"]})
    assert slices.seen(plain, "meld")["text"] == []
    assert slices.seen(said, "meld")["text"] == ["MELD"]
    for stage in ("text", "pretrain", "downstream"):
        assert slices.stage_settings(plain, stage, WILDCARDS) == slices.stage_settings(said, stage, WILDCARDS)
    assert slices.seen(plain, "features") == dict.fromkeys(choices.streams(plain))
    own = {"path": "face.pth", "sha256": "00" * 32}
    by_name = {"backbone": "timm", "model": "resnet18"}
    assert slices.seen(with_features(frames2d=by_name), "meld")["frames2d"] == []
    assert slices.seen(with_features(frames2d=by_name | {"weights": own}), "meld")["frames2d"] is None
    known = {"backbone": "speech_encoder", "model": "superb/hubert-base-superb-er"}
    assert slices.seen(with_features(audio=known), "meld")["audio"] == ["IEMOCAP"]
    assert slices.seen(with_features(audio=known | {"model": "me/mine"}), "meld")["audio"] is None


def test_a_preset_of_ones_own_changes_what_it_names_and_nothing_else():
    paper = slices.stage_settings(CONFIG, "pretrain", WILDCARDS)
    warm = slices.stage_settings(CONFIG, "pretrain", WILDCARDS | {"preset": "warm"})
    assert warm["objective"] == paper["objective"] | {"temperature": 0.1}
    assert {k for k in paper if paper[k] != warm[k]} == {"preset", "objective"}


def test_variants_say_what_differs_and_presets_of_ones_own_may_be_among_them():
    values = CONFIG.model_dump()
    values["tables"]["ablation"] = ["improved-with-gate", "warm"]
    config = check(values)
    assert choices.ablation_presets(config) == ["improved", "paper", "improved-with-gate", "warm"]
    found = slices.variants(config)
    assert found["based_on"] == {"improved-with-gate": "improved", "warm": "paper"}
    assert found["changes"]["warm"] == "objective.temperature null → 0.1"


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_differs_from_its_preset(name):
    base, changes = changes_of(name, {})
    assert switches(name, {}) != switches(base, {})
    assert all(switches(name, {})[part] | changed == switches(name, {})[part] for part, changed in changes.items())
    wildcards = WILDCARDS | {"preset": name}
    assert parse(pretrain.Settings, json.dumps(slices.stage_settings(CONFIG, "pretrain", wildcards))).preset == name


def test_a_slice_holds_nothing_of_other_stages():
    before = {
        name: slices.stage_settings(CONFIG, name, WILDCARDS) for name in ("faces", "pretrain", "downstream", "qc")
    }
    values = CONFIG.model_dump()
    values["downstream"]["heads"]["epochs"] = 7
    after = check(values)
    changed = [n for n, old in before.items() if slices.stage_settings(after, n, WILDCARDS) != old]
    assert changed == ["downstream"]


def test_a_data_set_may_have_rates_of_its_own():
    values = CONFIG.model_dump()
    values["downstream"]["rates"] = {"mosei": {"learning_rates": [0.5]}}
    config, plain = check(values), CONFIG.downstream
    for protocol, budget in (("linear", plain.heads), ("raw", plain.heads), ("finetune", plain.networks)):
        found = {
            dataset: slices.stage_settings(config, "downstream", WILDCARDS | {"protocol": protocol, "dataset": dataset})
            for dataset in ("mosei", "meld")
        }
        assert [one["learning_rates"] for one in found.values()] == [[0.5], budget.learning_rates]
        assert [one["weight_decays"] for one in found.values()] == [budget.weight_decays] * 2


def test_instance_cont_is_pretrained_on_views_and_evaluated_on_clips():
    wildcards = WILDCARDS | {"method": "Instance-Cont"}
    assert choices.pretraining_streams(CONFIG, "Instance-Cont") == ["frames3d_views"]
    assert choices.pretraining_streams(CONFIG, "ConCluGen") == choices.streams(CONFIG, "ConCluGen")
    assert slices.stage_settings(CONFIG, "pretrain", wildcards)["views"] == CONFIG.features.views.copies == 10
    assert slices.stage_settings(CONFIG, "pretrain", WILDCARDS)["views"] == 0
    downstream = slices.stage_settings(CONFIG, "downstream", wildcards)
    assert (downstream["modalities"], downstream["evaluate"]) == ({"video": ["frames3d"]}, ["video"])
    assert choices.streams(CONFIG, "Instance-Cont") == ["frames3d"]


def test_sentiment_differs_in_what_is_predicted_alone():
    other = WILDCARDS | {"target": "-sentiment"}
    for stage, changed in (("downstream", {"target"}), ("table", {"target", "paper"})):
        one, two = slices.stage_settings(CONFIG, stage, WILDCARDS), slices.stage_settings(CONFIG, stage, other)
        assert {key for key in one if one[key] != two[key]} == changed
    assert slices.stage_settings(CONFIG, "pretrain", WILDCARDS) == slices.stage_settings(CONFIG, "pretrain", other)


def test_views_are_of_the_streams_that_the_configuration_names():
    values = CONFIG.model_dump()
    values["features"]["views"]["streams"] = ["frames2d", "frames3d"]
    config = check(values)
    assert choices.pretraining_streams(config, "Instance-Cont") == ["frames2d_views", "frames3d_views"]
    assert choices.streams(config, "Instance-Cont") == ["frames2d", "frames3d"]
    same = slices.stage_settings(CONFIG, "views", {"stream": "frames2d"})
    assert slices.stage_settings(config, "views", {"stream": "frames2d"}) == same


def test_a_modality_beyond_the_papers_joins_every_method_that_contrasts_modalities():
    values = CONFIG.model_dump()
    values["modalities"]["keypoints"] = ["keypoints"]
    values["datasets"]["voxceleb2"]["detector"] = "mtcnn"
    config, plain = check(values), ["frames2d", "frames3d", "audio", "text"]
    assert choices.streams(config, "ConCluGen") == [*plain, "keypoints"]
    assert choices.streams(config, "Multi-Cont-wo-text") == ["frames2d", "frames3d", "audio", "keypoints"]
    assert choices.streams(config, "Instance-Cont") == ["frames3d"]
    assert choices.streams(config, "raw-features-keypoints") == ["keypoints"]
    for method, judged in (("ConCluGen", ["video", "audio", "text", "keypoints"]), ("ConCluGen-vision", ["video"])):
        downstream = slices.stage_settings(config, "downstream", WILDCARDS | {"method": method})
        assert downstream["evaluate"] == judged
        assert list(downstream["modalities"]) == ["video", "audio", "text", "keypoints"]
    assert choices.accounted_streams(config, "mosei") == [*plain, "keypoints"]


def test_a_data_set_may_keep_no_faces_where_others_do():
    values = CONFIG.model_dump()
    values["datasets"]["meld"]["faces"] = {"keep": False}
    config = check(values)
    kept = {n: slices.stage_settings(config, "faces", {"dataset": n})["keep"] for n in ("meld", "mosei")}
    assert kept == {"meld": False, "mosei": True}
    values["faces"]["keep"] = False
    values["datasets"]["meld"]["faces"] = {"keep": True}
    config = check(values)
    assert (choices.keeps_faces(config, "meld"), choices.keeps_faces(config, "mosei")) == (True, False)


def test_a_raw_control_of_one_modality_reads_that_one_alone():
    values = slices.stage_settings(CONFIG, "downstream", WILDCARDS | {"method": "raw-features-text", "protocol": "raw"})
    assert values["modalities"] == {"text": ["text"]}
    assert values["evaluate"] == ["text"]
    assert choices.streams(CONFIG, "raw-features-text") == ["text"]


@pytest.mark.parametrize(
    ("file", "array", "expected"), [("f.csv", "*", ["i", "y_*", "s", "t"]), ("f.csv", "a", []), ("f.npz", "*", [])]
)
def test_a_pattern_of_features_leaves_out_what_else_is_known_of_a_row(file, array, expected):
    labels = {"kind": "multi", "key": "y_*", "classes": ["a"]}
    given = {
        "adapter": "features",
        "root": "/data",
        "file": file,
        "ids": "i",
        "labels": labels,
        "split": "s",
        "text": "t",
    }
    datasets = {"f": given | {"streams": {"text": array}}}
    config = check({"datasets": datasets, "pretrain": {"dataset": "f"}, "downstream": {"datasets": ["f"]}})
    slice_ = slices.stage_settings(config, "imported", {"dataset": "f", "stream": "text"})
    assert slice_["without"] == expected


def test_a_page_of_a_table_that_targets_leave_out_is_told_its_settings():
    least = {"datasets": {"a": {"adapter": "iemocap", "root": "/data"}}, "pretrain": {"dataset": "a"}}
    config = check(least | {"downstream": {"datasets": ["a"], "targets": ["expression"]}})
    told = slices.stage_settings(config, "page", {"dataset": "a", "target": "-arousal"})["tables"]
    assert {name: one["target"] for name, one in told.items()} == {"a-arousal": "arousal"}
    assert list(slices.stage_settings(config, "page", {})["tables"]) == ["a"]
