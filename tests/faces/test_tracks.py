import numpy as np

from conclugen.faces.boxes import Faces
from conclugen.faces.tracks import GAP_S, LINK_S, Tracker, believable, choose, mouth_sample, place

POINTS = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], dtype=float) / 100


def faces(*boxes, probability=0.99):
    """Faces at boxes x, y, side."""
    box = np.array([(x, y, x + side, y + side) for x, y, side in boxes], dtype=float).reshape(-1, 4)
    landmarks = box[:, None, :2] + POINTS * (box[:, None, 2:] - box[:, None, :2])
    return Faces(box, landmarks, np.full(len(box), probability))


def follow(*steps, image=None):
    """Track (time, faces) steps."""
    tracker = Tracker()
    for time_s, found in steps:
        tracker.update(time_s, found, np.zeros((200, 400, 3), np.uint8) if image is None else image, 1.0)
    return tracker.tracks


def test_faces_are_followed_by_overlap_whatever_their_order():
    a, b = follow(
        *((t, faces((10 + 20 * t, 0, 50), (200, 0, 50))) for t in (0, 0.25)), (0.5, faces((200, 0, 50), (20, 0, 50)))
    )
    assert [box[0] for box in a.box] == [10, 15, 20]
    assert [box[0] for box in b.box] == [200, 200, 200]


def test_a_face_that_was_gone_too_long_is_another():
    assert len(follow((0, faces((0, 0, 50))), (LINK_S, faces((0, 0, 50))))) == 1
    assert len(follow((0, faces((0, 0, 50))), (LINK_S + 0.1, faces((0, 0, 50))))) == 2


def test_scale_brings_boxes_to_the_size_of_the_video():
    tracker = Tracker()
    tracker.update(0.0, faces((10, 10, 50)), np.zeros((100, 100, 3), np.uint8), 0.5)
    np.testing.assert_allclose(tracker.tracks[0].box[0], [20, 20, 120, 120])


def test_one_sighting_among_many_looks_is_chance():
    tracks = follow((0, faces((0, 0, 50))))
    assert believable(tracks, looks=2) == tracks
    assert believable(tracks, looks=3) == []


def test_the_choice_goes_by_size_duration_and_probability():
    assert choose([]) is None
    large, small = follow(*((t, faces((0, 0, 80), (200, 0, 40))) for t in (0, 0.25)))
    assert choose([small, large]) is large
    brief, lasting = follow(
        (0, faces((0, 0, 50), (200, 0, 50))),
        (0.25, faces((200, 0, 50))),
        (0.5, faces((200, 0, 50))),
        (0.75, faces((200, 0, 50))),
    )
    assert choose([brief, lasting]) is lasting


def test_of_rivals_the_one_whose_mouth_moves_is_chosen():
    rng = np.random.default_rng(0)
    tracker = Tracker()
    still = rng.integers(0, 255, (200, 400, 3), dtype=np.uint8)
    for step in range(6):
        image = still.copy()
        image[50:100, 200:300] = rng.integers(0, 255, (50, 100, 3))
        tracker.update(step / 4, faces((0, 0, 100), (200, 0, 96)), image, 1.0)
    silent, speaking = tracker.tracks
    assert silent.weight() > speaking.weight()
    assert choose(tracker.tracks) is speaking


def test_the_mouth_sample_follows_the_mouth():
    rng = np.random.default_rng(1)
    picture = np.repeat(np.repeat(rng.integers(0, 255, (20, 20, 3), dtype=np.uint8), 8, 0), 8, 1)
    image = np.zeros((300, 300, 3), np.uint8)
    image[:160, :160] = picture
    moved = np.zeros_like(image)
    moved[30:190, 50:210] = picture
    points = POINTS * 160
    np.testing.assert_allclose(mouth_sample(image, points), mouth_sample(moved, points + np.array([50, 30])))
    assert abs(mouth_sample(image, points) - mouth_sample(image, points + np.array([0, 12]))).mean() > 0.5


def test_boxes_between_detections_are_interpolated():
    (track,) = follow((0.0, faces((0, 0, 50))), (0.5, faces((20, 0, 50))))
    at = place(track, np.array([0.0, 0.125, 0.25, 0.5]), 0.0, 0.5)
    np.testing.assert_allclose(at.box[:, 0], [0, 5, 10, 20])
    np.testing.assert_allclose(at.landmarks[:, 2, 0], [25, 30, 35, 45])
    assert at.detected.tolist() == [True, False, False, True]


def test_where_looks_failed_the_face_is_not():
    (track,) = follow((1.0, faces((0, 0, 50))), (1.25, faces((0, 0, 50))), (1.25 + 1.5 * GAP_S, faces((0, 0, 50))))
    times = np.arange(0, 4, 0.125)
    at = place(track, times, 0.0, 3.0)
    np.testing.assert_allclose(times[at.rows], [1.0, 1.125, 1.25, 2.75])
    at = place(track, times, 0.0, 2.75)  # nothing was looked for after that, so it is carried to the end
    np.testing.assert_allclose(times[at.rows], [1.0, 1.125, 1.25, *np.arange(2.75, 4, 0.125)])


def test_smoothing_steadies_a_jittering_box_and_keeps_its_mean():
    jitter = np.random.default_rng(2).normal(0, 2, 40)
    (track,) = follow(*((i / 4, faces((100 + jitter[i], 50, 60))) for i in range(40)))
    times = np.arange(40) / 4
    raw, smooth = (place(track, times, s, 9.75).box[:, 0] for s in (0.0, 0.3))
    assert np.diff(smooth).std() < 0.4 * np.diff(raw).std()
    assert abs(smooth.mean() - raw.mean()) < 0.3
