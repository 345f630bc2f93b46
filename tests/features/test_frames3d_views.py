"""The stream of augmented copies: its layout, its losses, and what pretraining makes of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from face_fixture import write_faces

from conclugen.faces.shard import FaceShard
from conclugen.features import frames2d, frames2d_views, frames3d, frames3d_views
from conclugen.features.augment import augment, draw
from conclugen.features.backbones import i3d
from conclugen.features.settings import Views
from conclugen.models import io
from conclugen.pretrain import run as pretrain
from conclugen.store.fingerprint import fingerprint
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.settings import dump, parse
from conclugen.store.shards import read_shard

SIZE, COPIES, DIM = 48, 3, 1024
VIEWS = {
    "copies": COPIES,
    "seed": 0,
    "crop_scale": [0.3, 1.0],
    "crop_ratio": [0.75, 1.33],
    "flip": 0.5,
    "jitter": 0.8,
    "brightness": 0.8,
    "contrast": 0.8,
    "saturation": 0.8,
    "hue": 0.2,
    "grayscale": 0.2,
    "blur": 0.5,
    "blur_sigma": [0.1, 2.0],
}
PLAIN = {
    "backbone": "i3d",
    "model": None,
    "weights": None,
    "fps": 16.0,
    "window": 16,
    "stride": 16,
    "size": SIZE,
    "batch_frames": 64,
    "dtype": "float32",
}
SETTINGS = PLAIN | {"views": VIEWS}
UNCHANGED = VIEWS | {"copies": 2, "crop_scale": [1.0, 1.0], "flip": 0.0, "jitter": 0.0, "grayscale": 0.0, "blur": 0.0}


def moving(frames, seed, side=56):
    """A smooth texture that moves sideways (T, side, side, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(0, 255, (1, 3, 8, 8)).astype(np.float32))
    image = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")[0].permute(1, 2, 0).numpy()
    return np.stack([np.roll(image.astype(np.uint8), t * (1 + seed), axis=1) for t in range(frames)])


CLIPS = {"long": moving(42, 0), "none": None, "short": moving(5, 1), "third": moving(16, 2), "fourth": moving(16, 3)}


def extract(folder, module, settings, faces):
    argv = ["--faces", str(faces), "--output", str(folder / "0.h5"), "--ledger", str(folder / "0.ledger.csv")]
    module.main([*argv, "--settings", json.dumps(settings)])
    return read_shard(folder / "0.h5")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("views")
    extract(folder, frames3d_views, SETTINGS, write_faces(folder / "faces.h5", CLIPS, 56))
    return folder


def test_shard_and_ledger(made):
    shard, ledger = read_shard(made / "0.h5"), read_ledger(made / "0.ledger.csv")
    assert shard.features.shape == (5, COPIES * DIM)
    assert shard.present.tolist() == [True, False, True, True, True]
    assert not shard.features[1].any()
    assert [row.status for row in ledger] == [Status.OK, Status.NO_FACE, *[Status.OK] * 3]
    assert {row.stage for row in ledger} == {shard.attributes["stream"]} == {"frames3d_views"}
    assert shard.attributes["preprocessing"].startswith("3 augmented copies side by side")


def test_each_view_is_the_features_of_that_augmented_clip_alone(made):
    network = i3d.build().load(torch.device("cpu"))[0]
    features = read_shard(made / "0.h5").features.reshape(5, COPIES, DIM)
    drawn = parse(Views, json.dumps(VIEWS))
    with FaceShard(made / "faces.h5") as shard:
        for row, count in ((0, 3), (2, 1)):
            frames = torch.from_numpy(shard.frames(row)[1])
            for copy in range(COPIES):
                clip = augment(frames, draw(drawn, str(shard.ids[row]), copy), SIZE)
                clip = torch.cat([clip, clip[-1:].expand(16 * count - len(clip), -1, -1, -1)])
                windows = clip.reshape(count, 16, SIZE, SIZE, 3).permute(0, 4, 1, 2, 3) / 255
                with torch.inference_mode():
                    alone = network(windows).mean(0)
                np.testing.assert_allclose(features[row, copy], alone, atol=1e-4)


def test_views_of_a_clip_differ_and_are_nearer_to_each_other_than_to_other_clips(made):
    features = read_shard(made / "0.h5").features.reshape(5, COPIES, DIM)[[0, 2, 3, 4]]
    unit = features / np.linalg.norm(features, axis=2, keepdims=True)
    similar = np.einsum("ikd,jld->ijkl", unit, unit)
    same = np.mean([similar[i, i][np.triu_indices(COPIES, 1)].mean() for i in range(4)])
    other = np.mean([similar[i, j].mean() for i in range(4) for j in range(4) if i != j])
    assert other < same < 0.9999


def test_copies_with_nothing_done_to_them_are_frames3d(tmp_path):
    faces = write_faces(tmp_path / "faces.h5", {"a": moving(20, 0, SIZE), "b": moving(7, 1, SIZE)}, SIZE)
    (tmp_path / "plain").mkdir()
    plain = extract(tmp_path / "plain", frames3d, PLAIN, faces)
    views = extract(tmp_path, frames3d_views, PLAIN | {"views": UNCHANGED}, faces)
    np.testing.assert_allclose(views.features, np.tile(plain.features, 2), atol=1e-4)
    assert views.attributes["weights_sha256"] == plain.attributes["weights_sha256"]


def test_frames2d_has_the_same_copies(tmp_path):
    plain = {"backbone": "mobilenet_v2", "model": None, "weights": None, "fps": 4.0, "size": SIZE, "batch_frames": 7}
    plain |= {"dtype": "float32"}
    faces = write_faces(tmp_path / "faces.h5", {"a": moving(20, 0, SIZE), "b": None, "c": moving(7, 1, SIZE)}, SIZE)
    for name in ("plain", "same"):
        (tmp_path / name).mkdir()
    once = extract(tmp_path / "plain", frames2d, plain, faces)
    same = extract(tmp_path / "same", frames2d_views, plain | {"views": UNCHANGED}, faces)
    np.testing.assert_allclose(same.features, np.tile(once.features, 2), atol=1e-4)
    found = extract(tmp_path, frames2d_views, plain | {"views": VIEWS}, faces)
    assert found.features.shape == (3, COPIES * 1280)
    assert found.present.tolist() == [True, False, True]
    assert found.attributes["stream"] == "frames2d_views"
    from conclugen.features.backbones import mobilenet_v2

    network = mobilenet_v2.build().load(torch.device("cpu"))[0]
    drawn = parse(Views, json.dumps(VIEWS))
    with FaceShard(faces) as shard:
        frames = torch.from_numpy(shard.frames(0, 4.0)[1])
    for copy in range(COPIES):  # the augmentation of frames3d's copy, constant along time
        clip = augment(frames, draw(drawn, "a", copy), SIZE).permute(0, 3, 1, 2) / 255
        with torch.inference_mode():
            alone = network(clip).mean(0)
        np.testing.assert_allclose(found.features[0].reshape(COPIES, -1)[copy], alone, atol=1e-4)


def test_each_clip_is_decoded_once(tmp_path, monkeypatch):
    faces, read = write_faces(tmp_path / "faces.h5", {"a": moving(4, 0, SIZE), "b": moving(4, 1, SIZE)}, SIZE), []
    whole = FaceShard.read
    monkeypatch.setattr(FaceShard, "read", lambda self, i, *rest: read.append(i) or whole(self, i, *rest))
    extract(tmp_path, frames3d_views, SETTINGS, faces)
    assert read == [0, 1]


def test_an_empty_shard_is_written(tmp_path):
    shard = extract(tmp_path, frames3d_views, SETTINGS, write_faces(tmp_path / "faces.h5", {"a": None}, SIZE))
    assert shard.features.shape == (1, COPIES * DIM)
    assert not shard.present.any()


def test_instance_cont_is_pretrained_on_the_shard_and_takes_plain_features_after(made, tmp_path):
    from conclugen import slices
    from conclugen.config import check

    config = check(
        {
            "datasets": {"talks": {"adapter": "voxceleb2", "root": "v"}},
            "features": {"views": {"copies": COPIES}},
            "pretrain": {"dataset": "talks", "preset": "improved", "epochs": 2, "validation_fraction": 0.0},
            "downstream": {"datasets": ["talks"]},
        }
    )
    wildcards = {"corpus": "talks", "preset": "improved", "method": "Instance-Cont"}
    settings = slices.stage_settings(config, "pretrain", wildcards)
    small = {"representation": 16, "hidden": 16, "projection": 8, "projection_hidden": 8}
    settings["sizes"] |= small
    table = pd.DataFrame({"utterance_id": list(CLIPS), "split": "train", "group": list(CLIPS)})
    table.to_csv(tmp_path / "splits.csv", index=False)
    shard = tmp_path / "frames3d_views/0.h5"
    shard.parent.mkdir()
    shard.hardlink_to(made / "0.h5")
    argv = ["--splits", str(tmp_path / "splits.csv"), "--features", str(shard), "--seed", "0"]
    argv += ["--settings", dump(settings), "--threads", "1", "--state", str(tmp_path / "state")]
    pretrain.main([*argv, "--output-dir", str(tmp_path / "model")])
    history = pd.read_csv(tmp_path / "model" / "history.csv")
    assert np.isfinite(history["infonce"]).all()
    network, about = io.load(tmp_path / "model"), io.about(tmp_path / "model")
    assert about["utterances"]["train"] == 4
    assert network.settings.input_dims == {"video": DIM}
    plain = read_shard(made / "0.h5").features[:, :DIM]  # as wide as frames3d
    assert network.represent({"video": torch.from_numpy(plain)})["video"].shape == (5, 16)


def test_an_edit_of_augmentation_is_no_edit_of_frames3d():
    def files(name):
        return {item.split("@")[0] for item in fingerprint(f"conclugen.features.{name}")}

    only_here = {f"conclugen/features/{name}.py" for name in ("augment", "views", "frames3d_views")}
    assert files("frames3d_views") == files("frames3d") | only_here
    assert not files("frames3d") & only_here
    assert "conclugen/features/frames3d_views.py" not in files("frames2d_views")
