import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.config import Config, check
from conclugen.config.errors import ConfigError

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


def test_the_shipped_configuration_names_every_section():
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    check(shipped)
    assert set(shipped) == set(Config.model_fields)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("featurs", {}, "featurs: unknown key; did you mean 'features'"),
        ("features.frames3d", {"windw": 3}, "features.frames3d.windw: unknown key; did you mean 'window'"),
        ("datasets.mine.rot", "x", "datasets.mine.rot: unknown key; did you mean 'root'"),
        ("datasets.mine.adapter", "foldr", "datasets.mine.adapter: 'foldr' is unknown; did you mean 'folder'"),
        ("datasets.mine.plan", {"shards": "4"}, "datasets.mine.plan.shards: input should be a valid integer, but '4'"),
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
        ("datasets.mine-sentiment", {"adapter": "folder", "root": "/x"}, "datasets.mine-sentiment: this name is taken"),
        ("downstream.targets", ["mood"], "downstream.targets.0: .*'expression' or 'sentiment'"),
        ("device", "gpu", "device: .*'auto', 'cpu' or 'cuda'"),
        ("downstream.datasets", None, "downstream.datasets: .*None"),
    ],
)
def test_a_mistake_names_the_key_and_the_fix(place, value, message):
    with pytest.raises(ConfigError, match=message):
        check(changed(place, value))


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


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=3))
@settings(max_examples=60, deadline=None)
def test_no_value_makes_anything_but_a_config_error_that_names_the_key(value):
    for place in ("pretrain", "datasets.mine", "features.audio", "presets.p"):
        assert place in _mistake(changed(place, value))
