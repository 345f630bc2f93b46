import csv
import json
import os

import numpy as np
import pytest
from make_media import moving_bars, tone, write_media

from conclugen.faces import cutter, run
from conclugen.faces.detector import Detector
from conclugen.faces.extract import extract
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard
from conclugen.media.errors import MediaError
from conclugen.media.items import FIELDS, MediaItem
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.settings import dump, parse


def item(name, start_s=None, end_s=None):
    return MediaItem("u", name, None, start_s, end_s, 1, "")


def still(count):
    return [(60, 20)] * count


@pytest.fixture
def extracted(tmp_path, settings):
    """Write frames as a video and extract its face."""

    def make(frames, rate=25, start_s=None, end_s=None, **changes):
        write_media(tmp_path / "v.mp4", frames, rate=rate)
        return extract(item("v.mp4", start_s, end_s), str(tmp_path), settings(**changes))

    return make


def test_a_face_is_found_and_cut(extracted, scene):
    done = extracted(scene(still(50)))
    track = done.track
    assert (done.status, done.present, done.reason) == (Status.OK, True, "")
    assert (track.width, track.height) == (320, 240)
    assert len(track.crops) == len(track.time_s) == 32
    assert track.detected.sum() == pytest.approx(8, abs=1)
    assert np.ptp(track.box, axis=0).max() < 4
    x0, y0, x1, y1 = track.box[0]
    assert 100 < x0 < 125 < 190 < x1 < 215  # the portrait's face, moved by (60, 20)
    assert 55 < y0 < 85 < 165 < y1 < 200
    inside = (track.landmarks > [x0, y0]) & (track.landmarks < [x1, y1])
    assert inside.all()


def test_a_moving_face_is_followed(extracted, scene):
    done = extracted(scene([(2 * i, 20) for i in range(50)]), smooth_s=0.0)
    centre = (done.track.box[:, 0] + done.track.box[:, 2]) / 2
    slope = np.polyfit(done.track.time_s, centre, 1)[0]
    assert slope == pytest.approx(50, rel=0.1)
    assert len(done.track.crops) == 32


def test_boxes_are_in_pixels_of_the_video_whatever_the_lines_of_detection(extracted, scene):
    small = extracted(scene(still(10)), detect_lines=160).track.box.mean(0)
    np.testing.assert_allclose(small, extracted(scene(still(10))).track.box.mean(0), atol=8)


def test_the_result_does_not_depend_on_chunks(tmp_path, settings, scene, monkeypatch):
    detect = Detector.__call__  # one frame at a time: sums in batches of other sizes differ in their last digits
    monkeypatch.setattr(Detector, "__call__", lambda self, x, *a: [detect(self, one[None], *a)[0] for one in x])
    frames = scene([(60 + 30 * np.sin(i / 9), 20) for i in range(150)])
    frames[40:62] = 110
    write_media(tmp_path / "v.mp4", frames)
    short = extract(item("v.mp4"), str(tmp_path), settings())
    monkeypatch.setattr(cutter, "GAP_S", 100.0)  # the length of chunks; the gap that is bridged stays
    whole = extract(item("v.mp4"), str(tmp_path), settings())
    np.testing.assert_array_equal(short.track.time_s, whole.track.time_s)
    np.testing.assert_allclose(short.track.box, whole.track.box, atol=1e-6)
    assert short.track.crops == whole.track.crops


def test_no_face_keeps_the_centre(extracted):
    done = extracted(np.full((25, 120, 160, 3), 90, np.uint8))
    assert (done.status, done.present) == (Status.NO_FACE, False)
    assert len(done.track.crops) == 16
    np.testing.assert_allclose(done.track.box[0], [20, 0, 140, 120])
    assert np.isnan(done.track.landmarks).all()
    assert not done.track.probability.any()


def test_frames_without_the_face_are_left_out(extracted, scene):
    frames = scene(still(100))
    frames[:50] = 110
    done = extracted(frames)
    assert done.present
    assert 2.0 <= done.track.time_s[0] < 2.3
    assert "of 64 frames" in done.reason


def test_the_larger_of_two_faces_is_chosen(extracted, scene):
    frames, small = scene(still(30), 240, 480), scene(still(1), 240, 480, scale=0.5)
    frames[:, 100:200, 380:480] = small[0, 20:120, 60:160]
    done = extracted(frames)
    assert done.track.box[:, 2].max() < 300
    assert done.present


def test_without_detector_the_centre_is_kept_and_present(extracted, scene):
    done = extracted(scene(still(25)), detector="none")
    assert (done.status, done.present, done.reason) == (Status.OK, True, "")
    np.testing.assert_allclose(done.track.box[0], [40, 0, 280, 240])
    assert np.isnan(done.track.probability).all()


def test_long_utterances_are_cut_and_say_so(extracted, scene):
    done = extracted(scene(still(50)), max_seconds=1.0)
    assert len(done.track.crops) == 16
    assert "cut to 1 s" in done.reason


def test_segments(extracted, scene):
    frames = scene(still(75))
    frames[:25], frames[50:] = 110, 110
    done = extracted(frames, start_s=1.0, end_s=2.0)
    assert done.reason == ""
    assert done.track.time_s[0] == pytest.approx(0, abs=0.01)
    assert done.track.time_s[-1] < 1


def test_a_segment_deep_in_a_long_video_is_reached_by_seeking(tmp_path, settings, scene, monkeypatch):
    from conclugen.media import container

    frames = np.concatenate([np.full((1000, 120, 160, 3), 110, np.uint8), scene([(0, 0)] * 50, 120, 160, 0.6)])
    write_media(tmp_path / "v.mp4", frames, gop=25)
    decoded, real = [], container.decode
    monkeypatch.setattr(container, "decode", lambda *a: (decoded.append(f.time) or f for f in real(*a)))
    done = extract(item("v.mp4", 40.4, 41.4), str(tmp_path), settings())
    assert done.present
    assert len(done.track.time_s) == 16
    assert min(decoded) >= 39
    assert len(decoded) < 100  # of 1050


def test_a_turned_video(tmp_path, scene, settings):
    upright = scene([(20, 20)] * 25, 240, 240)
    turned = np.rot90(upright, -1, axes=(1, 2))
    write_media(tmp_path / "v.mp4", turned, rotation=90)
    done = extract(item("v.mp4"), str(tmp_path), settings())
    assert done.present
    assert 65 < done.track.box[0, 0] < 90


def test_a_file_that_was_cut_off_says_so(tmp_path, settings):
    noise = np.random.default_rng(0).integers(0, 256, (75, 48, 64, 3), dtype=np.uint8)
    data = write_media(tmp_path / "v.mkv", noise, codec="mpeg4").read_bytes()
    (tmp_path / "half.mkv").write_bytes(data[: len(data) // 2])
    half = extract(item("half.mkv"), str(tmp_path), settings(detector="none"))
    assert half.status == Status.OK
    assert half.reason.endswith("s early")
    (tmp_path / "stub.mkv").write_bytes(data[: len(data) // 11])
    with pytest.raises(MediaError, match="s are missing") as error:
        extract(item("stub.mkv"), str(tmp_path), settings(detector="none"))
    assert error.value.status == Status.CORRUPT


def test_damage(tmp_path, scene, settings):
    noise = np.random.default_rng(0).integers(0, 60, (50, 240, 320, 3), dtype=np.uint8)
    path = write_media(tmp_path / "v.mp4", scene(still(50)) // 2 + noise, options={"movflags": "faststart"})
    data = path.read_bytes()
    (tmp_path / "most.mp4").write_bytes(data[: round(len(data) * 0.7)])
    (tmp_path / "start.mp4").write_bytes(data[: round(len(data) * 0.06)])
    most = extract(item("most.mp4"), str(tmp_path), settings())
    assert most.present
    assert 15 < len(most.track.crops) < 30
    with pytest.raises(MediaError) as error:
        extract(item("start.mp4"), str(tmp_path), settings())
    assert error.value.status == Status.CORRUPT


def test_a_detector_that_does_not_exist(settings):
    with pytest.raises(ValueError, match="mtcnn"):
        parse(FaceSettings, dump(settings(detector="yolo")))


@pytest.fixture
def job(tmp_path, settings):
    """Run the stage on named files of a folder; return the open shard and its ledger."""

    def launch(names, threads=2, **changes):
        with open(tmp_path / "list.csv", "w", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(FIELDS)
            writer.writerows([name, name, "", "", "", 1, ""] for name in names)
        output = tmp_path / "out" / "0000.h5"
        ledger = output.with_suffix(".ledger.csv")
        arguments = ["--media-list", tmp_path / "list.csv", "--root", tmp_path, "--settings", dump(settings(**changes))]
        arguments += ["--threads", threads, "--output", output, "--ledger", ledger]
        run.main([str(argument) for argument in arguments])
        return FaceShard(output), read_ledger(ledger)

    return launch


def test_a_shard_of_good_and_bad_files(tmp_path, job, scene):
    frames = scene(still(25))
    write_media(tmp_path / "a.mp4", frames, sound=tone(1.0))
    write_media(tmp_path / "bars.mp4", moving_bars(25))
    write_media(tmp_path / "one.mp4", frames[:1])
    write_media(tmp_path / "sound.m4a", sound=tone(1.0))
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("not a video")
    os.mkfifo(tmp_path / "pipe.mp4")  # whoever opened it would wait for ever
    expected = {
        "a.mp4": Status.OK,
        "bars.mp4": Status.NO_FACE,
        "empty.mp4": Status.CORRUPT,
        "gone.mp4": Status.MISSING_MEDIA,
        "one.mp4": Status.OK,
        "sound.m4a": Status.NO_VIDEO,
        "text.mp4": Status.CORRUPT,
        "pipe.mp4": Status.CORRUPT,
    }
    shard, ledger = job(list(expected), threads=1, timeout_s=5.0)
    with shard:
        assert shard.ids.tolist() == list(expected)
        assert {row.utterance_id: row.status for row in ledger} == expected
        assert {row.stage for row in ledger} == {"faces"}
        assert shard.present.tolist() == [status == Status.OK for status in expected.values()]
        counts = np.diff(shard.frames_offset).tolist()
        assert counts == [16, 16, 0, 0, 1, 0, 0, 0]
        shard.verify()
        _, crops = shard.frames(0, 1.0)
        assert crops.shape == (1, 96, 96, 3)
        assert crops[0, 48, 48, 0] > crops[0, 48, 48, 2]  # skin is more red than blue: the order is RGB
        settings = json.loads(shard.attributes["settings"])
        assert settings["detector"] == "mtcnn"
        assert "165bfbe4" in shard.attributes["detector_weights_sha256"]
        assert "av " in shard.attributes["versions"]


def test_an_empty_list(job):
    shard, ledger = job([], detector="none")
    with shard:
        assert len(shard) == 0
    assert ledger == []


def test_the_result_does_not_depend_on_the_number_of_processes(tmp_path, job):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_media(tmp_path / name, moving_bars(ord(name[0]) - 90))
    sums = []
    for threads in (1, 3):
        shard, _ = job(["a.mp4", "b.mp4", "c.mp4"], threads, detector="none")
        with shard:
            sums.append(shard.attributes["sha256"])
    assert sums[0] == sums[1]


@pytest.mark.real
def test_every_real_clip_has_a_face(shared_data, settings):
    paths = sorted((shared_data / "clips").glob("*.mpg"))
    assert paths
    for path in paths:
        done = extract(item(path.name), str(path.parent), settings(detect_every=8))
        assert done.present, path.name
        assert len(done.track.crops) >= 36, path.name
