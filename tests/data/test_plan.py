"""Plans: stable membership, lists that change only where their utterances do."""

import csv
import hashlib
import json
import os
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.data import plan
from conclugen.data.common import table
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.store.settings import dump, parse

IDS = st.sets(st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=8), min_size=2, max_size=40)


def _write(folder, ids, **columns):
    ids = list(ids)
    given = {"utterance_id": ids, "media": [f"{i}.mp4" for i, _ in enumerate(ids)], **columns}
    given["media"] = columns.get("media", [f"{hashlib.md5(name.encode()).hexdigest()}.mp4" for name in ids])
    write_manifest(folder / "m.parquet", Manifest(table(given), "d", "folder", "none", ()))
    return folder / "m.parquet"


def _lists(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "d").glob("*.*.csv"))}


def _plan(folder, ids, shards, **columns):
    return plan.plan(_write(folder, ids, **columns), folder, plan.Settings(shards, 1), folder / "d.csv")


@settings(deadline=None, max_examples=40)
@given(ids=IDS, shards=st.sampled_from([1, 4, 16]))
def test_one_more_utterance_changes_one_shard(tmp_path_factory, ids, shards):
    folder = tmp_path_factory.mktemp("plan")
    new = min(ids)
    _plan(folder, ids - {new}, shards)
    before = _lists(folder)
    _plan(folder, ids, shards)
    after = _lists(folder)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {f"{plan.shard_of(new, shards):04d}.{kind}.csv" for kind in ("media", "text")}
    _plan(folder, ids - {new}, shards)
    assert _lists(folder) == before, "a list without utterances is removed"


@settings(deadline=None, max_examples=30)
@given(ids=IDS)
def test_every_utterance_is_in_the_one_list_of_its_hash(tmp_path_factory, ids):
    folder = tmp_path_factory.mktemp("plan")
    rows = _plan(folder, ids, 8)
    seen = []
    for shard, count in rows:
        with open(folder / "d" / f"{shard}.text.csv", encoding="utf-8", newline="") as handle:
            listed = [row["utterance_id"] for row in csv.DictReader(handle)]
        assert len(listed) == count
        assert listed == sorted(listed)
        assert {int(hashlib.sha256(name.encode()).hexdigest(), 16) % 8 for name in listed} == {int(shard)}
        seen += listed
    assert sorted(seen) == sorted(ids)
    assert (folder / "d.csv").read_text().splitlines()[0] == "shard,utterances"


@given(st.text(min_size=1), st.sampled_from([1, 2, 64, 1024]))
def test_doubling_the_shards_splits_each_in_two(name, shards):
    assert plan.shard_of(name, 2 * shards) % shards == plan.shard_of(name, shards)


@pytest.mark.parametrize(
    ("utterances", "given", "expected"),
    [
        (1, (None, 256), 1),
        (256, (None, 256), 1),
        (257, (None, 256), 2),
        (23_259, (None, 256), 128),
        (1_092_009, (None, 256), 256),
        (1_092_009, (1024, 256), 1024),
        (10, (8, 256), 8),
    ],
)
def test_number_of_shards(utterances, given, expected):
    assert plan.shard_count(utterances, plan.Settings(*given)) == expected


@pytest.mark.parametrize("given", [(3, 256), (0, 256), (None, 0)])
def test_impossible_numbers_are_refused(given):
    with pytest.raises(ValueError, match="shard"):
        plan.shard_count(10, parse(plan.Settings, dump(plan.Settings(*given))))


def _media(folder):
    rows = []
    for path in sorted((folder / "d").glob("*.media.csv")):
        with open(path, encoding="utf-8", newline="") as handle:
            rows += csv.DictReader(handle)
    return {row["utterance_id"]: row for row in rows}


def test_media_lists_tell_size_and_time(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"12345")
    (tmp_path / "a.m4a").write_bytes(b"123")
    os.utime(tmp_path / "a.mp4", (1000.9, 1000.9))
    os.utime(tmp_path / "a.m4a", (2000, 2000))
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    _plan(
        tmp_path,
        ["a", "b", "gone", "none"],
        1,
        media=["a.mp4", "link.mp4", "gone.mp4", None],
        audio=["a.m4a", None, None, None],
        start_s=[float("nan"), 0.1, 0, 0],
        end_s=[float("nan"), 1e-7, 2, 3],
    )
    rows = {name: [row["bytes"], row["modified"]] for name, row in _media(tmp_path).items()}
    assert rows == {"a": ["8", "2000"], "b": ["5", "1000"], "gone": ["-1", "-1"], "none": ["-1", "-1"]}
    assert [_media(tmp_path)["a"][key] for key in ("start_s", "end_s", "audio")] == ["", "", "a.m4a"]
    assert float(_media(tmp_path)["b"]["end_s"]) == 1e-7


def test_a_changed_file_rewrites_its_list_and_leaves_the_others(tmp_path):
    names = [f"u{i}" for i in range(40)]
    media = [f"{name}.mp4" for name in names]
    for file in media:
        (tmp_path / file).write_bytes(b"x")
    _plan(tmp_path, names, 8, media=media)
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "d").iterdir()}
    (tmp_path / "u7.mp4").write_bytes(b"longer")
    _plan(tmp_path, names, 8, media=media)
    changed = {path.name for path in (tmp_path / "d").iterdir() if path.stat().st_mtime_ns != times[path.name]}
    assert changed == {f"{plan.shard_of('u7', 8):04d}.media.csv", "lists.sha256"}


def test_labels_are_in_no_list_and_splits_in_one(tmp_path):
    for split, label in (("train", "joy"), ("test", "fear")):
        made = table({"utterance_id": ["a"], "split": [split]}, {"label": [label]})
        write_manifest(tmp_path / "m.parquet", Manifest(made, "d", "folder", "single", ("joy", "fear")))
        plan.plan(tmp_path / "m.parquet", tmp_path, plan.Settings(1, 1), tmp_path / "d.csv")
        assert (tmp_path / "d" / "splits.csv").read_text() == f"utterance_id,split,group\na,{split},a\n"
        written = b"".join(path.read_bytes() for path in (tmp_path / "d").iterdir())
        assert b"joy" not in written
        assert b"fear" not in written
        assert not any(word in text for text in _lists(tmp_path).values() for word in (b"train", b"test"))


def test_entry_point_keeps_text_with_quotes(tmp_path):
    path = _write(tmp_path, ["a"], text=['He said "so, what?"'])
    given = json.dumps({"shards": None, "shard_size": 256})
    flags = ["--manifest", str(path), "--root", str(tmp_path), "--output", str(tmp_path / "d.csv")]
    plan.main([*flags, "--settings", given])
    with open(tmp_path / "d" / "0000.text.csv", encoding="utf-8", newline="") as handle:
        assert list(csv.DictReader(handle)) == [
            {"utterance_id": "a", "text": 'He said "so, what?"', "text_source": "official"}
        ]
    assert (tmp_path / "d.csv").read_text() == "shard,utterances\n0000,1\n"


@pytest.mark.slow
def test_a_million_utterances_take_seconds(tmp_path):
    names = [f"id{i // 182:05d}/{i // 8:08x}/{i % 8:05d}" for i in range(1_092_009)]
    given = table({"utterance_id": names, "media": [f"dev/mp4/{name}.mp4" for name in names]})
    pq.write_table(pa.Table.from_pandas(given, preserve_index=False), tmp_path / "m.parquet")
    started = time.perf_counter()
    rows = plan.plan(tmp_path / "m.parquet", tmp_path, plan.Settings(None, 256), tmp_path / "d.csv")
    assert time.perf_counter() - started < 60
    assert len(rows) == 256
    assert sum(count for _, count in rows) == len(names)
