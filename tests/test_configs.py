"""The overlays for --configfile: valid over config.yaml, and what they say they are."""

import copy
from pathlib import Path

import pytest
import yaml

from conclugen import choices, slices
from conclugen.config import check
from conclugen.data.worlds import KINDS
from conclugen.features import said, staged

ROOT = Path(__file__).resolve().parents[1]
OVERLAYS = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))
WILDCARDS = {"corpus": "voxceleb2", "dataset": "meld", "method": "ConCluGen"}


def laid_over(base, overlay):
    """As Snakemake lays one file over another: mappings are merged, everything else is replaced."""
    merged = copy.deepcopy(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def config_of(name):
    """config.yaml with the overlay `name`; one called `control-…` lies over `control`."""
    below = ["control"] if name.startswith("control-") else []
    given = yaml.safe_load((ROOT / "config.yaml").read_text())
    for overlay in (*below, name):
        given = laid_over(given, yaml.safe_load((ROOT / f"configs/{overlay}.yaml").read_text()))
    return check(given)


def test_there_is_one_for_the_paper_and_one_for_its_code():
    assert {"paper", "official-code"} <= set(OVERLAYS)


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_overlay_is_valid(name):
    assert config_of(name).downstream.datasets


def test_every_world_is_a_data_set_and_none_else():
    config = config_of("control")
    found = {name: choices.kind_of_data(config, name) for name in config.datasets}
    assert {name for name, kind in found.items() if kind == "world"} == set(config.worlds)
    assert {world.kind for world in config.worlds.values()} == set(KINDS)
    for name in config.worlds:
        assert choices.world_files(config, name) == [f"results/worlds/{name}.npz"]


def test_controls_are_pretrained_on_themselves_and_the_oracle_learns_from_the_latents():
    for name in ("control", "control-grid", "control-labels"):
        config = config_of(name)
        files = {corpus: config.datasets[corpus].file for corpus in choices.corpora(config)}
        assert list(files.values()) == [config.datasets[world].file for world in config.downstream.datasets]
        assert choices.evaluated(config, choices.ORACLE)[0] == {"latents": ["latents"]}
        assert not {"latents"} & set(choices.streams(config, "ConCluGen") + choices.streams(config))
        assert {choices.kind_of_data(config, world) for world in config.downstream.datasets} == {"world"}
    assert {"shared", "private", "null"} <= set(config_of("control").downstream.datasets)
    assert set(config_of("control-grid").downstream.datasets) == set(config.worlds)
    assert choices.corpora(config_of("control-labels")) == ["shared"]  # whose networks control.csv has already


@pytest.mark.parametrize("name", ["paper", "official-code"])
def test_the_experiments_of_the_paper_say_what_to_expect(name):
    assert config_of(name).device == "cuda"
    text = (ROOT / f"configs/{name}.yaml").read_text()
    for words in ("Expected score:", "Expected cost:", "not measured"):
        assert words in text


@pytest.mark.parametrize(
    ("name", "preset", "audio", "text"),
    [
        ("paper", "paper", "davenet", "distilbert_sst2"),
        ("official-code", "official-code", "davenet_official", "distilroberta_emotion"),
    ],
)
def test_backbones_sampling_and_sizes_are_those_of_the_experiment(name, preset, audio, text):
    config, streams = config_of(name), config_of(name).features
    chosen = [streams.frames2d.backbone, streams.frames3d.backbone, streams.audio.backbone, streams.text.backbone]
    assert chosen == ["resnet152", "r3d101", audio, text]
    assert (streams.frames2d.fps, streams.frames2d.size) == (1.0, 180)
    assert (streams.frames3d.fps, streams.frames3d.window, streams.frames3d.stride) == (16.0, 16, 16)
    assert list(map(said.dim, chosen)) == [2048, 2048, 1024, 768]
    values = slices.stage_settings(config, "pretrain", WILDCARDS | {"preset": config.pretrain.preset})
    assert config.pretrain.preset == preset
    assert (values["batch_size"], values["sizes"]["representation"]) == (4096, 4096)
    assert (values["learning_rate"], values["weight_decay"]) == (9e-5, 3.2e-4)
    assert len(config.pretrain.methods) == 9
    assert len(staged.to_stage(streams, choices.backbone_streams(config))) == 4


@pytest.mark.parametrize("name", ["paper", "official-code"])
@pytest.mark.parametrize(
    ("dataset", "rate", "decay"), [("caer", 0.0061, 0.08216), ("meld", 0.00967, 0.00004), ("mosei", 0.00996, 0.00007)]
)
def test_downstream_rates_are_the_printed_ones(name, dataset, rate, decay):
    for protocol in ("linear", "finetune"):
        wildcards = WILDCARDS | {"protocol": protocol, "dataset": dataset, "target": "", "share": ""}
        wildcards |= {"preset": name}
        values = slices.stage_settings(config_of(name), "downstream", wildcards)
        assert (values["learning_rates"], values["weight_decays"]) == ([rate], [decay])
        assert values["batch_size"] == 4096


def test_the_code_of_the_authors_is_contaminated_on_meld_and_the_paper_is_not():
    assert "MELD" in slices.seen(config_of("official-code"), "meld")["text"]
    assert slices.seen(config_of("paper"), "meld")["text"] == ["SST-2 (sentiment)"]
