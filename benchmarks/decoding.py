"""Our reading of a film, per worker, against the decoder alone on the same file.

`ours` reads the frames of the face stage's grid, as a worker does: decode, presentation times, conversion to RGB of
the frames that are kept. `ours_all` keeps every frame. `bare` is the stand-in for `ffmpeg -f null` where no such
program is (the column `reference` says which of the two it was): the same FFmpeg libraries in one thread, every frame
decoded and thrown away. Like it, it converts nothing. Seconds are the processor's: each side runs in one thread.

    python benchmarks/decoding.py
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import av
from clips import exact_clip
from harness import alternate, arguments, processor_seconds, ratio, report

from conclugen.config.stage_one import Faces
from conclugen.faces.crops import CROP_LINES
from conclugen.media.video import Report, sample_video

LINES = (240, 360, 720)


def main() -> None:
    """Measure and write a CSV."""
    parser = arguments("decoding", __doc__, repeats=9)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of the clips")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            measure(exact_clip(Path(folder) / f"{lines}.mp4", options.seconds, lines), lines, options.repeats)
            for lines in LINES
        ]
    report(options.output, rows, threads=1)


def measure(path: Path, lines: int, repeats: int) -> dict[str, object]:
    """Return frames per second of ours and of the bare decoder."""
    program = shutil.which("ffmpeg")
    things = {
        "bare": (lambda: with_program(program, path)) if program else (lambda: bare(path)),
        "ours": lambda: ours(path, Faces().fps),
        "ours_all": lambda: ours(path, 1000.0),
    }
    seconds, frames = alternate(things, repeats, clock=processor_seconds), bare(path)
    return {
        "lines": lines,
        "frames": frames,
        "reference": "ffmpeg -f null" if program else "PyAV loop, one thread",
        **{f"{name}_frames_per_s": frames / min(values) for name, values in seconds.items()},
        "ratio_median": ratio(seconds["bare"], seconds["ours"]),
        "ratio_all_frames_median": ratio(seconds["bare"], seconds["ours_all"]),
        "repeats": repeats,
    }


def ours(path: Path, fps: float) -> int:
    """Read a film as the face stage does; return the number of frames kept."""
    return sum(1 for _ in sample_video(path, fps, None, None, Faces().max_seconds, CROP_LINES, Report()))


def bare(path: Path) -> int:
    """Decode a film and throw its frames away; return their number."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        return sum(1 for _ in container.decode(video=0))


def with_program(program: str, path: Path) -> None:
    """Let ffmpeg decode a film and throw its frames away."""
    command = [program, "-v", "error", "-threads", "1", "-i", str(path), "-map", "0:v:0", "-f", "null", "-"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
