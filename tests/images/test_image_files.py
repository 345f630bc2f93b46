"""What is made of an image data set: shard, manifest, ledger, copies; damage that is noticed."""

import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from made_faces import cells, made, picture, write_csv

from conclugen.data.manifest import read_manifest
from conclugen.images import copies, prepare, shard
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import ShardError

OPTIONS = json.dumps({"adapter": "fer2013", "size": None, "options": {}})


def run(folder, options=OPTIONS):
    out = [str(folder / name) for name in ("images.h5", "manifest.parquet", "ledger.csv")]
    given = ["--dataset", "d", "--root", str(folder), "--settings", options]
    prepare.main([*given, "--output", out[0], "--manifest", out[1], "--ledger", out[2]])
    return [Path(name) for name in out]


def test_a_whole_set_is_read_and_only_labels_of_train_and_valid_are_shown(faces):
    images = shard.read(faces / "images.h5")
    assert images.pixels.shape == (168, 48, 48, 1)
    assert images.present.all()
    manifest = read_manifest(faces / "manifest.parquet")
    assert manifest.classes[:2] == ("angry", "disgust")
    assert manifest.table["label"][manifest.table["split"] == "test"].isna().all()
    assert {row.status for row in read_ledger(faces / "ledger.csv")} == {Status.OK}
    taken = images.take(torch.tensor([5, 0]), torch.device("cpu"))
    assert taken.shape == (2, 1, 48, 48)
    assert np.array_equal(taken[1, 0].numpy(), images.pixels[0, :, :, 0])


def test_a_picture_that_cannot_be_read_stays_and_is_told(tmp_path):
    write_csv(tmp_path / "fer2013.csv", [(0, "1 2 3", "PrivateTest"), *made({"Training": 7, "PublicTest": 7})])
    paths = run(tmp_path)
    images, rows = shard.read(paths[0]), read_ledger(paths[2])
    assert images.present.tolist() == [False] + [True] * 14
    assert not images.pixels[0].any()
    assert (rows[0].status, rows[0].reason) == (Status.CORRUPT, "has 3 pixels, not 2304")
    assert len(read_manifest(paths[1]).table) == 15


def test_nothing_readable_is_one_line_and_no_shard(tmp_path):
    write_csv(tmp_path / "fer2013.csv", [(0, "1 2 3", "Training")])
    with pytest.raises(SystemExit, match="d: no picture can be read; the first: has 3 pixels, not 2304"):
        run(tmp_path)
    absent = ["--dataset", "d", "--root", str(tmp_path / "none"), "--settings", OPTIONS]
    with pytest.raises(SystemExit, match=r"is not a folder; set images\.datasets\.d\.root"):
        prepare.main([*absent, "--output", "a", "--manifest", "b", "--ledger", "c"])


def test_a_shard_that_was_altered_or_cut_is_refused(faces, tmp_path):
    whole = (faces / "images.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ShardError, match="delete it and rerun"):
        shard.read(tmp_path / "cut.h5")
    with h5py.File(faces / "images.h5") as file:
        place = file["pixels"].id.get_offset() + 1000
    (tmp_path / "flipped.h5").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(ShardError, match="do not match their checksum"):
        shard.read(tmp_path / "flipped.h5")


def test_memory_is_a_block_however_many_pictures_there_are(tmp_path, monkeypatch):
    monkeypatch.setattr(shard, "BLOCK", 4)
    held = []

    def pictures():
        for number in range(10):
            held.append(number)
            yield np.full((3, 3, 1), number, np.uint8)

    shard.write(tmp_path / "a.h5", [f"i{n}" for n in range(10)], pictures(), 3, 1, {})
    assert shard.read(tmp_path / "a.h5").pixels[:, 0, 0, 0].tolist() == list(range(10))


def copied(folder):
    """A set in which one test image is also in train, one nearly, and two of train are equal."""
    generator = np.random.default_rng(1)
    train = [generator.integers(0, 256, (48, 48)) for _ in range(6)]
    near = np.clip(train[1] + generator.integers(-6, 7, (48, 48)), 0, 255)
    rows = [(n % 7, cells(image), "Training") for n, image in enumerate([*train, train[0]])]
    rows += [(0, cells(generator.integers(0, 256, (48, 48))), "PublicTest")]
    rows += [
        (0, cells(train[0]), "PrivateTest"),
        (1, cells(near), "PrivateTest"),
        (2, cells(np.full((48, 48), 9)), "PrivateTest"),
    ]
    write_csv(folder / "fer2013.csv", rows)
    return run(folder)


def test_copies_across_splits_are_found_and_counted(tmp_path):
    paths = copied(tmp_path)
    out = [str(tmp_path / "copies.csv"), str(tmp_path / "counts.csv")]
    given = ["--images", str(paths[0]), "--manifest", str(paths[1]), "--threads", "1"]
    copies.main([*given, "--output", out[0], "--counts", out[1]])
    with open(out[0]) as file:
        found = [(row["image_id"], row["kind"], row["of"]) for row in csv.DictReader(file)]
    assert found == [("fer00000008", "exact", "fer00000000"), ("fer00000009", "near", "fer00000001")]
    assert copies.read(Path(out[0]), (copies.EXACT,)) == {"fer00000008"}
    with open(out[1]) as file:
        counted = {(row["split"], row["kind"]): int(row["images"]) for row in csv.DictReader(file)}
    assert counted == {("valid", "exact"): 0, ("valid", "near"): 0, ("test", "exact"): 1, ("test", "near"): 1}


def test_equal_pictures_are_one_group_of_the_manifest(tmp_path):
    table = read_manifest(copied(tmp_path)[1]).table.set_index("utterance_id")
    assert table.loc["fer00000000", "group"] == table.loc["fer00000006", "group"] == table.loc["fer00000008", "group"]
    assert table["group"].nunique() == len(table) - 2


def test_blank_pictures_are_nobodys_copies():
    rows = copies.small(np.stack([np.full((48, 48, 1), 7), np.full((48, 48, 1), 200)]).astype(np.uint8))
    assert not rows.any()
    some = picture(3, np.random.default_rng(0))[None, :, :, None].astype(np.uint8)
    assert float((copies.small(some) @ copies.small(some).T)[0, 0]) == pytest.approx(1, abs=1e-5)
