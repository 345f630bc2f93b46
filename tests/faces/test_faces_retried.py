"""Another try for what failed in a face shard, the rest of it kept."""

from __future__ import annotations

import dataclasses
import json
import os

import numpy as np
import pytest
from make_media import moving_bars, write_media
from retry_tasks import slow_once

from conclugen.faces import run
from conclugen.faces.shard import FaceShard
from conclugen.media.items import FIELDS
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.retries import ask

CLIPS = {"bad": None, "first": 12, "second": 20, "slow": 16}


def write_list(path, clips, **changes):
    rows = [",".join((name, f"{name}.mp4", "", "", "", changes.get(name, "1"), "1")) for name in clips]
    path.write_text("\n".join([",".join(FIELDS), *rows]) + "\n")
    os.utime(path, (1, 1))


@pytest.fixture
def job(tmp_path, settings, monkeypatch):
    """Run the stage on four clips, of which `bad` is no film and `slow` hangs at its first try."""
    monkeypatch.setattr(run, "extract", slow_once)
    for name, frames in CLIPS.items():
        if frames:
            write_media(tmp_path / f"{name}.mp4", moving_bars(frames))
        else:
            (tmp_path / f"{name}.mp4").write_bytes(b"no film" * 50)
    write_list(tmp_path / "0000.media.csv", CLIPS)
    shard = tmp_path / "faces" / "0000.h5"

    def do(retries=(), version="v1"):
        (tmp_path / "calls.txt").write_text("")
        values = dataclasses.asdict(settings(detector="none", timeout_s=1.5, min_frames=1))
        arguments = ["--media-list", str(tmp_path / "0000.media.csv"), "--root", str(tmp_path), "--threads", "1"]
        arguments += ["--settings", json.dumps(values), "--output", str(shard)]
        arguments += ["--ledger", str(shard.with_suffix(".ledger.csv")), "--version", version]
        run.main([*arguments, "--retries", *(str(path) for path in retries)])
        return (tmp_path / "calls.txt").read_text().split()

    do.shard, do.target, do.folder = shard, tmp_path / "retries" / "0000.csv", tmp_path
    do.ask = lambda *statuses: ask(do.target, shard, tmp_path / "0000.media.csv", statuses)
    return do


def rows_of(shard):
    """What a shard holds of each utterance, crops byte for byte, and its line of the ledger."""
    lines = shard.with_suffix(".ledger.csv").read_text().splitlines()[1:]
    with FaceShard(shard) as faces:
        faces.verify()
        found = {}
        for i, name in enumerate(faces.ids):
            track = faces.track(i)
            tables = [np.asarray(getattr(track, f.name)).tobytes() for f in dataclasses.fields(track)[2:-1]]
            found[str(name)] = (bool(faces.present[i]), track.width, tables, list(track.crops), lines[i])
        return found


def test_what_timed_out_succeeds_and_the_rest_is_kept_byte_for_byte(job):
    assert job() == ["bad", "first", "second"]
    before = rows_of(job.shard)
    ledger = {row.utterance_id: row for row in read_ledger(job.shard.with_suffix(".ledger.csv"))}
    assert ledger["slow"].status is Status.TIMEOUT
    assert job.ask(Status.TIMEOUT, Status.CRASHED) == ["slow"]
    assert job([job.target]) == ["slow"]
    after = rows_of(job.shard)
    assert {name: row for name, row in after.items() if name != "slow"} == {
        name: row for name, row in before.items() if name != "slow"
    }
    assert after["slow"][0]
    assert len(after["slow"][3]) > 5
    assert not before["slow"][3]
    ledger = {row.utterance_id: row for row in read_ledger(job.shard.with_suffix(".ledger.csv"))}
    assert {name: (row.status, row.tries) for name, row in ledger.items()} == {
        "bad": (Status.CORRUPT, 1),
        "first": (Status.OK, 1),
        "second": (Status.OK, 1),
        "slow": (Status.OK, 2),
    }
    assert [path.name for path in job.target.parent.iterdir()] == ["0000.csv"]
    assert job.ask(Status.TIMEOUT, Status.CRASHED) == []


def test_an_interrupted_try_can_be_taken_up_again(job):
    job()
    job.ask(Status.TIMEOUT)
    asked = job.target.read_bytes()
    job.shard.unlink()  # as Snakemake does before a job that is then killed
    assert job.ask(Status.TIMEOUT) == []
    assert job.target.read_bytes() == asked
    assert job([job.target]) == ["slow"]
    assert rows_of(job.shard)["first"][0]


def test_tries_add_up_and_what_fails_again_stays_lost(job):
    job()
    for tries in (2, 3):
        assert job.ask(Status.CORRUPT) == ["bad"]
        assert job([job.target]) == ["bad"]
        row = read_ledger(job.shard.with_suffix(".ledger.csv"))[0]
        assert (row.status, row.tries) == (Status.CORRUPT, tries)


def test_other_settings_or_code_make_the_whole_shard_afresh(job):
    job()
    job.ask(Status.TIMEOUT)
    assert job([job.target], version="v2") == list(CLIPS)
    with FaceShard(job.shard) as faces:
        assert faces.attributes["made_by"] == "v2"


def test_an_utterance_whose_file_has_changed_is_made_afresh_too(job):
    job()
    job.ask(Status.TIMEOUT)
    write_list(job.folder / "0000.media.csv", [*CLIPS, "stranger"], first="2")
    assert job([job.target]) == ["first", "slow", "stranger"]


def test_without_what_was_put_aside_the_whole_shard_is_made_afresh(job):
    job()
    job.ask(Status.TIMEOUT)
    job.target.with_suffix(".shard").unlink()
    assert job([job.target]) == list(CLIPS)


def test_a_retry_without_a_version_is_refused(job):
    job()
    job.ask(Status.TIMEOUT)
    with pytest.raises(ValueError, match="version"):
        job([job.target], version="")
