"""What a run will cost, from the rates of stage one that were measured: hours of a core, bytes, memory.

The arithmetic is that of docs/scale.md: seconds of film, by how long the files of a sample are, times what a second of
film took and left on the disk.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from conclugen.choices import keeps_faces
from conclugen.config import Config
from conclugen.config.present import available_streams
from conclugen.data.manifest import Manifest
from conclugen.media.lengths import lengths
from conclugen.survey.machine import Finding

RATES = Path(__file__).parents[3] / "benchmarks/results/stage_rates.csv"
SAMPLE = 12  # files whose lengths are asked for
# The rows of that table: layouts whose videos are tight faces or scenes, and which networks were measured.
LAYOUTS = {"none": "voxceleb2", "mtcnn": "mosei"}
MEASURED = {
    "embedded": {"frames2d": "mobilenet_v2", "frames3d": "i3d", "audio": "resemblyzer", "text": "minilm"},
    "paper": {"frames2d": "resnet152", "frames3d": "r3d101", "audio": "davenet", "text": "distilbert_sst2"},
}
NETWORK_MB = 2000  # of PyTorch and a network, beside the features


def film_seconds(root: Path, manifest: Manifest) -> float | None:
    """Return about how many seconds all utterances last; None where no file of the sample tells its length."""
    table = manifest.table
    known = (table["end_s"] - table["start_s"]).dropna() if "start_s" in table else np.array([])
    if len(known) == len(table):
        return float(known.sum())
    media = table["media"].where(table["media"].notna(), table["audio"]).dropna()
    files = [root / media.iloc[place] for place in np.unique(np.linspace(0, len(media) - 1, SAMPLE).astype(int))]
    durations = [length for length in lengths([path for path in files if path.is_file()]) if length]
    return float(np.mean(durations)) * len(media) if durations else None


def costs(config: Config, name: str, manifest: Manifest) -> Iterator[Finding]:
    """Yield a sentence about what stage one of a data set costs, and one on what was never measured."""
    if not RATES.is_file() or not len(manifest.table):
        return
    seconds = film_seconds(Path(config.datasets[name].root), manifest)
    if seconds is None:
        yield Finding("what it costs cannot be told: no file says how long it is")
        return
    rates = _rates(config, name)
    hours = sum(max(0.0, float(row["cpu_s_per_film_s"])) for row in rates.values()) * seconds / 3600
    crops = float(rates["faces"]["kb_per_film_s"]) * seconds / 1e6 if "faces" in rates else 0.0
    crops *= keeps_faces(config, name)
    features = sum(float(row["kb_per_film_s"]) for stage, row in rates.items() if stage != "faces") * seconds / 1e6
    memory = max([NETWORK_MB + 1000 * features, *(float(row["peak_mb"]) for row in rates.values())])
    yield Finding(
        f"about {seconds / 3600:.2g} hours of film: {hours:.2g} core-hours of stage one, {crops:.2g} GB of crops, "
        f"{features:.2g} GB of features, {memory / 1000:.1f} GB of memory for its largest job"
    )
    streams = set(_streams(config, name)) - rates.keys()
    if streams:
        yield Finding(f"not counted, since never measured: {', '.join(sorted(streams))}")


def _streams(config: Config, name: str) -> list[str]:
    used = {stream for streams in config.modalities.values() for stream in streams}
    return [stream for stream in available_streams(config, name) if stream in used]


def _rates(config: Config, name: str) -> dict[str, dict[str, str]]:
    """The measured row of each stage of a data set; none for a stage that was never measured."""
    layout = LAYOUTS.get(config.datasets[name].detector, "mosei")
    with open(RATES, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rates = {}
    for stream in _streams(config, name):
        for kind, backbones in MEASURED.items():
            if backbones.get(stream) == getattr(config.features, stream).backbone:
                rates[stream] = _row(rows, stream, kind, layout)
    if {"frames2d", "frames3d"} & rates.keys():
        rates["faces"] = _row(rows, "faces", "embedded", layout)
    return rates


def _row(rows: list[dict[str, str]], stage: str, kind: str, layout: str) -> dict[str, str]:
    """The row of a stage, of this layout where that was measured."""
    fits = [row for row in rows if (row["stage"], row["networks"]) == (stage, kind)]
    return max(fits, key=lambda row: row["layout"] == layout)
