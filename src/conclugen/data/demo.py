"""Write the demo corpus: a small talking-face data set with planted truth, in the layout of a real one.

`python -m conclugen.data.demo --layout mosei --settings JSON --threads 2 --output results/demo/mosei/index.csv`

The folder of the index is written whole: built beside it, then moved into place, the index last. Every file hangs on
the settings alone, not on the number of threads.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import csv
import functools
import io
import multiprocessing
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from conclugen.data.demo_labels import LABELS
from conclugen.data.demo_layouts import PLANS, STEREO
from conclugen.data.demo_plan import Clip, Settings
from conclugen.data.demo_render import Rendered, render
from conclugen.store import fence
from conclugen.store.atomic import write_text
from conclugen.store.devices import set_threads
from conclugen.store.provenance import file_sha256
from conclugen.store.settings import parse

COLUMNS = ("file", "bytes", "sha256", "utterance_id", "split", "identity", "emotions", "face", "voice", "words")
COLUMNS += ("case", "seconds", "text")
NOTE = "DEMO.txt"
NOTE_TEXT = """A demo corpus, written by a program: one free photograph, moved into expressions, and synthetic speech.
Nobody here feels anything, and no figure measured on it says anything about real people.
This folder is rewritten whole: keep nothing of your own in it.
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layout", required=True, choices=sorted(PLANS))
    parser.add_argument("--settings", required=True, help="JSON of conclugen.data.demo_plan.Settings")
    parser.add_argument("--threads", type=int, default=1, help="worker processes")
    parser.add_argument("--output", required=True, type=Path, help="index.csv; its folder becomes the data set's root")
    arguments = parser.parse_args(argv)
    write_corpus(arguments.layout, parse(Settings, arguments.settings), arguments.output, arguments.threads)


def write_corpus(layout: str, settings: Settings, index: Path, threads: int) -> None:
    """Write a layout into the folder of `index`.

    Raises FileExistsError when that folder holds files and is no demo corpus: it would be wiped.
    """
    root = index.resolve().parent
    if root.is_dir() and any(root.iterdir()) and not (root / NOTE).is_file():
        raise FileExistsError(f"{root} holds files and is no demo corpus; name an empty folder")
    clips = PLANS[layout](settings)
    building = root.with_name(f".{root.name}.{os.getpid()}.tmp")
    try:
        building.mkdir(parents=True)
        write_text(building / NOTE, NOTE_TEXT)
        rendered = render_all(clips, building, threads, layout in STEREO)
        lengths = {done.file: done.seconds for done in rendered}
        LABELS[layout](building, clips, lengths)
        text = _index(building, clips, lengths)
        _keep_times(root, building)
        _move_into_place(building, root)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    write_text(index, text)


def render_all(clips: Sequence[Clip], root: Path, threads: int, stereo: bool) -> list[Rendered]:
    """Render clips in worker processes, in order. A worker that dies raises BrokenProcessPool."""
    work = functools.partial(render, root=root, stereo=stereo)
    if threads <= 1:
        set_threads(1)
        return [work(clip) for clip in clips]
    spawn = multiprocessing.get_context("spawn")  # a fork would inherit PyTorch's and the codecs' threads
    with concurrent.futures.ProcessPoolExecutor(threads, spawn, initializer=set_threads, initargs=(1,)) as pool:
        return list(pool.map(work, clips, chunksize=4))


def _index(root: Path, clips: Sequence[Clip], lengths: Mapping[str, float]) -> str:
    """Every file with its size and hash; for clips, written or missing, the planted truth."""
    by_file = {clip.file: clip for clip in clips}
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for file in sorted(files | by_file.keys()):
        row: dict[str, object] = {"file": file, "bytes": 0, "sha256": ""}
        if file in files:
            row |= {"bytes": (root / file).stat().st_size, "sha256": file_sha256(root / file)}
        if clip := by_file.get(file):
            row |= {"utterance_id": clip.utterance_id, "split": clip.split, "identity": clip.identity}
            streams = {"emotions": clip.emotions, "face": clip.face, "voice": clip.voice, "words": clip.words}
            row |= {
                name: ";".join(f"{e}:{a:.3f}" for e, a in amplitudes.items()) for name, amplitudes in streams.items()
            }
            row |= {"case": clip.case, "seconds": f"{lengths[file]:.3f}", "text": clip.text}
        writer.writerow(row)
    return text.getvalue()


def _keep_times(old: Path, new: Path) -> None:
    """Files that come out the same keep their time of change, so that nothing is computed anew for them."""
    for path in new.rglob("*"):
        before = old / path.relative_to(new)
        if path.is_file() and before.is_file() and file_sha256(before) == file_sha256(path):
            stat = before.stat()
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _move_into_place(building: Path, root: Path) -> None:
    """Swap the new folder in for the old one, which is kept aside until the new one stands."""
    fence.check(root)
    aside = root.with_name(f".{root.name}.{os.getpid()}.old")
    if root.exists():
        os.replace(root, aside)
    os.replace(building, root)
    shutil.rmtree(aside, ignore_errors=True)


if __name__ == "__main__":
    main()
