import json

import numpy as np
import pytest
import torch
from face_fixture import write_faces

from conclugen.faces.shard import FaceShard
from conclugen.features import frames3d
from conclugen.features.backbones import i3d
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import read_shard

SIZE = 48
SETTINGS = {
    "backbone": "i3d",
    "model": None,
    "weights": None,
    "fps": 16.0,
    "window": 16,
    "stride": 16,
    "size": SIZE,
    "batch_frames": 40,
    "dtype": "float32",
}


def rolling(frames, speed, seed=0):
    """A smooth texture that moves sideways by `speed` pixels a frame (T, SIZE, SIZE, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(0, 255, (1, 3, 8, 8)).astype(np.float32))
    texture = torch.nn.functional.interpolate(coarse, (SIZE, SIZE), mode="bilinear")[0]
    image = texture.permute(1, 2, 0).numpy().astype(np.uint8)
    return np.stack([np.roll(image, t * speed, axis=1) for t in range(frames)])


def test_windows_of_a_clip():
    def index(frames, stride=16):
        return frames3d.window_indices(frames, 16, stride).tolist()

    whole = list(range(16))
    assert index(16) == [whole]
    assert index(3) == [[0, 1] + [2] * 14]
    assert index(1) == [[0] * 16]
    assert index(23) == [whole]  # a rest of seven frames is dropped
    assert index(24) == [whole, [*range(16, 24)] + [23] * 8]
    assert index(32) == [whole, list(range(16, 32))]
    assert index(32, 8) == [list(range(s, s + 16)) for s in (0, 8, 16)]
    assert index(36, 8)[-1] == list(range(16, 32))
    assert len(index(39, 8)) == 3  # seven frames are left over
    assert index(36, 24) == [whole, [*range(24, 36)] + [35] * 4]


@pytest.mark.parametrize("frames", range(1, 100, 7))
@pytest.mark.parametrize("stride", [8, 16, 20])
def test_windows_stay_inside_and_run_forward(frames, stride):
    index = frames3d.window_indices(frames, 16, stride)
    assert index.min() == 0
    assert index.max() <= frames - 1
    assert set(np.diff(index, axis=1).ravel()) <= {0, 1}


def test_clips_keep_channels_and_time_apart():
    clips = torch.zeros(2, 3, 4, 4, 3, dtype=torch.uint8)
    clips[1, 2, ..., 0] = 255  # the last frame of the second clip is red
    unit = frames3d.unit_clips(clips, 4)
    assert unit.shape == (2, 3, 3, 4, 4)
    assert unit[1, 0, 2].min() == 1
    assert unit.sum() == 16


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames3d")
    clips = {"fast": rolling(42, 3), "none": None, "still": rolling(32, 0), "short": rolling(5, 3)}
    faces = write_faces(folder / "faces.h5", clips, SIZE)
    argv = ["--faces", str(faces), "--output", str(folder / "0.h5"), "--ledger", str(folder / "0.ledger.csv")]
    frames3d.main([*argv, "--settings", json.dumps(SETTINGS)])
    return folder


def test_shard_and_ledger(run):
    shard, ledger = read_shard(run / "0.h5"), read_ledger(run / "0.ledger.csv")
    assert shard.features.shape == (4, 1024)
    assert shard.present.tolist() == [True, False, True, True]
    assert [row.status for row in ledger] == [Status.OK, Status.NO_FACE, Status.OK, Status.OK]
    assert shard.attributes["stream"] == "frames3d"


def test_a_vector_is_the_mean_over_windows_whatever_the_batches(run):
    network = i3d.build().load(torch.device("cpu"))[0]
    with FaceShard(run / "faces.h5") as shard:
        frames = shard.frames(0)[1]
    padded = np.concatenate([frames, frames[-1:].repeat(6, 0)])
    clips = torch.from_numpy(padded.reshape(3, 16, SIZE, SIZE, 3)).permute(0, 4, 1, 2, 3) / 255
    with torch.inference_mode():
        expected = network(clips).mean(0)
    np.testing.assert_allclose(read_shard(run / "0.h5").features[0], expected, atol=1e-4)
