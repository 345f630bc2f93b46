import dataclasses

import numpy as np
import pytest

from conclugen.faces.boxes import overlap, squares
from conclugen.faces.detector import Detector
from conclugen.store.listing import WeightsError
from conclugen.store.packaged import PACKAGED


@pytest.fixture(scope="module")
def detect():
    import torch

    torch.set_num_threads(1)
    return Detector()


def test_a_batch_with_and_without_faces(detect, scene):
    frames = scene([(0, 0), (60, 20), (110, 30)])
    frames[1] = 110
    first, none, third = detect(frames, 40, 0.9)
    assert (len(first), len(none), len(third)) == (1, 0, 1)
    assert none.box.shape == (0, 4)
    assert none.landmarks.shape == (0, 5, 2)
    np.testing.assert_allclose(third.box - first.box, [[110, 30, 110, 30]], atol=8)
    assert first.landmarks.dtype == np.float32
    left_eye, right_eye, nose, left_mouth, right_mouth = first.landmarks[0]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < left_mouth[1]
    assert left_mouth[0] < right_mouth[0]
    assert first.probability[0] > 0.99


def test_a_batch_gives_what_single_frames_give(detect, scene):
    frames = scene([(0, 0), (60, 20), (110, 30), (20, 30)])
    for together, frame in zip(detect(frames, 40, 0.9), frames, strict=True):
        (alone,) = detect(frame[None], 40, 0.9)
        np.testing.assert_allclose(together.box, alone.box, atol=0.1)


def test_several_faces_and_the_smallest_size(detect, scene):
    frames = scene([(0, 0)], 240, 480)
    small = scene([(0, 0)], 240, 480, scale=0.4)
    frames[:, 100:200, 300:400] = small[:, :100, :100]
    assert len(detect(frames, 25, 0.9)[0]) == 2
    assert len(detect(frames, 70, 0.9)[0]) == 1


def test_noise_and_tiny_images_have_no_face(detect):
    noise = np.random.default_rng(0).integers(0, 256, (2, 120, 160, 3), dtype=np.uint8)
    assert [len(faces) for faces in detect(noise, 20, 0.9)] == [0, 0]
    for size in (1, 8, 13, 25):
        assert len(detect(np.zeros((1, size, size + 3, 3), np.uint8), 12, 0.9)[0]) == 0


@pytest.mark.slow
def test_it_agrees_with_the_packages_own_detector(detect, scene):
    reference = pytest.importorskip("facenet_pytorch").MTCNN(min_face_size=40, keep_all=True)
    for frame in scene([(0, 0), (60, 20), (110, 30)]):
        boxes, _, landmarks = reference.detect(frame, landmarks=True)
        (found,) = detect(frame[None], 40, 0.9)
        assert len(found) == len(boxes) == 1
        assert overlap(found.box, boxes.astype(float))[0, 0] > 0.85
        np.testing.assert_allclose(found.landmarks[0], np.asarray(landmarks[0], dtype=float), atol=4)


def test_altered_weights_are_refused(monkeypatch):
    altered = dataclasses.replace(PACKAGED["mtcnn"]["rnet"], sha256="0" * 64)
    monkeypatch.setitem(PACKAGED["mtcnn"], "rnet", altered)
    with pytest.raises(WeightsError, match="sha256"):
        Detector()


def test_boxes():
    a, b = np.array([[0.0, 0, 4, 4]]), np.array([[0.0, 0, 4, 4], [2, 0, 4, 4], [5, 5, 9, 9]])
    np.testing.assert_allclose(overlap(a, b), [[1, 0.5, 0]])
    np.testing.assert_allclose(overlap(a, b, by_smaller=True), [[1, 1, 0]])
    np.testing.assert_allclose(squares(np.array([[0.0, 10, 10, 30]]), 0.5), [[-10, 5, 20, 35]])
