"""Films with scores drawn in: the picture, the box, the sound, and what is refused."""

import dataclasses
import subprocess
import sys

import av
import numpy as np
import pandas as pd
import pytest
from make_media import moving_bars, tone, write_media

from conclugen.applied import drawn, faces_seen, film
from conclugen.applied.clips import Clip
from conclugen.applied.errors import ApplyError
from conclugen.applied.faces_seen import Seen
from conclugen.applied.film import Shown
from conclugen.faces.shard import FaceShardWriter, FaceTrack

BOXED = Seen(np.arange(0, 1, 0.25), np.tile([100.0, 20, 180, 90], (4, 1)), 0.25)

PEAK = """
import pathlib, resource, sys
from conclugen.applied import film
film.draw(*map(pathlib.Path, sys.argv[1:]), [], "made")
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)  # KB, of the process that reads and draws
"""


def shown(start_s, end_s, seen=None, label="joy"):
    scores = [("joy", 0.75, 0.75), ("anger", 0.25, 0.25)]
    return Shown(start_s, end_s, scores, label, "I am glad", seen or Seen.nowhere())


def read(path):
    """Frames (T, H, W, 3), their seconds, and the sound (samples and rate)."""
    with av.open(str(path)) as container:
        pairs = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
        sound = None
        if container.streams.audio:
            container.seek(0)
            blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
            sound = np.concatenate(blocks), container.streams.audio[0].rate
    times, frames = zip(*pairs, strict=True)
    return np.stack(frames), np.array(times), sound


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A film of two seconds, grey, with a tone."""
    path = tmp_path_factory.mktemp("films") / "plain.mp4"
    return write_media(path, np.full((50, 96, 480, 3), 90, np.uint8), sound=tone(2.0)) or path


def test_box_scores_and_sound_are_in_the_film(plain, tmp_path):
    film.draw(plain, tmp_path / "out.mp4", [shown(0, 1, BOXED), shown(1, 2)], "made")
    frames, times, (samples, rate) = read(tmp_path / "out.mp4")
    assert len(frames) == 50
    np.testing.assert_allclose(times, np.arange(50) / 25, atol=1e-3)
    edge = frames[:, 50, 100].astype(int)  # of the box, which is blue, on grey
    assert (edge[times < 0.99, 2] > edge[times < 0.99, 0] + 60).all()
    assert (abs(edge[times >= 1.3] - 90) < 15).all()  # without a face there is no box
    panel = frames[5, 96 + film.LINE : 96 + 3 * film.LINE].astype(int)
    lines = [(row[:, 2] > row[:, 0] + 90).sum(axis=-1).max() for row in np.split(panel, 2)]
    assert lines[0] == pytest.approx(3 * lines[1], rel=0.1)  # bars as long as scores
    assert len(samples) / rate == pytest.approx(2.0, abs=0.1)
    heard = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(len(samples), 1 / rate)[heard.argmax()] == pytest.approx(440, abs=5)


def test_the_faces_of_a_window_are_drawn_at_once(plain, tmp_path):
    other = Seen(BOXED.time_s, BOXED.box + np.array([200, 0, 200, 0]), 0.25)
    pair = [dataclasses.replace(shown(0, 1, seen), face=face) for face, seen in ((2, other), (1, BOXED))]
    film.draw(plain, tmp_path / "out.mp4", [*pair, shown(1, 2)], "made")
    frames, _, _ = read(tmp_path / "out.mp4")
    edges = frames[10, 50, [100, 300]].astype(int)
    assert (edges[:, 2] > edges[:, 0] + 60).all()
    panel = frames[:, 96 + 4 :].astype(int)
    bars = [((frame[..., 2] > frame[..., 0] + 90).sum(axis=1) > 50).sum() for frame in (panel[10], panel[40])]
    assert bars[0] == pytest.approx(2 * bars[1], abs=4)  # those of both faces, and then of one


def test_sound_keeps_its_place_and_a_silent_film_is_drawn_too(tmp_path):
    late = np.concatenate([np.zeros(44100, np.float32), tone(1.0)])
    write_media(tmp_path / "late.mp4", moving_bars(50), sound=late)
    film.draw(tmp_path / "late.mp4", tmp_path / "out.mp4", [], "made")
    _, _, (samples, rate) = read(tmp_path / "out.mp4")
    loud = np.flatnonzero(np.abs(samples) > 0.1)[0] / rate
    assert loud == pytest.approx(1.0, abs=0.06)
    write_media(tmp_path / "silent.mp4", moving_bars(10, 95, 127), pixels="yuv444p")  # odd sizes
    film.draw(tmp_path / "silent.mp4", tmp_path / "out.mp4", [shown(0, 9)], "made")
    frames, _, sound = read(tmp_path / "out.mp4")
    assert (len(frames), sound) == (10, None)


def test_a_turned_film_is_drawn_upright_with_the_box_where_the_face_is(tmp_path):
    write_media(tmp_path / "turned.mp4", np.full((10, 96, 128, 3), 90, np.uint8), rotation=90)
    box = Seen(np.array([0.0]), np.array([[20.0, 40, 60, 100]]), 1.0)
    film.draw(tmp_path / "turned.mp4", tmp_path / "out.mp4", [shown(0, 9, box)], "made")
    frames, _, _ = read(tmp_path / "out.mp4")
    left = (film.LEAST_WIDTH - 96) // 2
    assert frames[3, 70, left + 20, 2] > int(frames[3, 70, left + 20, 0]) + 60


def test_damage_is_told_and_nothing_is_left(plain, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(plain.read_bytes()[:200])
    with pytest.raises(ApplyError, match=r"broken\.mp4: cannot be drawn: corrupt"):
        film.draw(tmp_path / "broken.mp4", tmp_path / "out.mp4", [], "made")
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.slow
def test_a_longer_film_needs_no_more_memory(tmp_path):
    still = np.zeros((1, 360, 640, 3), np.uint8)

    def peak(count):
        path = tmp_path / f"{count}.mp4"
        write_media(path, np.broadcast_to(still, (count, *still.shape[1:])))
        done = subprocess.run([sys.executable, "-c", PEAK, path, tmp_path / "out.mp4"], capture_output=True, check=True)
        return int(done.stdout)

    first = peak(100)
    assert peak(300) < first + 60_000  # whose frames together have 138 MB more


def test_faces_are_where_the_shard_has_them_in_seconds_of_the_file(tmp_path):
    time_s, box = np.array([0.0, 0.25, 1.0]), np.array([[0, 0, 10, 10], [2, 0, 12, 10], [50, 0, 60, 10]])
    rest = (np.zeros((3, 5, 2)), np.ones(3), np.ones(3, bool), [b"x"] * 3)
    with FaceShardWriter(tmp_path / "f.h5", 8, {}) as writer:
        writer.add("a", True, FaceTrack(96, 64, time_s, box, *rest))
        writer.add("b", False, FaceTrack(96, 64, time_s, box, *rest))
        writer.add("c", True, FaceTrack(96, 64, time_s, box, rest[0], np.full(3, np.nan), *rest[2:]))
    clips = [Clip(None, 5.0, 7.0), Clip(None), Clip(None)]
    found = faces_seen.seen(tmp_path / "f.h5", clips, 4.0)
    assert found[0].time_s.tolist() == [5.0, 5.25, 6.0]
    assert found[0].at(5.2).tolist() == [2, 0, 12, 10]
    assert found[0].at(5.9).tolist() == [50, 0, 60, 10]
    assert found[0].at(5.6) is None  # the face was away
    assert [len(one.time_s) for one in found[1:]] == [0, 0]  # no face, or none was looked for
    assert found[1].at(0.0) is None


def test_each_video_has_a_film_of_its_own(tmp_path):
    one, other = Clip(tmp_path / "a/x.mp4"), Clip(tmp_path / "b/x.mov")
    sound = Clip(tmp_path / "x.wav")
    found = drawn.targets(tmp_path / "out", [one, sound, other, one])
    assert list(found.values()) == [tmp_path / "out/x.mp4", tmp_path / "out/x-2.mp4"]
    assert drawn.targets(tmp_path / "o.mp4", [one]) == {one.file: tmp_path / "o.mp4"}


def test_films_that_cannot_be_written_are_told_before_anything_is_read(tmp_path):
    one, other = Clip(tmp_path / "x.mp4"), Clip(tmp_path / "y.mp4")
    with pytest.raises(ApplyError, match="needs a video"):
        drawn.targets(tmp_path / "o.mp4", [Clip(tmp_path / "x.wav"), Clip(None, text="hello")])
    with pytest.raises(ApplyError, match="one film for 2 videos"):
        drawn.targets(tmp_path / "o.mp4", [one, other])
    one.file.write_bytes(b"")
    for path in (one.file, tmp_path):
        with pytest.raises(ApplyError, match="is the video itself"):
            drawn.targets(path, [one])
    (tmp_path / "f.mp4").mkdir()
    with pytest.raises(ApplyError, match="is a folder"):
        drawn.targets(tmp_path / "f.mp4", [one])


class Known:
    """What is drawn of a model."""

    classes, modalities, longest_s = ("joy", "sentiment"), {"face": ("frames2d",)}, 60.0


def test_rows_become_what_is_shown():
    row = {"score_joy": 0.5, "score_sentiment": -3.0, "label": "joy", "has_face": True, "notes": ""}
    found = drawn._shown(pd.Series(row), Clip(None, 2.0, 4.0, "hello"), BOXED, Known)
    assert (found.start_s, found.end_s, found.heading, found.words) == (2.0, 4.0, "joy", "hello")
    assert found.scores == [("joy", 0.5, 0.5), ("sentiment", -3.0, 0.0)]
    nothing = drawn._shown(pd.Series(row | {"has_face": False, "notes": "no_video"}), Clip(None), BOXED, Known)
    assert (nothing.scores, nothing.heading, nothing.end_s) == ([], "no score: no_video", 60.0)
