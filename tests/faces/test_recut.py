"""Face shards without crops: what is cut from the videos again is what would have been kept."""

import csv
import json

import landmark_weights
import numpy as np
import pytest
from make_media import moving_bars, write_media

from conclugen.faces import contact_sheet, run
from conclugen.faces.shard import FaceShard
from conclugen.features import frames2d, frames3d, keypoints
from conclugen.features.common import Collector
from conclugen.features.faces import Clips
from conclugen.media.items import FIELDS
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.provenance import file_sha256
from conclugen.store.settings import dump
from conclugen.store.shards import ShardError, read_shard

NAMES = {"bars": "bars.mp4", "face": "long.mp4", "gone": "gone.mp4", "moving": "moving.mp4", "text": "text.mp4"}
FRAMES2D = {
    "backbone": "mobilenet_v2",
    "model": None,
    "weights": None,
    "fps": 4.0,
    "size": 96,
    "batch_frames": 16,
    "dtype": "float32",
}
FRAMES3D = FRAMES2D | {"backbone": "i3d", "fps": 16.0, "size": 64, "window": 16, "stride": 16}


@pytest.fixture(scope="module")
def made(tmp_path_factory, scene, settings):
    folder = tmp_path_factory.mktemp("recut")
    frames = scene([(60, 20)] * 75)
    frames[:20] = 110
    write_media(folder / "long.mp4", frames)
    write_media(folder / "moving.mp4", scene([(2 * i, 20) for i in range(40)]))
    write_media(folder / "bars.mp4", moving_bars(10))
    (folder / "text.mp4").write_text("not a video")
    with open(folder / "list.csv", "w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(FIELDS)
        times = {"face": ("0.4", "2.6")}
        writer.writerows([name, file, "", *times.get(name, ("", "")), 1, ""] for name, file in NAMES.items())
    for name, keep in (("kept", True), ("bare", False)):
        arguments = ["--media-list", folder / "list.csv", "--root", folder, "--settings"]
        arguments += [dump(settings(keep=keep, jpeg_quality=100)), "--threads", 1, "--output", folder / f"{name}.h5"]
        run.main([str(argument) for argument in [*arguments, "--ledger", folder / f"{name}.csv"]])
    return folder


def test_the_shard_has_all_but_the_crops(made):
    rows = [[(r.utterance_id, r.status, r.reason) for r in read_ledger(made / f"{n}.csv")] for n in ("kept", "bare")]
    assert rows[0] == rows[1]
    assert [row[1] for row in rows[0]] == [
        Status.NO_FACE,
        Status.OK,
        Status.MISSING_MEDIA,
        Status.OK,
        Status.CORRUPT,
    ]
    with FaceShard(made / "kept.h5") as kept, FaceShard(made / "bare.h5") as bare:
        assert (kept.kept, bare.kept) == (True, False)
        for name in ("present", "size", "frames_offset", "time_s", "box", "landmarks", "probability", "detected"):
            np.testing.assert_array_equal(getattr(kept, name), getattr(bare, name))
        bare.verify()
        with pytest.raises(ShardError, match="holds no crops"):
            bare.frames(1)
    assert (made / "bare.h5").stat().st_size < (made / "kept.h5").stat().st_size / 10


@pytest.mark.parametrize("fps", [16.0, 3.0])
def test_crops_cut_again_are_those_of_the_jpegs(made, fps):
    with FaceShard(made / "kept.h5") as kept, FaceShard(made / "bare.h5") as bare:
        collector = Collector("x", bare.ids, 1)
        again = dict(Clips(bare, {}, made / "list.csv", made).whole(fps, collector))
        assert sorted(again) == [1, 3]
        for row, frames in again.items():
            _, expected = kept.frames(row, fps)
            assert frames.shape == expected.shape
            assert np.abs(frames.astype(int) - expected).mean() < 1.5
        assert collector.losses.keys() == {0, 2, 4}


def features(folder, name, media, root, stream=frames2d, settings=FRAMES2D):
    argv = ["--faces", folder / f"{name}.h5", "--faces-ledger", folder / f"{name}.csv", "--threads", 1]
    argv += ["--settings", json.dumps(settings), "--output", root / "0.h5", "--ledger", root / "0.csv"]
    stream.main([str(one) for one in [*argv, *media]])
    return read_shard(root / "0.h5"), [(r.utterance_id, r.status, r.reason) for r in read_ledger(root / "0.csv")]


@pytest.mark.parametrize(("stream", "asked"), [(frames2d, FRAMES2D), (frames3d, FRAMES3D)])
def test_features_are_the_same_but_for_the_jpeg(made, tmp_path, stream, asked):
    kept, rows = features(made, "kept", [], tmp_path, stream, asked)
    media = ["--media-list", made / "list.csv", "--root", made]
    bare, rows_again = features(made, "bare", media, tmp_path, stream, asked)
    assert rows == rows_again
    np.testing.assert_array_equal(kept.present, bare.present)
    for row in np.flatnonzero(kept.present):
        assert np.corrcoef(kept.features[row], bare.features[row])[0, 1] > 0.995


def test_landmarks_by_a_network_are_the_same_but_for_the_jpeg(made, tmp_path):
    """Their means: speeds of a still face are what the JPEG does to it, times the frame rate."""
    path = landmark_weights.write(tmp_path / "net")
    asked = {"backbone": "face68", "model": None, "fps": 16.0, "batch_frames": 16, "dtype": "float32"}
    asked |= {"weights": {"path": str(path), "sha256": file_sha256(path)}}
    kept, rows = features(made, "kept", [], tmp_path, keypoints, asked)
    media = ["--media-list", made / "list.csv", "--root", made]
    bare, rows_again = features(made, "bare", media, tmp_path, keypoints, asked)
    assert rows == rows_again
    assert kept.present.tolist() == bare.present.tolist() == [False, True, False, True, False]
    np.testing.assert_allclose(bare.features[kept.present][:, :136], kept.features[kept.present][:, :136], atol=0.1)
    with pytest.raises(ValueError, match="--media-list and --root are needed"):
        features(made, "bare", [], tmp_path, keypoints, asked)


def test_a_video_that_is_gone_or_changed_since_is_a_loss(made, tmp_path):
    (tmp_path / "long.mp4").symlink_to(made / "bars.mp4")
    shard, rows = features(made, "bare", ["--media-list", made / "list.csv", "--root", tmp_path], tmp_path)
    assert not shard.present.any()
    status = {name: (status, reason) for name, status, reason in rows}
    assert status["moving"][0] is Status.MISSING_MEDIA
    assert status["face"][0] in (Status.CORRUPT, Status.BAD_TIMES)
    assert status["bars"][0] is Status.NO_FACE


def test_without_the_media_there_is_nothing_to_cut(made, tmp_path):
    with pytest.raises(ValueError, match="--media-list and --root are needed"):
        features(made, "bare", [], tmp_path)
    with pytest.raises(ShardError, match="holds no crops"):
        contact_sheet.main(["--shards", str(made / "bare.h5"), "--output", str(tmp_path / "sheet.png")])
