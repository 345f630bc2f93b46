"""Maps of validation utterances: whose labels they read, what they measure of neighbours, and that chance is chance."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import torch

from conclugen.data.manifest import Manifest, write_manifest
from conclugen.evaluation import layout, map
from conclugen.models import io
from conclugen.models.network import NetworkSettings
from conclugen.store.shards import write_shard

CLASSES = ("happy", "sad")
NETWORK = NetworkSettings({"text": 6}, 4, 4, False, False, False, (), False)


def table(count, seed=0, speakers=4):
    """Rows of which the first half is of valid, half of these of each class, spread over speakers."""
    number = np.arange(count)
    split = np.where(number < count // 2, "valid", np.where(number % 2, "train", "test"))
    fixed = {"media": None, "audio": None, "start_s": np.nan, "end_s": np.nan, "text": "", "text_source": "none"}
    speaker = [f"s{n}" for n in (number // 2) % speakers]
    label = np.array(CLASSES)[number % 2]
    return pd.DataFrame(
        {"utterance_id": [f"u{n:03d}" for n in number], "split": split, **fixed}
        | {"speaker": speaker, "group": speaker, "label": label}
    )


def test_neighbours_of_clusters_agree_and_those_of_noise_do_as_chance_does():
    marks = {"class": np.repeat([0, 1], 50), "speaker": np.tile(np.arange(5), 20)}
    clustered = np.random.default_rng(0).normal(size=(100, 8)) + 20 * marks["class"][:, None]
    shared, chance = map.agreement(clustered, marks)
    assert shared["class"] == 1
    assert chance["class"] == pytest.approx(0.5, abs=0.01)
    noise, chance = map.agreement(np.random.default_rng(1).normal(size=(100, 8)), marks)
    assert noise["class"] == pytest.approx(chance["class"], abs=0.08)
    assert noise["speaker"] == pytest.approx(chance["speaker"], abs=0.08)


def test_a_speaker_is_not_taken_for_a_class():
    """Where speakers have a class each, utterances of a speaker are near, and say nothing of the class."""
    marks = {"class": np.repeat([0, 1, 0, 1], 25), "speaker": np.repeat(np.arange(4), 25)}
    generator = np.random.default_rng(0)
    values = generator.normal(size=(100, 8)) + 30 * generator.normal(size=(4, 8))[marks["speaker"]]
    shared, chance = map.agreement(values, marks)
    assert shared["speaker"] == 1
    assert chance["class"] == pytest.approx(1 / 3)
    assert shared["class"] in (0, pytest.approx(1 / 3), pytest.approx(0.5), 1)  # as its neighbouring speakers have it
    unknown, _ = map.agreement(values, {"class": marks["class"], "speaker": np.full(100, -1)})
    assert unknown["class"] == 1
    assert np.isnan(unknown["speaker"])


@pytest.mark.parametrize("drawn_as", ["PCA", "t-SNE"])
def test_the_same_rows_are_placed_alike(drawn_as):
    values = np.random.default_rng(0).normal(size=(40, 60))
    places = map.placed(values, drawn_as)
    assert places.shape == (40, 2)
    np.testing.assert_array_equal(places, map.placed(values, drawn_as))


def test_each_task_has_its_categories():
    multi = np.array([[1, 0], [1, 1], [0, 0], [np.nan, 1]])
    names, numbers = map.categories(multi, "multi", CLASSES)
    assert names == ("happy", "sad", "several", "none of them")
    assert numbers.tolist() == [0, 2, 3, -1]
    assert map.categories(np.array([[0, 1], [np.nan, np.nan]]), "single", CLASSES)[1].tolist() == [1, -1]
    signs = map.categories(np.array([[-2.0], [0], [1.5], [np.nan]]), "regression", ("sentiment",))
    assert signs[0][0] == "negative"
    assert signs[1].tolist() == [0, 1, 2, -1]


def test_without_speakers_groups_are_told_apart():
    rows = table(8)
    assert map.speakers(rows)[1].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    nobody = rows.assign(speaker="")
    assert map.speakers(nobody)[0] == "group"
    of, numbers = map.speakers(nobody.assign(group=None))
    assert (of, set(numbers)) == ("speaker", {-1})


@pytest.fixture
def given(tmp_path):
    """Flags of the stage, for a data set whose features of one stream are of its class alone."""
    rows = table(80)
    write_manifest(tmp_path / "made.parquet", Manifest(rows, "made", "folder", "single", CLASSES))
    generator = np.random.default_rng(0)
    values = generator.normal(size=(80, 6)) + 8.0 * (rows["label"] == "sad").to_numpy()[:, None]
    present = np.ones(80, bool)
    present[3] = False
    attributes = {"stream": "text", "backbone": "made", "weights_sha256": "0" * 64, "sampling": "", "dtype": "float32"}
    shard = tmp_path / "text" / "0000.h5"
    shard.parent.mkdir()
    write_shard(shard, rows["utterance_id"], values.astype(np.float32), present, attributes)
    flags = {"--manifest": tmp_path / "made.parquet", "--features": shard, "--output": tmp_path / "made.npz"}
    for number, name in enumerate(("pretrained", "untrained")):
        torch.manual_seed(number)
        network = io.build(NETWORK)
        io.save(network, tmp_path / name / "seed0", {"corpus": "talks", "method": "ConCluGen"})
        flags[f"--{name}"] = tmp_path / name / "seed0" / "model.safetensors"
    told = {"modalities": {"text": ["text"]}, "evaluate": ["text"], "target": "expression"}
    flags["--settings"] = json.dumps(told | {"maps": "PCA"})
    return {name: str(value) for name, value in flags.items()}


def made(flags):
    map.main([word for pair in flags.items() for word in pair])
    return layout.read(flags["--output"])


def test_validation_utterances_alone_are_drawn_and_no_label_of_test_is_read(given, tmp_path, monkeypatch):
    monkeypatch.setattr(map, "MOST_UTTERANCES", 30)
    found = made(given)
    assert len(found) == 30
    assert found.about["left_out"] == "10"  # of 40: one lacks its only modality, nine are beyond what a map shows
    assert set(found.marks["class"]) == {0, 1}
    assert found.shared["raw"]["class"] > 0.95 > 0.6 > found.chance["class"]
    assert (found.about["method"], found.about["corpus"]) == ("ConCluGen", "talks")
    rows = table(80)
    rows.loc[rows["split"] == "test", "label"] = "sad"
    write_manifest(given["--manifest"], Manifest(rows, "made", "folder", "single", CLASSES))
    before = (tmp_path / "made.npz").read_bytes()
    made(given)
    assert (tmp_path / "made.npz").read_bytes() == before


def test_no_place_is_made_of_too_few(given):
    rows = table(80)
    rows["split"] = np.where(np.arange(80) < 2, "valid", "train")
    write_manifest(given["--manifest"], Manifest(rows, "made", "folder", "single", CLASSES))
    found = made(given)
    assert len(found) == 2
    assert not found.places["raw"].any()
    assert np.isnan(found.chance["class"]) or found.chance["class"] in (0, 1)


def test_what_was_written_is_read(tmp_path):
    marks = {kind: np.array([0, 1, -1]) for kind in layout.KINDS}
    places = {space: np.ones((3, 2), np.float32) for space in layout.SPACES}
    shared = {space: {"class": 0.5, "speaker": float("nan")} for space in layout.SPACES}
    one = layout.Layout({"of": "group"}, list(CLASSES), marks, places, shared, {"class": 0.4, "speaker": 0.1}, 10)
    layout.write(tmp_path / "a.npz", one)
    found = layout.read(tmp_path / "a.npz")
    assert dataclasses.asdict(found)["about"] == {"of": "group"}
    assert found.chance == one.chance
    np.testing.assert_array_equal(found.places["raw"], places["raw"])
