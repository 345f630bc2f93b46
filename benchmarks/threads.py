"""What threads cost: the rule of one thread per decoding worker against the ways to ask for more than there are.

Rows of the job `faces`, on the same clips: as many workers of one thread as the rule has threads (how the stage runs),
one worker alone, twice as many workers as threads, and workers whose PyTorch takes as many threads as the rule has.
Rows of the job `network`: MobileNetV2 on one batch in one process with one thread, with the rule's, with twice as many,
and in two processes that have the rule's threads each. `per_s` is items per second of the processor, so threads that
wait for each other actively lower it and threads that sleep do not; `relative` is that over the first row of the job.

    python benchmarks/threads.py
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import torch
from clips import make_clips
from harness import alternate, arguments, report

from conclugen.config.stage_one import Faces
from conclugen.faces.extract import Extracted, detector, extract
from conclugen.faces.settings import FaceSettings
from conclugen.features.backbones import mobilenet_v2
from conclugen.media.items import MediaItem
from conclugen.media.worker import DecodePool

BATCH, BATCHES = 16, 4


def main() -> None:
    """Measure and write a CSV."""
    options = arguments("threads", __doc__, repeats=3).parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with tempfile.TemporaryDirectory() as folder:
        rows = of_faces(make_clips(Path(folder), 8, 1.0), options.threads, options.repeats)
    rows += of_network(options.threads, options.repeats)
    report(options.output, rows, options.threads)


def of_faces(clips: list[Path], threads: int, repeats: int) -> list[dict[str, object]]:
    """Measure the face stage with several numbers of workers and threads."""
    settings = FaceSettings(detector="mtcnn", **Faces().model_dump())
    items = [MediaItem(clip.stem, clip.name, None, None, None, 0, "") for clip in clips]
    ways = {(threads, 1): "as the rule runs it", (1, 1): "one worker", (2 * threads, 1): "twice the workers"}
    ways[threads, threads] = "as many threads in each worker"
    pools = {way: DecodePool(way[0], settings.timeout_s, detector) for way in ways}
    tasks = {way: functools.partial(cut, root=str(clips[0].parent), settings=settings, threads=way[1]) for way in ways}
    try:
        things = {way: functools.partial(drain, pools[way], tasks[way], items) for way in ways}
        seconds = alternate({str(way): do for way, do in things.items()}, repeats, clock=spent)
    finally:
        for pool in pools.values():
            pool.__exit__()
    return rows_of("faces", {(name, *way): seconds[str(way)] for way, name in ways.items()}, len(clips))


def spent() -> float:
    """Return the processor time of this process and of its children that live, in seconds."""
    here = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in [here, *here.children(recursive=True)])


def drain(pool: DecodePool, task: Callable[[MediaItem], Extracted], items: list[MediaItem]) -> None:
    """Run every item."""
    for _, outcome in pool.imap(task, items):
        if outcome.value is None:
            raise SystemExit(f"a clip failed: {outcome.reason}")


def cut(item: MediaItem, root: str, settings: FaceSettings, threads: int) -> Extracted:
    """Cut a face with so many threads."""
    detector()
    torch.set_num_threads(threads)
    return extract(item, root, settings)


def of_network(threads: int, repeats: int) -> list[dict[str, object]]:
    """Measure a backbone in one process and in two."""
    ways = {"one thread": (1, 1), "the rule's threads": (1, threads), "twice the threads": (1, 2 * threads)}
    ways["two processes, the rule's threads each"] = (2, threads)
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(2, initializer=load) as pool:
        things = {name: functools.partial(forward, pool, *way) for name, way in ways.items()}
        seconds = alternate(things, repeats, clock=spent)
    frames = BATCH * BATCHES * 2
    return rows_of("network", {(name, *way): seconds[name] for name, way in ways.items()}, frames)


def load() -> None:
    """Load the network of a process."""
    global NETWORK
    NETWORK = mobilenet_v2.build(None).load(torch.device("cpu"))[0]


def forward(pool: multiprocessing.pool.Pool, processes: int, threads: int) -> None:
    """Run the same number of batches in one process or divided among two."""
    pool.map(batches, [(threads, 2 * BATCHES // processes)] * processes, chunksize=1)


def batches(work: tuple[int, int]) -> None:
    """Run batches in this process."""
    threads, count = work
    torch.set_num_threads(threads)
    with torch.inference_mode():
        for _ in range(count):
            NETWORK(torch.zeros(BATCH, 3, 224, 224))


def rows_of(job: str, seconds: dict[tuple[str, int, int], list[float]], items: int) -> list[dict[str, object]]:
    """Return a row per way: items per second, and that over the first way's."""
    first = statistics.median(next(iter(seconds.values())))
    return [
        {
            "job": job,
            "way": name,
            "processes": processes,
            "threads_each": threads,
            "per_s": items / statistics.median(values),
            "relative": first / statistics.median(values),
            "repeats": len(values),
        }
        for (name, processes, threads), values in seconds.items()
    ]


if __name__ == "__main__":
    main()
