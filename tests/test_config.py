import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.config import Config, check
from conclugen.config.errors import ConfigError
from conclugen.config.stage_one import Demo
from conclugen.config.stage_two import Budget, Downstream
from conclugen.config.written import NULL

ROOT = Path(__file__).resolve().parents[1]
SMALL = {
    "datasets": {"mine": {"adapter": "folder", "root": "/data/mine"}, "talks": {"adapter": "voxceleb2", "root": "v"}},
    "pretrain": {"dataset": "talks"},
    "downstream": {"datasets": ["mine"]},
}


def changed(place: str, value: object) -> dict:
    config = copy.deepcopy(SMALL)
    *parents, last = place.split(".")
    section = config
    for name in parents:
        section = section.setdefault(name, {})
    section[last] = value
    return config


def test_a_few_lines_are_enough():
    config = check(SMALL)
    assert config.datasets["talks"].detector == "none"
    assert config.datasets["mine"].detector == "mtcnn"
    assert len(config.downstream.seeds) >= 5


def test_the_shipped_configuration_says_no_other_than_the_defaults():
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    least = {"datasets": shipped["datasets"], "pretrain": {"dataset": "voxceleb2"}}
    filled = check(least | {"downstream": {"datasets": shipped["downstream"]["datasets"]}}).model_dump()
    assert check(shipped).model_dump() == filled


def test_the_shipped_configuration_has_whatever_a_file_on_top_may_name_in_part():
    """Files are laid over one another before defaults are filled in: of an entry that has no default of its own, one
    that is not shipped would be gone where another is named."""
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert set(shipped["modalities"]) == set(Config.model_fields["modalities"].default)
    assert set(shipped["demo"]["utterances"]) == set(Demo().utterances)
    for name in ("heads", "networks"):
        budget = Downstream.model_fields[name].default
        others = {key for key, field in Budget.model_fields.items() if field.default != getattr(budget, key)}
        assert shipped["downstream"][name].keys() >= others


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("featurs", {}, "featurs: unknown key; did you mean 'features'"),
        ("features.frames3d", {"windw": 3}, "features.frames3d.windw: unknown key; did you mean 'window'"),
        ("datasets.mine.rot", "x", "datasets.mine.rot: unknown key; did you mean 'root'"),
        ("epochs", 3, "epochs: unknown key here, epochs belongs under pretrain or images; allowed: datasets, "),
        ("qc.resamples", 3, "qc.resamples: unknown key here, resamples belongs under tables; allowed: max_lost, "),
        ("faces.root", "x", "faces.root: unknown key here, root belongs under datasets.NAME; "),
        ("batch_frames", 8, "belongs under features.frames2d or features.frames3d or features.keypoints; "),
        ("qc.modalities", {}, "qc.modalities: unknown key here, modalities belongs outside all sections; "),
        ("datasets.mine.adapter", "foldr", "datasets.mine.adapter: 'foldr' is unknown; did you mean 'folder'"),
        (
            "datasets.mine.plan",
            {"shards": "four"},
            "datasets.mine.plan.shards: input should be a valid integer, but 'f",
        ),
        ("pretrain.epochs", "many", r"pretrain.epochs: .* but 'many' \(str\) was given"),
        ("pretrain.epochs", 0, "pretrain.epochs: .*greater than or equal to 1"),
        ("pretrain.methods", ["ConCluGn"], "pretrain.methods: 'ConCluGn' is unknown; did you mean 'ConCluGen'"),
        ("features.frames2d", {"backbone": "timm"}, "features.frames2d.model: timm is a family"),
        (
            "features.frames2d",
            {"backbone": "timm", "model": "vit_smal_patch14_dinov2"},
            "features.frames2d.model: 'vit_smal_patch14_dinov2' is unknown to timm; did you mean 'vit_small_patch14",
        ),
        (
            "features.frames2d",
            {"backbone": "timm", "model": "resnet18.x_in1k"},
            "did you mean 'resnet18.[a-z0-9]+_in1k'",
        ),
        ("features.frames2d", {"backbone": "torchvision", "model": "resnet51"}, "did you mean 'resnet50'"),
        ("features.frames2d", {"model": "resnet18"}, "mobilenet_v2 is one network; model must be null"),
        ("features.audio", {"backbone": "whisper", "model": "tiny"}, "features.audio.model: 'tiny' is no name of the"),
        ("features.views", {"copies": 1}, "features.views.copies: .*greater than or equal to 2"),
        ("features.views", {"crop_scale": [0.5, 1.5]}, "features.views.crop_scale: .*more than the whole"),
        ("features.views", {"blur_sigma": [2.0, 0.1]}, "features.views.blur_sigma: .*larger one first"),
        ("features.views", {"crop_ratio": [1.1, 1.3]}, "features.views.crop_ratio: .*the whole frame"),
        ("pretrain.preset", "papr", "pretrain.preset: 'papr' is unknown; did you mean 'paper'"),
        ("pretrain.dataset", "nowhere", "pretrain.dataset: 'nowhere' is unknown; allowed: mine, talks"),
        (
            "downstream.rates",
            {"mein": {"weight_decays": [0.1]}},
            "downstream.rates: 'mein' is unknown; did you mean 'mine'",
        ),
        ("downstream.rates", {"mine": {"learning_rates": []}}, "downstream.rates.mine.learning_rates: .*at least 1"),
        ("presets.mine", {"based_on": "paper", "objective": {"temp": 1}}, "presets.mine.objective.temp: unknown"),
        ("presets.mine", {"objective": {}}, "presets.mine.based_on: None is unknown"),
        ("datasets.leaks", {"adapter": "folder", "root": "/x"}, "datasets.leaks: this name is taken"),
        ("tables.presets", ["papr"], "tables.presets: 'papr' is unknown; did you mean 'paper'"),
        ("tables.ablation", ["improved"], "tables.ablation: 'improved' is unknown"),
        ("modalities", {"keypoints": ["keypoints"]}, "datasets.talks.detector: 'none' finds no landmarks"),
        ("features.views", {"streams": []}, "features.views.streams: .*at least 1"),
        ("datasets.mine.faces", {"kep": False}, "datasets.mine.faces.kep: unknown key; did you mean 'keep'"),
        ("datasets.mine.asr", {"engine": "parrot"}, "datasets.mine.asr.engine: .*'whisper_tiny_en' or 'whisper'"),
        ("datasets.f", {"adapter": "features", "root": "x", "file": "x", "streams": {"a": "a"}, "asr": {}}, "no media"),
        (
            "datasets.f",
            {"adapter": "features", "root": "x", "file": "x", "streams": {"a": "y"}, "group": "y"},
            "streams.a: 'y' is the key of ids, labels or what else is known of a row",
        ),
        ("datasets.mine-sentiment", {"adapter": "folder", "root": "/x"}, "datasets.mine-sentiment: this name is taken"),
        ("worlds.w", {"kind": "sharde"}, "worlds.w.kind: .*'shared', .* or 'null'"),
        ("worlds.w", {"kind": None}, "worlds.w.kind: "),
        ("worlds.w", {"kind": "null", "test": 0}, "worlds.w.test: .*greater than or equal to 1"),
        (
            "datasets.w",
            {"adapter": "features", "root": "results/worlds", "file": "w.npz", "streams": {"a": "a"}},
            "datasets.w.file: 'w.npz' is no world; results/worlds holds NAME.npz for each NAME under `worlds`",
        ),
        ("datasets.w", {"adapter": "folder", "root": "results/worlds/"}, "datasets.w.file: None is no world"),
        ("downstream.targets", ["mood"], "downstream.targets.0: .*'expression', 'sentiment', 'valence' or 'arousal'"),
        ("device", "gpu", "device: .*'auto', 'cpu' or 'cuda'"),
        ("downstream.datasets", None, "downstream.datasets: missing; it has no default"),
    ],
)
def test_a_mistake_names_the_key_and_the_fix(place, value, message):
    with pytest.raises(ConfigError, match=message):
        check(changed(place, value))


@pytest.mark.parametrize(
    ("place", "value", "twice"),
    [
        ("pretrain.seeds", [0, 1, 0], "0"),
        ("pretrain.methods", ["ConCluGen", "ConClu", "ConCluGen"], "'ConCluGen'"),
        ("pretrain.splits", ["train", "train"], "'train'"),
        ("pretrain.search.learning_rates", [0.001, 1e-3], "0.001"),
        ("downstream.seeds", ["3", 3], "3"),
        ("downstream.datasets", ["mine", "mine"], "'mine'"),
        ("downstream.protocols", ["raw", "linear", "raw"], "'raw'"),
        ("downstream.controls", ["PCA", "PCA"], "'PCA'"),
        ("downstream.label_fractions", [1.0, 0.1, 1], "1.0"),
        ("downstream.heads.learning_rates", [0.1, 0.1], "0.1"),
        ("downstream.knn.neighbours", [5, 5], "5"),
        ("downstream.raw_rows.mine.face", ["frames2d", "frames2d"], "'frames2d'"),
        ("modalities.video", ["frames2d", "frames3d", "frames2d"], "'frames2d'"),
        ("datasets.mine.has", ["video", "video"], "'video'"),
        ("datasets.mine.classes", ["happy", "happy"], "'happy'"),
        ("tables.rivals", ["CLIP", "CLIP"], "'CLIP'"),
        ("images.head_seeds", [1, 1], "1"),
    ],
)
def test_what_a_list_has_more_than_once_is_told(place, value, twice):
    with pytest.raises(ConfigError, match=rf"- {place}: .* has {twice} more than once; name each once"):
        check(changed(place, value))


def test_the_ends_of_a_range_may_be_one():
    assert check(changed("features.views.crop_ratio", [1.0, 1.0])).features.views.crop_ratio == [1.0, 1.0]


def test_all_mistakes_are_told_at_once():
    config = changed("pretrain.epochs", "many") | {"featurs": {}}
    with pytest.raises(ConfigError) as caught:
        check(config)
    assert str(caught.value).count("\n  - ") == 2


def test_scientific_notation_without_a_dot_is_a_number():
    # YAML reads 9e-5 as a string.
    text = yaml.safe_load("rate: 9e-5")["rate"]
    assert check(changed("pretrain.learning_rate", text)).pretrain.learning_rate == 9e-5


def _mistake(config):
    """What `check` says is wrong, or nothing; any error but ConfigError goes through."""
    try:
        check(config)
    except ConfigError as error:
        return str(error)
    return ""


# A text that says null takes away, which is no mistake.
TEXTS = st.text(min_size=2, max_size=5).filter(lambda text: text.strip().lower() not in NULL)


@given(st.recursive(st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=3))
@settings(max_examples=60, deadline=None)
def test_no_value_makes_anything_but_a_config_error_that_names_the_key(value):
    for place in ("pretrain", "datasets.mine", "features.audio", "presets.p"):
        assert place in _mistake(changed(place, value))
