"""Peak memory of stage one's jobs on a film of an hour against one of six seconds.

Each job is run as its rule runs it, in processes of its own. The peak is the sum, over the job's processes, of the
largest resident memory of each (`VmHWM`, which the kernel keeps), so no moment between two looks is missed. The long
film is the short one 600 times over. It is read once as a segment near its end and once whole, which `max_seconds` cuts
to a minute. Linux only.

    python benchmarks/memory.py
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from clips import exact_clip, repeat
from harness import arguments, report

from conclugen.config.stage_one import Audio, Faces, Frames2d, Frames3d
from conclugen.media.items import FIELDS

SECONDS, TIMES = 6.0, 600
MEGABYTE = 1 << 20
JOBS = {
    "faces": Faces().model_dump() | {"detector": "mtcnn"},
    "frames2d": Frames2d().model_dump(exclude={"seen"}),
    "frames3d": Frames3d().model_dump(exclude={"seen"}),
    "audio": Audio().model_dump(exclude={"seen"}),
}
LISTS = {
    "short, whole": ["short.mp4,,,"],
    "hour, segment": [f"hour.mp4,,{TIMES * SECONDS - 60},{TIMES * SECONDS - 54}"],
    "hour, whole": ["hour.mp4,,,"],
}


@dataclasses.dataclass
class Folder:
    """Where the films and what is made of them lie."""

    path: Path

    def fill(self) -> None:
        """Write the films, unless they are there, and the lists."""
        self.path.mkdir(parents=True, exist_ok=True)
        short, hour = self.path / "short.mp4", self.path / "hour.mp4"
        if not hour.exists():
            repeat(exact_clip(short, SECONDS, 720), hour, TIMES)
        for name, rows in LISTS.items():
            lines = [",".join(FIELDS), *(f"u{i},{row},1,1" for i, row in enumerate(rows))]
            (self.path / f"{name.replace(', ', '-')}.media.csv").write_text("\n".join(lines) + "\n")

    def command(self, job: str, name: str, threads: int) -> list[str]:
        """Return a job's command line on one of `LISTS`."""
        base = self.path / name.replace(", ", "-")
        media = ["--media-list", f"{base}.media.csv", "--root", str(self.path)]
        faces = ["--faces", f"{base}.faces.h5", "--faces-ledger", f"{base}.faces.ledger.csv"]
        module = "conclugen.faces.run" if job == "faces" else f"conclugen.features.{job}"
        command = [sys.executable, "-m", module, *(media if job in ("faces", "audio") else faces)]
        command += ["--settings", json.dumps(JOBS[job]), "--threads", str(threads)]
        return [*command, "--output", f"{base}.{job}.h5", "--ledger", f"{base}.{job}.ledger.csv"]


def main() -> None:
    """Measure and write a CSV."""
    parser = arguments("memory", __doc__, repeats=1)
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS), help="faces come first")
    parser.add_argument("--folder", type=Path, help="keep the films and what is made of them here, and use those there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, rows = Folder(options.folder or Path(name)), []
        folder.fill()
        for job in options.jobs:
            rows += rows_of(job, measure(folder, job, options.repeats, options.threads))
            report(options.output, rows, options.threads)  # after each job, since the whole takes minutes


def rows_of(job: str, peaks: dict[str, list[float]]) -> list[dict[str, object]]:
    """Return a row per film, with its peak over that of the short one."""
    base, rows = statistics.median(peaks["short, whole"]), []
    for film, values in peaks.items():
        middle = statistics.median(values)
        rows.append({"job": job, "film": film, "peak_mb": middle, "ratio": middle / base, "repeats": len(values)})
    return rows


def measure(folder: Folder, job: str, repeats: int, threads: int) -> dict[str, list[float]]:
    """Return the peaks in megabytes of a job on each list, taken in turns."""
    peaks: dict[str, list[float]] = {name: [] for name in LISTS}
    for _ in range(repeats):
        for name, values in peaks.items():
            values.append(peak(folder.command(job, name, threads), threads) / MEGABYTE)
    return peaks


def peak(command: list[str], threads: int) -> int:
    """Run a command; return the sum of its processes' largest resident memories, in bytes."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    process, largest = subprocess.Popen(command, env=environment), {}
    while process.poll() is None:
        try:
            for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
                # The last look counts: until a child executes its own program, its memory is its parent's.
                largest[one.pid] = high_water(one.pid) or largest.get(one.pid, 0)
        except psutil.NoSuchProcess:
            continue
        time.sleep(0.005)
    if process.returncode:
        raise SystemExit(f"{command}: failed with {process.returncode}")
    return sum(largest.values())


def high_water(pid: int) -> int:
    """Return the largest resident memory of a process so far in bytes, 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
