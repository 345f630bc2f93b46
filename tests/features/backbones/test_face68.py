"""FaceLandmark68Net: the same numbers as the original, and nothing but its own names and shapes."""

import json
from pathlib import Path

import landmark_weights
import numpy as np
import pytest
import torch

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import face68
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256
from conclugen.store.tfjs import manifest_of

REAL = Path(__file__).resolve().parents[3] / "weights/face68/face_landmark_68_model.bin"
PROBED = (0, 1, 35, 60, 72, 91, 97, 135)


def landmarks(path):
    images = torch.from_numpy(landmark_weights.pattern(2)).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        return face68.construct(path).eval()(images).numpy()


# Reference values: face-api.js on the CPU backend of TensorFlow.js, on the same patterns and weights.
def test_landmarks_of_synthetic_weights_equal_the_originals(tmp_path):
    found = landmarks(landmark_weights.write(tmp_path))
    assert found.shape == (2, 68, 2)
    expected = [
        [-2.19859, -0.7266, -0.17029, -0.09243, 1.12562, -0.27694, -2.17264, 1.33537],
        [-2.18825, -0.70217, -0.18572, -0.09622, 1.2049, -0.37582, -2.18357, 1.39061],
    ]
    np.testing.assert_allclose(found.reshape(2, 136)[:, PROBED], expected, atol=2e-5)
    np.testing.assert_allclose(found.sum((1, 2)), [-10.63561, -11.05763], atol=2e-4)


@pytest.mark.skipif(not REAL.is_file(), reason="weights/face68 is not staged")
def test_landmarks_of_the_published_weights_equal_the_originals():
    found = landmarks(REAL)
    expected = [
        [0.34572, 0.46672, 0.52853, 0.6848, 0.56351, 0.49436, 0.62248, 0.65642],
        [0.34496, 0.46045, 0.5494, 0.61698, 0.56394, 0.5212, 0.52855, 0.54883],
    ]
    np.testing.assert_allclose(found.reshape(2, 136)[:, PROBED], expected, atol=2e-5)
    np.testing.assert_allclose(found.sum((1, 2)), [84.476, 78.6436], atol=2e-4)
    assert file_sha256(REAL) == face68.SHA256


@pytest.mark.skipif(not REAL.is_file(), reason="weights/face68 is not staged")
def test_points_of_a_photograph_lie_on_its_face():
    """Places on NASA's photograph of Eileen Collins, read off it by eye, in pixels."""
    from PIL import Image

    data = pytest.importorskip("skimage.data")
    left, top, side = 169, 67, 116
    face = Image.fromarray(data.astronaut()).crop((left, top, left + side, top + side)).resize((112, 112))
    images = torch.from_numpy(np.asarray(face).copy()).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        found = face68.construct(REAL).eval()(images)[0].numpy() * side + (left, top)
    places = {"left eye": (found[36:42].mean(0), (202, 101)), "right eye": (found[42:48].mean(0), (247, 103))}
    places |= {"nose": (found[30], (223, 127)), "chin": (found[8], (224, 178))}
    places |= {"left corner": (found[48], (201, 140)), "right corner": (found[54], (248, 139))}
    for name, (there, expected) in places.items():
        assert np.hypot(*(there - expected)) < 6, (name, there)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"dense2/conv1/bias": None}, r"Missing key.*dense2\.conv1\.bias"),
        ({"dense0/conv0/filters": None}, r"Missing key.*dense0\.conv0\.weight"),
        ({"fc/extra": np.zeros(3)}, r"Unexpected key.*fc\.extra"),
        ({"dense0/conv0/depthwise_filter": np.zeros((3, 3, 32, 1))}, "Unexpected key"),
        ({"fc/weights": np.zeros((136, 256))}, r"size mismatch for fc\.weight"),
        ({"fc/weights": np.zeros(256 * 136)}, r"size mismatch for fc\.weight"),
        ({"dense1/conv0/pointwise_filter": np.zeros((1, 1, 64, 32))}, "size mismatch"),
        ({"dense3/conv2/depthwise_filter": np.zeros((3, 3, 1, 256))}, "size mismatch"),
    ],
)
def test_other_names_and_shapes_are_refused(tmp_path, changed, message):
    path = landmark_weights.write(tmp_path, changed)
    with pytest.raises(
        WeightsError, match=rf"{landmark_weights.NAME}\.bin: not the weights of this network.*{message}"
    ):
        face68.construct(path)


def test_weights_that_are_not_quantised_are_read_as_well(tmp_path):
    bias = np.linspace(0, 1, 136, dtype=np.float32)
    path = landmark_weights.write(tmp_path, {"fc/weights": np.zeros((256, 136)), "fc/bias": bias})
    np.testing.assert_allclose(landmarks(path)[1], bias.reshape(68, 2), atol=1e-7)


def test_the_manifest_of_the_published_file_must_be_the_published_one(tmp_path, monkeypatch):
    path = landmark_weights.write(tmp_path)
    monkeypatch.setattr(face68, "SHA256", file_sha256(path))
    with pytest.raises(WeightsError, match=r"manifest\.json: sha256 is"):
        face68.construct(path)
    monkeypatch.setattr(face68, "MANIFEST_SHA256", file_sha256(manifest_of(path)))
    face68.construct(path)


def test_loading_verifies_the_file_and_what_is_listed_beside_it(tmp_path):
    path = landmark_weights.write(tmp_path)
    manifest, sha256 = manifest_of(path), file_sha256(path)
    backbone = face68.build(WeightFile(str(path), sha256[:8]))
    assert backbone.load(torch.device("cpu"))[1] == sha256
    with pytest.raises(WeightsError, match="the file was replaced or cut short"):
        face68.build(WeightFile(str(path), "0" * 64)).load(torch.device("cpu"))
    (tmp_path / "SHA256SUMS").write_text(f"{sha256}  {path.name}\n{file_sha256(manifest)}  {manifest.name}\n")
    group = json.loads(manifest.read_text())
    group[0]["weights"][0]["quantization"]["scale"] *= 2
    manifest.write_text(json.dumps(group))
    with pytest.raises(WeightsError, match=r"manifest\.json: sha256 is"):
        backbone.load(torch.device("cpu"))


def test_without_weights_the_error_says_where_they_come_from():
    with pytest.raises(WeightsError, match=r"face68 needs a weight file.*@vladmandic/face-api@1\.7\.15.*mtcnn"):
        face68.build(None)
