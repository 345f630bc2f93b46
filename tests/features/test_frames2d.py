import json

import numpy as np
import pytest
import torch
from face_fixture import write_faces

from conclugen.features import frames2d
from conclugen.features.backbones import mobilenet_v2
from conclugen.features.pixels import unit_images
from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger
from conclugen.store.shards import read_shard

SETTINGS = {
    "backbone": "mobilenet_v2",
    "model": None,
    "weights": None,
    "fps": 1.0,
    "size": 64,
    "batch_frames": 5,
    "dtype": "float32",
}
SIZE = 64


def flat(colour, frames):
    """A clip of one colour with a fixed texture."""
    texture = np.random.default_rng(0).integers(0, 60, (SIZE, SIZE, 1))
    return np.broadcast_to((np.asarray(colour) + texture).astype(np.uint8), (frames, SIZE, SIZE, 3))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames2d")
    clips = {
        "red-1s": flat((180, 0, 0), 16),
        "red-7s": flat((180, 0, 0), 112),
        "none": None,
        "short": flat((0, 0, 180), 2),
        "gone": None,
    }
    faces = write_faces(folder / "faces.h5", clips, SIZE)
    rows = [LedgerRow(n, "faces", Status.OK if c is not None else Status.NO_FACE, "", 0) for n, c in clips.items()]
    rows[4] = LedgerRow("gone", "faces", Status.CORRUPT, "moov atom not found", 0)
    write_ledger(folder / "faces.ledger.csv", rows)
    argv = ["--faces", str(faces), "--threads", "1", "--faces-ledger", str(folder / "faces.ledger.csv")]
    argv += ["--output", str(folder / "0.h5"), "--ledger", str(folder / "0.ledger.csv")]
    frames2d.main([*argv, "--settings", json.dumps(SETTINGS)])
    return folder, clips


def test_shard_holds_the_ids_in_order_and_the_losses(run):
    shard, ledger = read_shard(run[0] / "0.h5"), read_ledger(run[0] / "0.ledger.csv")
    assert shard.utterance_id.tolist() == list(run[1])
    assert shard.features.shape == (5, 1280)
    assert shard.present.tolist() == [True, True, False, True, False]
    assert [row.status for row in ledger] == [Status.OK, Status.OK, Status.NO_FACE, Status.OK, Status.CORRUPT]
    assert ledger[4].reason == "moov atom not found"
    assert {row.stage for row in ledger} == {"frames2d"}
    assert shard.attributes["weights_sha256"] == mobilenet_v2.WEIGHTS.sha256


def test_a_vector_is_the_mean_over_its_frames(run):
    shard = read_shard(run[0] / "0.h5")
    np.testing.assert_allclose(shard.features[0], shard.features[1], atol=1e-3)
    network = mobilenet_v2.build().load(torch.device("cpu"))[0]
    with torch.inference_mode():
        expected = network(unit_images(torch.from_numpy(run[1]["red-7s"][:1].copy()), SIZE))[0]
    assert np.corrcoef(shard.features[1], expected)[0, 1] > 0.99  # but for the JPEG
    assert np.corrcoef(shard.features[1], shard.features[3])[0, 1] < 0.97


def test_without_the_faces_ledger_the_reason_is_no_face(run, tmp_path):
    argv = ["--faces", str(run[0] / "faces.h5"), "--output", str(tmp_path / "0.h5")]
    argv += ["--ledger", str(tmp_path / "0.ledger.csv"), "--settings", json.dumps({**SETTINGS, "dtype": "float16"})]
    frames2d.main(argv)
    assert read_ledger(tmp_path / "0.ledger.csv")[4].status is Status.NO_FACE
    half, full = read_shard(tmp_path / "0.h5"), read_shard(run[0] / "0.h5")
    assert half.features.dtype == np.float16
    np.testing.assert_allclose(half.features, full.features, atol=1e-2, rtol=1e-2)


def test_an_unknown_dtype_is_refused_before_anything_is_read(tmp_path):
    argv = ["--faces", "nowhere.h5", "--output", str(tmp_path / "0.h5"), "--ledger", str(tmp_path / "0.csv")]
    with pytest.raises(ValueError, match="float16, float32"):
        frames2d.main([*argv, "--settings", json.dumps({**SETTINGS, "dtype": "int8"})])
