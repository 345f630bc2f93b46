"""The face stage against facenet-pytorch's MTCNN on every frame at full resolution, on the same 720p clips.

`ours` is the whole stage for a clip, from the file to its crops, in as many workers of one thread as there are
threads. `facenet` is `MTCNN()` with its default settings, detection alone, one frame after the other with all the
threads, on frames that are decoded already; a turn times it on every n-th frame, another n-th each turn, and counts
that n times. Agreement is over the frames that the stage keeps and facenet finds a face in: the share in which our box
(steadied, and interpolated between detections) overlaps facenet's largest by at least 0.8 (intersection over union).

    python benchmarks/faces.py                                  # clips of the demo's renderer
    python benchmarks/faces.py --clips FOLDER --append          # films of your own, scaled to 720 lines
"""

from __future__ import annotations

import csv
import functools
import statistics
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import torch
from clips import make_clips, pixels, rescaled
from facenet_pytorch import MTCNN
from harness import arguments, report

from conclugen.config.stage_one import Faces
from conclugen.faces.boxes import overlap
from conclugen.faces.extract import Extracted, detector, extract
from conclugen.faces.settings import FaceSettings
from conclugen.media.items import MediaItem
from conclugen.media.worker import DecodePool

AGREED = 0.8  # intersection over union
SAME_S = 0.002


def main() -> None:
    """Measure and write a CSV."""
    parser = arguments("faces", __doc__, repeats=5)
    parser.add_argument("--clips", type=Path, help="folder of films to use instead of rendered ones")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--name", default="rendered", help="what the CSV calls the clips")
    parser.add_argument("--append", action="store_true", help="keep the rows of other clips in the CSV")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        if options.clips:
            found = sorted(path for path in options.clips.iterdir() if path.suffix in (".mp4", ".mpg", ".avi"))
            clips = rescaled(found[: options.count], Path(folder))
        else:
            clips = make_clips(Path(folder), options.count, seconds=2.0)
        row = measure(clips, options.repeats, options.threads)
    rows = [{"clips": options.name, **row}]
    if options.append and options.output.exists():
        with open(options.output, newline="") as handle:
            rows = [r for r in csv.DictReader(handle) if r["clips"] != options.name] + rows
    report(options.output, rows, options.threads)


def measure(clips: list[Path], repeats: int, threads: int) -> dict[str, object]:
    """Return the seconds of both, the ratio and the agreement."""
    settings = FaceSettings(detector="mtcnn", **Faces().model_dump())
    items = [MediaItem(clip.stem, clip.name, None, None, None, clip.stat().st_size, "") for clip in clips]
    work = functools.partial(extract, root=str(clips[0].parent), settings=settings)
    facenet, frames = MTCNN(), [pixels(clip) for clip in clips]
    boxes: list[dict[int, np.ndarray]] = [{} for _ in clips]
    ours, theirs = [], []
    with DecodePool(threads, settings.timeout_s, detector) as pool:
        list(pool.imap(work, items * 2))  # starts every worker
        for turn in range(repeats):
            started = time.perf_counter()
            done = [outcome.value for _, outcome in pool.imap(work, items)]
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            for found, images in zip(boxes, frames, strict=True):
                found |= {i: look(facenet, images[i]) for i in range(turn, len(images), repeats)}
            theirs.append((time.perf_counter() - started) * repeats)
    overlaps = [value for args in zip(clips, done, boxes, strict=True) for value in compare(*args)]
    count = sum(len(images) for images in frames)
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return {
        "frames": count,
        "ours_s": statistics.median(ours),
        "facenet_s": statistics.median(theirs),
        "facenet_per_frame_s": statistics.median(theirs) / count,
        "ratio_median": statistics.median(ratios),
        "ratio_least": min(ratios),
        "frames_compared": len(overlaps),
        "iou_median": statistics.median(overlaps),
        "share_iou_0.8": float(np.mean(np.asarray(overlaps) >= AGREED)),
        "repeats": repeats,
    }


def look(facenet: MTCNN, image: np.ndarray) -> np.ndarray | None:
    """Return facenet's largest face (4,) in a frame, None where it finds none."""
    found = facenet.detect(image)[0]
    return None if found is None else np.asarray(found[0], dtype=float)


def compare(clip: Path, done: Extracted, boxes: dict[int, np.ndarray | None]) -> list[float]:
    """Return the overlap in each kept frame in which facenet finds a face; 0 where we have none."""

    with av.open(str(clip)) as container:
        times = np.asarray([frame.time for frame in container.decode(video=0)])
    times, overlaps = times - times[0], []
    grid = np.arange(0, times[-1] + 1e-6, 1 / Faces().fps)
    for row in np.unique(np.searchsorted(times, grid + 1e-4) - 1):
        theirs = boxes[row]
        if theirs is None:
            continue
        mine = np.flatnonzero(np.abs(done.track.time_s - times[row]) < SAME_S)
        overlaps.append(float(overlap(theirs[None], done.track.box[mine])[0, 0]) if len(mine) else 0.0)
    return overlaps


if __name__ == "__main__":
    main()
