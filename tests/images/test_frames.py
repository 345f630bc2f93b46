"""Frames of clips as an image data set, and pretraining on them: what is drawn, and that a killed run goes on alike."""

import json

import made_clips
import numpy as np
import pytest
import torch

from conclugen.data.common import table
from conclugen.data.manifest import Manifest, read_manifest, write_manifest
from conclugen.images import clip_views, descriptors, frames, loop, network, points, pretrain, represent, shard
from conclugen.images.network import drawn
from conclugen.images.presets import PRESETS
from conclugen.images.proposals.time_aug import RATE
from conclugen.images.settings import Pretraining
from conclugen.pretrain.state import State
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.settings import parse
from conclugen.store.shards import ShardError, read_shard

SECONDS = {"glance": 0.4, "short": 1.5, **{f"long{n}": 4.0 for n in range(6)}}
CPU = torch.device("cpu")


def moving(seconds, number):
    """Crops of one clip: its grey level tells the clip, a bright row the moment."""
    count = round(16 * seconds)
    pictures = np.full((count, made_clips.SIZE, made_clips.SIZE, 3), 20 * number, np.uint8)
    for moment, picture in enumerate(pictures):
        picture[moment % made_clips.SIZE] = 255
    return made_clips.track(seconds, pictures=pictures)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Face and points shards of made clips, and their manifest."""
    folder = tmp_path_factory.mktemp("clips")
    tracks = {name: moving(seconds, number) for number, (name, seconds) in enumerate(SECONDS.items())}
    halves = [dict(list(tracks.items())[:4]) | {"lost": None}, dict(list(tracks.items())[4:])]
    for number, half in enumerate(halves):
        faces = made_clips.write_faces(folder / f"{number}.h5", half)
        told = ["--settings", json.dumps({"backbone": "mtcnn", "weights": None, "batch_frames": 8})]
        told += ["--faces", str(faces), "--output", str(folder / f"{number}.points.h5")]
        points.main([*told, "--ledger", str(folder / f"{number}.csv")])
    names = [*SECONDS, "lost"]
    given = {"utterance_id": names, "split": ["train"] * 6 + ["valid"] * 2 + ["test"], "group": ["one"] * 4 + names[4:]}
    labels = {"label": [None, *(["glad", "calm"] * 4)]}
    write_manifest(
        folder / "videos.parquet", Manifest(table(given, labels), "videos", "folder", "single", ("calm", "glad"))
    )
    return folder


def made(folder, labelled=True, size=24):
    told = {"size": size, "grey": True, "labelled": labelled}
    given = ["--dataset", "frames", "--settings", json.dumps(told), "--threads", "1"]
    for flag, name in (("faces", "{}.h5"), ("points", "{}.points.h5"), ("points-ledgers", "{}.csv")):
        given += [f"--{flag}", *(str(folder / name.format(n)) for n in range(2))]
    given += ["--video-manifest", str(folder / "videos.parquet"), "--output", str(folder / "images.h5")]
    frames.main([*given, "--manifest", str(folder / "frames.parquet"), "--ledger", str(folder / "ledger.csv")])
    return shard.read(folder / "images.h5")


@pytest.fixture(scope="module")
def images(videos):
    return made(videos)


def test_frames_follow_each_other_with_their_times_and_landmarks(videos, images):
    clip, seconds = images.frames.clip, images.frames.time_s
    assert images.pixels.shape[1:] == (24, 24, 1)
    assert images.present.all()
    assert np.unique(clip).tolist() == list(range(len(SECONDS)))
    for number, (name, length) in enumerate(SECONDS.items()):
        rows = np.flatnonzero(clip == number)
        assert len(rows) == max(1, round(length * RATE))
        assert np.all(np.diff(rows) == 1)
        assert np.all(np.diff(seconds[rows]) > 0.18)
        assert images.ids[rows[0]].startswith(f"{name}@")
        assert float(np.median(images.pixels[rows[-1]])) == pytest.approx(20 * number, abs=4)
    points_there = images.landmarks(torch.arange(len(images)), CPU)
    assert points_there.shape == (len(images), 68, 2)
    assert float((points_there - points_there[0]).abs().max()) < 1e-3  # all made faces lie alike
    assert float(points_there.min()) > 2
    assert float(points_there.max()) < 22


def test_a_frame_has_the_split_the_group_and_the_label_of_its_clip(videos, images):
    rows = read_manifest(videos / "frames.parquet", ("train", "valid", "test")).table.set_index("utterance_id")
    first = {name: next(i for i in images.ids if i.startswith(f"{name}@")) for name in SECONDS}
    assert rows.loc[first["short"], ["split", "group", "label"]].tolist() == ["train", "one", "glad"]
    assert rows.loc[first["long5"], ["split", "group", "label"]].tolist() == ["valid", "long5", "glad"]
    ledger = {row.utterance_id: row.status for row in read_ledger(videos / "ledger.csv")}
    assert ledger["glance"] is Status.NO_LABEL
    assert ledger["lost"] is Status.NO_FACE
    assert ledger["long0"] is Status.OK


def test_clips_of_several_classes_are_a_corpus_alone(videos, tmp_path):
    several = table(
        {"utterance_id": [*SECONDS, "lost"], "split": ["train"] * 9}, {"glad": [1.0] * 9, "calm": [0.0] * 9}
    )
    for name in ("0.h5", "1.h5", "0.points.h5", "1.points.h5", "0.csv", "1.csv"):
        (tmp_path / name).symlink_to(videos / name)
    write_manifest(tmp_path / "videos.parquet", Manifest(several, "videos", "folder", "multi", ("glad", "calm")))
    with pytest.raises(SystemExit, match=r"images\.datasets\.frames\.labelled to false"):
        made(tmp_path)
    assert made(tmp_path, labelled=False).frames is not None
    assert read_manifest(tmp_path / "frames.parquet").task == "none"


def test_a_clip_that_cannot_be_cut_again_is_lost_frame_by_frame(videos, monkeypatch):
    whole = frames.Clips.whole

    def without_one(self, fps, collector):
        return ((row, pictures) for row, pictures in whole(self, fps, collector) if self.ids[row] != "short")

    monkeypatch.setattr(frames.Clips, "whole", without_one)
    pictures = list(frames.Sources(videos / "0.h5", videos / "0.points.h5", None, None).pictures())
    lengths = [max(1, round(SECONDS[name] * RATE)) for name in list(SECONDS)[:4]]
    lost = [number for number, picture in enumerate(pictures) if picture is None]
    assert len(pictures) == sum(lengths)
    assert lost == [*range(lengths[0], lengths[0] + lengths[1])]


def test_an_altered_landmark_is_told(videos, tmp_path):
    (tmp_path / "images.h5").write_bytes((videos / "images.h5").read_bytes())
    offset = shard.read(tmp_path / "images.h5").frames.points.offset
    with open(tmp_path / "images.h5", "r+b") as file:
        file.seek(offset)
        file.write(b"\1\2\3")
    with pytest.raises(ShardError, match="do not match their checksum"):
        shard.read(tmp_path / "images.h5")


NETWORK = {"network": "resnet10", "width": 4, "size": 24, "epochs": 3, "batch_size": 3}


def settings(*proposals, **changed):
    told = PRESETS["improved"] | NETWORK | {"dataset": "frames", "preset": "improved", "method": "SSL-FER"}
    return parse(Pretraining, json.dumps(told | {"proposals": list(proposals), "absent": []} | changed))


QUIET = {"crop": [1.0, 1.0], "mirror": 0.0, "colour": 0.0, "blur": 0.0, "grey": 0.0, "mask": 0.0}
QUIET |= {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}


def test_a_batch_has_a_far_frame_of_long_clips_and_its_own_clip_nowhere_else(images):
    source = clip_views.Clips(images, settings("time_aug", "hard_neg", changes=QUIET), CPU)
    split = np.full(len(images), "train")
    rows = source.items(split, "train")
    batch = source.batch(rows, torch.Generator().manual_seed(0))
    items = 8 + 6  # eight clips, six of them with a far frame
    assert batch.images.shape == (2 * items, 1, 24, 24)
    assert batch.positive.tolist() == [*range(items, 2 * items), *range(items)]
    levels = batch.images.flatten(1).median(1).values * 255 / 20
    clip = [*range(8), *range(2, 8)]
    np.testing.assert_allclose(levels, clip * 2, atol=0.3)
    assert source.account(rows) == {"clips": 8, "time_aug": 7, "hard_neg": 6}
    itself = (batch.images[:items] - batch.images[items:]).abs().flatten(1).amax(1)
    assert float(itself[0]) < 1e-6  # too short for another moment
    assert float(itself[1:].min()) > 0.05  # another moment


def test_a_false_negative_is_never_of_the_anchors_own_clip(images):
    told = settings("time_aug", "hard_neg", "mask_fn", "face_swap")
    source = clip_views.Clips(images, told, CPU, torch.ones((len(images), 4)))
    batch = source.batch(torch.arange(2, 8), torch.Generator().manual_seed(0))
    clip = torch.tensor([*range(6)] * 4)
    assert (batch.false_negative >= 0).all()
    assert (clip[batch.false_negative] != clip).all()


def job(images, folder, told):
    source = clip_views.Clips(images, told, CPU, torch.ones((len(images), 4)))
    rows = source.items(np.full(len(images), "train"), "train")
    state = State(folder, "same")
    return loop.job(drawn("resnet10", 1, 4, 0), source, rows[:6], rows[6:], 0, state)


def test_a_killed_run_goes_on_to_the_same_weights(images, tmp_path):
    told = settings("time_aug", "hard_neg", "face_swap", "mask_fn")
    whole = job(images, tmp_path / "whole", told)
    history = loop.train(whole)
    killed = job(images, tmp_path / "killed", told)
    loop.train(killed, checkpoint_seconds=0, stop_after=3)
    resumed = job(images, tmp_path / "killed", told)
    again = loop.train(resumed)
    assert [row["loss"] for row in again] == [row["loss"] for row in history]
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name


def test_a_network_of_grey_clips_represents_stills_and_says_what_was_too_short(videos, images, faces, tmp_path):
    described = tmp_path / "descriptors/0000.h5"
    given = ["--images", str(videos / "images.h5"), "--threads", "1"]
    descriptors.main([*given, "--output", str(described)])
    values = read_shard(described).features
    assert values.shape == (len(images), 2560)
    told = PRESETS["improved"] | NETWORK | {"dataset": "frames", "preset": "improved", "method": "SSL-FER"}
    told |= {"proposals": ["time_aug", "hard_neg", "face_swap", "mask_fn"], "absent": [], "epochs": 1}
    given += ["--manifest", str(videos / "frames.parquet"), "--descriptors", str(described), "--seed", "0"]
    given += ["--settings", json.dumps(told), "--state", str(tmp_path / "state"), "--output-dir", str(tmp_path / "net")]
    pretrain.main(given)
    about = network.about(tmp_path / "net")
    assert about["clips"] == {"clips": 3, "time_aug": 2, "hard_neg": 1}  # of six, half measure
    assert about["fallback"].startswith("1 clips are too short for time_aug, where other views")
    assert "2 clips are too short for hard_neg" in about["fallback"]
    given = ["--images", str(faces / "images.h5"), "--model", str(tmp_path / "net/model.safetensors"), "--threads", "1"]
    represent.main([*given, "--output", str(tmp_path / "image/0000.h5")])
    found = read_shard(tmp_path / "image/0000.h5").features
    assert found.shape == (168, 32)
    assert float(found.std(0).mean()) > 0


def test_stills_have_no_clips(faces):
    with pytest.raises(ValueError, match="stills"):
        clip_views.Clips(shard.read(faces / "images.h5"), settings("time_aug"), CPU)
