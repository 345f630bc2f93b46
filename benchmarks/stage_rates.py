"""Processor time of each step of stage one per second of film; docs/scale.md makes the cost of a data set of it.

A small demo corpus is planned by Snakemake; then the very commands of its rules run one by one, and the operating
system says what each of them and all its workers used. Start-up (imports, loading the network) is counted.

    python benchmarks/stage_rates.py
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from pathlib import Path

import av
import pandas as pd
import yaml
from harness import machine, write_csv
from scale import make_project, run

STAGES = ("faces.run", "features.frames2d", "features.frames3d", "features.audio", "features.text")
LAYOUTS = {"voxceleb2": 224, "mosei": 720}  # lines of a frame: tight faces, and whole scenes


def film_seconds(root: Path, manifest: Path) -> float:
    """Seconds of film in a data set; files that cannot be opened count for nothing."""
    total = 0.0
    for name in pd.read_parquet(manifest, columns=["media"])["media"]:
        try:
            with av.open(str(root / name)) as container:
                total += (container.duration or 0) / av.time_base
        except (av.FFmpegError, OSError):
            continue
    return total


def measure(folder: Path, layout: str, clips: int, seconds: float) -> list[dict[str, object]]:
    """The rows of one layout: processor seconds per second of film, by stage."""
    demo = {"utterances": {layout: clips}, "seconds": seconds, "height": LAYOUTS[layout]}
    dataset = {layout: {"adapter": layout, "root": f"results/demo/{layout}"}}
    (folder / "rates.yaml").write_text(yaml.safe_dump({"demo": demo, "datasets": dataset}))
    snakemake = ["-m", "snakemake", "--cores", "2", "--configfile", "rates.yaml"]
    run([*snakemake, "--", f"results/plans/{layout}.csv"], folder)
    planned = run([*snakemake, "-n", "--", f"results/qc/{layout}.csv"], folder).output
    films = film_seconds(folder / f"results/demo/{layout}", folder / f"results/manifests/{layout}.parquet")
    rows = []
    for stage in STAGES:
        [command] = re.findall(rf"python -m conclugen\.{re.escape(stage)} .*", planned)
        log = re.search(r"> (\S+) 2>&1", command)[1]
        (folder / log).parent.mkdir(parents=True, exist_ok=True)
        done = run(["-c", RUN, command], folder)
        size = (folder / re.search(r"--output (\S+)", command)[1]).stat().st_size
        rate = {"cpu_s_per_film_s": done.cpu_seconds / films, "kb_per_film_s": size / 1e3 / films}
        rate |= {"film_seconds": films, "cpu_seconds": done.cpu_seconds}
        kind = {"layout": layout, "height": LAYOUTS[layout], "stage": stage, "clips": clips}
        rows.append({**kind, **rate, "seconds": done.seconds, "peak_mb": done.peak_mb})
    return rows


RUN = "import subprocess, sys; sys.exit(subprocess.run(['bash', '-c', sys.argv[1]]).returncode)"


def main() -> None:
    """Measure both layouts and write a CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each clip, on average")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "stage_rates.csv")
    options = parser.parse_args()
    os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1", "CONCLUGEN_DEVICE": "cpu"}
    rows = []
    with tempfile.TemporaryDirectory() as name:
        make_project(Path(name))
        for layout in LAYOUTS:
            rows += measure(Path(name), layout, options.clips, options.seconds)
    write_csv(options.output, [{**values, **machine(2)} for values in rows])
    for values in rows:
        print(
            values["layout"], values["stage"], f"{values['cpu_s_per_film_s']:.3f} s, {values['kb_per_film_s']:.0f} kB"
        )


if __name__ == "__main__":
    main()
