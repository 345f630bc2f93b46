"""Stage one on a corpus of damaged files."""

import collections
import csv
import functools
import json
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest
from damage import write_corpus
from processes import decoders

from conclugen.features.waves import read_wave
from conclugen.media.items import FIELDS, read_media_list
from conclugen.media.worker import DecodePool
from conclugen.store.ledger import LedgerRow, Status, read_ledger

SETTINGS = {
    "detector": "none",
    "fps": 16.0,
    "detect_lines": 360,
    "detect_every": 4,
    "min_face": 0.15,
    "min_probability": 0.9,
    "margin": 0.3,
    "smooth_s": 0.15,
    "crop_size": 32,
    "jpeg_quality": 90,
    "keep": True,
    "min_frames": 4,
    "max_seconds": 10.0,
    "timeout_s": 5.0,
}
SEED = 0
SEGMENT = "segment of "  # an utterance that is part of a file
LIMIT_S = 80.0
LIMIT_MB = 1500
MEASURED = """
import resource, sys
from conclugen.faces.run import main
main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)  # KiB, of the largest worker
"""
REFUSED = {  # what must never be opened, or never be followed to the good file beside it
    "concat.mp4": Status.CORRUPT,
    "concat.ffconcat": Status.CORRUPT,
    "list.mp4": Status.CORRUPT,
    "list.m3u8": Status.CORRUPT,
    "manifest.mpd": Status.CORRUPT,
    "session.sdp": Status.CORRUPT,
    "still%03d.png": Status.CORRUPT,
    "picture.mp4": Status.CORRUPT,
    "text.mp4": Status.CORRUPT,
    "html.mp4": Status.CORRUPT,
    "one.mp4": Status.CORRUPT,
    "empty.mp4": Status.CORRUPT,
    "subtitles.mp4": Status.CORRUPT,
    "folder.mp4": Status.CORRUPT,
    "pipe.mp4": Status.CORRUPT,
    "device.mp4": Status.CORRUPT,
    "loop_a.mp4": Status.MISSING_MEDIA,
    "dangling.mp4": Status.MISSING_MEDIA,
    "x" * 300 + ".mp4": Status.MISSING_MEDIA,
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="makes pipes and links, reads /proc"),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The folder, the cases and the media list: each file whole and from its middle."""
    folder = tmp_path_factory.mktemp("damaged")
    cases = write_corpus(folder, SEED)
    path = tmp_path_factory.mktemp("list") / "0000.media.csv"
    with open(path, "w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(FIELDS)
        for case in cases:
            rows.writerow([case.name, case.name, "", "", "", 1, 0])
            rows.writerow([SEGMENT + case.name, case.name, "", 0.1, 0.4, 1, 0])
    return folder, cases, path


@pytest.fixture(scope="module")
def faces(corpus):
    """The ledger of `faces.run`, the seconds it took, its shard, and the memory of its largest worker in MiB."""
    folder, _, media_list = corpus
    shard, ledger, begun = media_list.with_suffix(".h5"), media_list.with_suffix(".ledger.csv"), time.monotonic()
    options = {"media-list": media_list, "root": folder, "settings": json.dumps(SETTINGS), "threads": 2}
    options |= {"output": shard, "ledger": ledger}
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    done = subprocess.run([sys.executable, "-c", MEASURED, *arguments], capture_output=True, text=True, check=True)
    return read_ledger(ledger), time.monotonic() - begun, shard, int(done.stdout.split()[-1]) / 1024


def wave_and_memory(item, **options):
    """Read the sound and return the most memory (KiB) that this worker has held so far.

    Linux's `ru_maxrss` would include what the test process held when it started the worker; VmHWM does not.
    """
    read_wave(item, **options)
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


@pytest.fixture(scope="module")
def sound(corpus):
    """The outcomes of reading the sound as the rows of a ledger, the seconds, and a worker's memory in MiB."""
    folder, _, media_list = corpus
    read, begun, rows = (
        functools.partial(wave_and_memory, root=folder, rate=16000, max_seconds=10.0),
        time.monotonic(),
        [],
    )
    held = 0
    with DecodePool(2, SETTINGS["timeout_s"]) as pool:
        for item, outcome in pool.imap(read, read_media_list(media_list)):
            rows.append(LedgerRow(item.utterance_id, "audio", outcome.status, outcome.reason, outcome.seconds))
            held = max(held, outcome.value or 0)
    return rows, time.monotonic() - begun, held / 1024


def check(rows, cases):
    """Every utterance has one row, a loss its reason; nothing hangs or crashes; whole files are unharmed."""
    ids = [row.utterance_id for row in rows]
    assert ids == [name for case in cases for name in (case.name, SEGMENT + case.name)]
    assert all(row.reason for row in rows if row.status is not Status.OK)
    bad = {row.utterance_id: row.reason for row in rows if row.status in (Status.CRASHED, Status.TIMEOUT)}
    assert not bad
    whole = {case.name for case in cases if case.whole}
    assert all(row.status is Status.OK for row in rows if row.utterance_id.removeprefix(SEGMENT) in whole)
    statuses = {row.utterance_id: row.status for row in rows}
    assert {name: statuses[name] for name in REFUSED} == REFUSED
    return statuses


def test_the_corpus_is_large_and_the_same_every_time(corpus, tmp_path):
    folder, cases, _ = corpus
    assert len({case.name for case in cases}) == len(cases) >= 300
    assert sum(case.whole for case in cases) == 7
    again = write_corpus(tmp_path, SEED)
    assert [case.name for case in again] == [case.name for case in cases]
    files = [case.name for case in cases if case.name not in REFUSED]
    assert [name for name in files if (folder / name).read_bytes() != (tmp_path / name).read_bytes()] == []


def test_faces_survive_every_damaged_file(corpus, faces):
    _, cases, _ = corpus
    rows, seconds, shard, _ = faces
    statuses = check(rows, cases)
    expected = {"deaf.mp4": Status.OK, "blind.mp4": Status.NO_VIDEO, "subtitles.mkv": Status.NO_VIDEO}
    assert {name: statuses[name] for name in expected} == expected
    lost = collections.Counter(statuses.values())
    assert lost[Status.OK] > 300  # most damage is small
    assert lost[Status.CORRUPT] > 100
    with h5py.File(shard) as file:
        present = file["present"][:].tolist()
        assert [name.decode() for name in file["utterance_id"]] == list(statuses)
    assert present == [status is Status.OK for status in statuses.values()]
    assert decoders() == []
    assert seconds < LIMIT_S / 2


def test_sound_survives_every_damaged_file(corpus, sound):
    _, cases, _ = corpus
    rows, seconds, _ = sound
    statuses = check(rows, cases)
    expected = {"deaf.mp4": Status.NO_AUDIO, "blind.mp4": Status.OK, "subtitles.mkv": Status.NO_AUDIO}
    assert {name: statuses[name] for name in expected} == expected
    assert statuses["slow.wav"] == statuses["many.wav"] == Status.CORRUPT
    assert decoders() == []
    assert seconds < LIMIT_S / 2


def test_no_worker_has_filled_the_memory(faces, sound):
    assert 0 < faces[-1] < LIMIT_MB
    assert 0 < sound[-1] < LIMIT_MB
