"""CMU-MOSI: 2,199 clips of 93 videos of reviewers, each with a sentiment from -3 to 3.

Entry module. Either as MMSA gives it out, `label.csv` beside `Raw/03bSnISJMiM/1.mp4` (1,284, 229 and 686 clips in
train, valid and test), or as the SDK does: `CMU_MOSI_Opinion_Labels.csd`, `Video/Segmented/03bSnISJMiM_1.mp4`,
`Audio/WAV_16000/Segmented/03bSnISJMiM_1.wav` and `Transcript/Segmented/03bSnISJMiM.annotprocessed` with lines
`1_DELIM_…`, whose videos the standard folds assign. The sign of the sentiment is the class: negative, neutral or
positive. Videos are the groups; who speaks is not recorded.

Layouts are those that MMSA and other public code read; the archives themselves were not at hand. That clips are counted
from 1 in the order of time is what their names suggest.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.data.common import run, table
from conclugen.data.dimensions import rescaled
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import Manifest
from conclugen.data.media_index import by_name, columns_of
from conclugen.data.mmsa_table import CLASSES, Clips, by_sign, ones, read_clips
from conclugen.data.mosei import by_start
from conclugen.data.mosei_tables import clean_text, read_csd
from conclugen.data.mosi_folds import FOLDS
from conclugen.data.notes import Notes
from conclugen.data.official import files
from conclugen.data.published import Mosi as Settings
from conclugen.data.scales import SENTIMENT
from conclugen.data.text import decode

_LINE = re.compile(r"(\d+)_(?:DELIM_)?(.*)")


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the labels of either layout and find the clips. Raises LayoutError where there are none."""
    notes, paths = Notes(dataset), files("mosi", root)
    tables = [path for path in paths if path.name == "label.csv"]
    sequences = [path for path in paths if path.suffix == ".csd"]
    path = ones(tables or sequences, root, "label.csv (MMSA) or CMU_MOSI_Opinion_Labels.csd (SDK)")
    clips = read_clips(notes, root, path, "multimodal") if tables else _of_sequence(notes, root, path, paths)
    values = rescaled(notes, SENTIMENT, clips.values, clips.ids, -3, 3, str(path))
    labels = {"label": by_sign(notes, dataclasses.replace(clips, values=values)), SENTIMENT: values}
    return Manifest(table(clips.columns, labels), dataset, "mosi", "single", CLASSES, notes)


def _of_sequence(notes: Notes, root: Path, path: Path, paths: Sequence[Path]) -> Clips:
    """The clips of the SDK's label file, numbered from 1 by their start."""
    words = {file.stem: _words(file) for file in paths if file.suffix == ".annotprocessed"}
    videos, numbers, values = [], [], []
    for video, (intervals, features) in sorted(read_csd(path).items()):
        if features.ndim != 2 or features.shape[1] != 1:
            raise LayoutError(f"{path}: {video} has labels of shape {features.shape}; expected (N, 1)")
        videos += [video] * len(features)
        numbers += (by_start(intervals) + 1).tolist()
        values += features[:, 0].astype(float).tolist()
    ids = [f"{video}/{number}" for video, number in zip(videos, numbers, strict=True)]
    notes.remark([i for i, video in zip(ids, videos, strict=True) if video not in FOLDS], "its video is in no fold")
    texts = [words.get(video, {}).get(number, "") for video, number in zip(videos, numbers, strict=True)]
    notes.remark([name for name, text in zip(ids, texts, strict=True) if not text], "no transcript")
    columns = {
        "utterance_id": ids,
        "split": [FOLDS.get(video, "none") for video in videos],
        "text": texts,
        "group": videos,
        **columns_of(notes, by_name(root), ids, [name.replace("/", "_") for name in ids]),
    }
    return Clips(ids, np.array(values), [""] * len(ids), columns)


def _words(path: Path) -> dict[int, str]:
    """What is said in each clip of a video, by its number."""
    lines = decode(path.read_bytes()).splitlines()
    return {int(match[1]): clean_text(match[2]) for line in lines if (match := _LINE.fullmatch(line.strip()))}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
