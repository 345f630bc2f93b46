"""CH-SIMS and CH-SIMS v2: Chinese clips with a sentiment from -1 to 1 of all they say, and of each modality alone.

Entry module. `label.csv` (2,281 clips of 60 videos: 1,368, 456 and 457 in train, valid and test) or, of version 2,
`meta.csv` (4,403 of the supervised part) beside `Raw/video_0001/0001.mp4`. `label: text`, `audio` or `vision` takes
what raters said who saw or heard that modality alone. The sign is the class: negative, neutral or positive. The value
is kept as `sentiment` from -3 to 3, so that its mean absolute error divided by 3 is the one that the field prints;
`acc7` then stands for steps of a third, which nobody prints for this set. Videos are the groups; who speaks is not
recorded.

Layout is that which MMSA reads, counts are those that public code states; the archive itself was not at hand.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.common import run, table
from conclugen.data.dimensions import rescaled
from conclugen.data.errors import require_choice
from conclugen.data.manifest import Manifest
from conclugen.data.mmsa_table import CLASSES, COLUMNS, by_sign, ones, read_clips
from conclugen.data.notes import Notes
from conclugen.data.official import files
from conclugen.data.published import Sims as Settings
from conclugen.data.scales import SENTIMENT


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the table and find its clips. Raises LayoutError where there is none, or it lacks a column."""
    require_choice("label", settings.label, COLUMNS)
    notes = Notes(dataset)
    path = ones(files("sims", root), root, "label.csv or, of version 2, meta.csv")
    clips = read_clips(notes, root, path, settings.label)
    values = rescaled(notes, SENTIMENT, clips.values, clips.ids, -1, 1, f"{path}: {COLUMNS[settings.label]}")
    labels = {"label": by_sign(notes, dataclasses.replace(clips, values=values)), SENTIMENT: values}
    return Manifest(table(clips.columns, labels), dataset, "sims", "single", CLASSES, notes)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
