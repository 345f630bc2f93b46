"""Truncated files and flipped bits: read as they were, or refused by name; never as something else."""

import os
import random
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from conclugen.data.common import table
from conclugen.data.lists import checksum, write_record
from conclugen.data.manifest import Manifest, read_manifest, write_manifest
from conclugen.evaluation.cells import read_table as read_score_table
from conclugen.evaluation.cells import write_csv
from conclugen.faces.shard import FaceShard, FaceShardWriter, FaceTrack
from conclugen.features.lists import read_texts
from conclugen.store import clock
from conclugen.store.atomic import write_text
from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger
from conclugen.store.seals import SealError, seal_of, write_sealed
from conclugen.store.shards import ShardError, read_shard, write_shard
from conclugen.store.tables import TableError, read_table, write_table

TRIES = 150


def feature_shard(path):
    features = np.random.default_rng(0).normal(size=(40, 16)).astype(np.float32)
    write_shard(
        path, [f"u{n}" for n in range(40)], features, np.arange(40) % 7 != 0, {"backbone": "toy", "versions": "1"}
    )


def read_features(path):
    shard = read_shard(path)
    return shard.utterance_id.tolist(), shard.features.tolist(), shard.present.tolist(), shard.attributes


def face_shard(path):
    crops = [bytes([255, 216, n]) * 50 for n in range(3)]
    with FaceShardWriter(path, 8, {"settings": "x"}) as writer:
        for n in range(6):
            numbers = np.arange(3.0), np.full((3, 4), n), np.zeros((3, 5, 2)), np.ones(3), np.ones(3, bool)
            writer.add(f"u{n}", True, FaceTrack(9, 9, *numbers, crops))


def read_faces(path):
    with FaceShard(path) as shard:
        shard.verify()
        tables = (shard.size, shard.frames_offset, shard.time_s, shard.box, shard.landmarks, shard.probability)
        return shard.ids.tolist(), shard.attributes, [value.tolist() for value in tables], shard._crop[:].tolist()


def manifest(path):
    ids = [f"u{n}" for n in range(40)]
    labels = {"label": [("calm", "glad", None)[n % 3] for n in range(40)]}
    columns = {"utterance_id": ids, "split": ["train", "test"] * 20, "text": [f"wörds {n}" for n in range(40)]}
    write_manifest(path, Manifest(table(columns, labels), "d", "folder", "single", ("calm", "glad")))


def read_whole_manifest(path):
    found = read_manifest(path, ("train", "valid", "test", "none"))
    return found.table.to_json(), found.dataset, found.adapter, found.task, found.classes


def predictions(path):
    scores = np.random.default_rng(0).random((40, 3)).astype(np.float32)
    frame = pd.DataFrame(scores, columns=["score_a", "score_b", "score_c"]).assign(
        utterance_id=[f"u{n}" for n in range(40)]
    )
    write_table(path, pa.Table.from_pandas(frame, preserve_index=False), {"seed": 3, "streams": {"text": ["text"]}})


def read_predictions(path):
    found, about = read_table(path)
    return found.to_pydict(), about


def ledger(path):
    statuses = (Status.OK, Status.NO_FACE, Status.TIMEOUT)
    write_ledger(path, [LedgerRow(f"u{n}", "faces", statuses[n % 3], "a reason" * (n % 3), 0.5) for n in range(40)])


def score_table(path):
    write_csv(path, [{"method": f"m{n}", "f1_macro": n / 7} for n in range(20)])


def damaged(whole, draw, attempt):
    """The bytes of a file with a bit flipped or, every third time, cut short."""
    data = bytearray(whole)
    if attempt % 3:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    else:
        del data[draw.randrange(len(data)) :]
    return data


def words(path):
    texts = "".join(f"u{n},words {n},official\n" for n in range(40))
    write_sealed(path, "utterance_id,text,text_source\n" + texts)


def listed_words(path):
    words(path)
    seal_of(path).unlink()
    write_record(path.parent, {path.name: checksum(path.read_text())})


@pytest.mark.parametrize(
    ("write", "read"),
    [(ledger, read_ledger), (score_table, read_score_table), (words, read_texts), (listed_words, read_texts)],
    ids=["ledger", "table", "transcripts", "list"],
)
def test_any_change_of_a_text_file_is_refused_by_name(tmp_path, write, read):
    path, draw = tmp_path / "0000.csv", random.Random(0)
    write(path)
    whole, before = path.read_bytes(), read(path)
    for attempt in range(TRIES):
        path.write_bytes(damaged(whole, draw, attempt))
        with pytest.raises(SealError, match=r"0000\.csv: contents do not match their checksum; delete it and rerun"):
            read(path)
    path.write_bytes(whole)
    assert read(path) == before


@pytest.mark.parametrize(
    ("name", "write", "read", "error"),
    [
        ("0000.h5", feature_shard, read_features, ShardError),
        ("0000.h5", face_shard, read_faces, ShardError),
        ("m.parquet", manifest, read_whole_manifest, TableError),
        ("seed0.parquet", predictions, read_predictions, TableError),
    ],
    ids=["features", "faces", "manifest", "predictions"],
)
def test_a_damaged_file_is_refused_by_name_or_holds_what_it_held(tmp_path, name, write, read, error):
    path, draw, refused = tmp_path / name, random.Random(0), 0
    write(path)
    whole, before = path.read_bytes(), read(path)
    for attempt in range(TRIES):
        path.write_bytes(damaged(whole, draw, attempt))
        try:
            found = repr(read(path))
        except error as refusal:
            found, refused = str(refusal), refused + 1
        assert found == repr(before) or (name in found and "rerun" in found)
    assert refused >= TRIES / 3


def test_what_killed_writers_left_is_removed_by_the_next_one(tmp_path):
    process = os.fork()
    if not process:
        os._exit(0)
    os.waitpid(process, 0)  # now its number belongs to nobody
    left = tmp_path / f".table.{process}.tmp.csv"
    others = [
        tmp_path / f".table.{os.getppid()}.tmp.csv",
        tmp_path / f".table.x.{process}.tmp.csv",
        tmp_path / "table.tmp.csv",
    ]
    for path in (left, *others):
        path.write_text("half")
    write_text(tmp_path / "table.csv", "whole")
    assert not left.exists()
    assert all(path.exists() for path in others)


def test_results_of_the_future_are_dated_now_and_others_are_left(tmp_path):
    now = time.time()
    for place in ("tables/a.csv", "features/d/text/0.h5", "demo/mosei/index.csv", "demo/mosei/clip.mp4", "logs/x.log"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("x")
        os.utime(tmp_path / place, (now + 9e5, now + 9e5))
    (tmp_path / "tables/old.csv").write_text("x")
    os.utime(tmp_path / "tables/old.csv", (now - 50, now - 50))
    assert clock.pull_back(tmp_path, now) == 3
    assert (tmp_path / "tables/a.csv").stat().st_mtime == pytest.approx(now)
    assert (tmp_path / "tables/old.csv").stat().st_mtime == pytest.approx(now - 50)
    assert (tmp_path / "demo/mosei/clip.mp4").stat().st_mtime > now + 1e5
    assert clock.pull_back(tmp_path, now) == 0
    assert clock.pull_back(tmp_path / "nowhere", now) == 0
