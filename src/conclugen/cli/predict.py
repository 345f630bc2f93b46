"""`conclugen predict FILE… --model FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conclugen.applied.whose_face import FACE, FACES
from conclugen.cli import inputs

if TYPE_CHECKING:
    import pandas as pd

    from conclugen.applied.clips import Clip
    from conclugen.applied.faces_seen import Seen
    from conclugen.applied.model import Model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    inputs.add_arguments(parser)
    parser.add_argument("--output", type=Path, metavar="FILE", help=".csv or .json to write; without it they are shown")
    parser.add_argument(
        "--uncalibrated", action="store_true", help="probabilities as the table measured them, without the temperature"
    )
    parser.add_argument(
        "--draw",
        type=Path,
        metavar="OUT.mp4",
        help="the video with the face's box, scores and words drawn in, and its sound; of several videos a folder",
    )
    parser.add_argument(
        "--faces", choices=FACES, default=FACES[0], help="of several: the one chosen as in training, or each"
    )
    parser.add_argument("--figure", type=Path, metavar="FILE", help=".png, .svg or .pdf of the scores over time")


def run(options: argparse.Namespace) -> None:
    """Score, and say what the scores stand on."""
    from conclugen.applied import drawn, timeline
    from conclugen.applied.outputs import check_output, write

    check_output(options.output, (".csv", ".json"))
    check_output(options.figure, timeline.ENDINGS)
    clips = inputs.clips(options)
    films = {} if options.draw is None else drawn.targets(options.draw, clips)
    model = inputs.loaded(options)
    watched: list[tuple[Clip, Seen]] = []
    how = inputs.how(options) | {"faces": options.faces} | ({"watched": watched} if films else {})
    table = model.predict(clips, calibrated=not options.uncalibrated, **how)
    if options.output is None:
        printed = table.drop(columns="text")
        if FACE in printed:
            printed[FACE] = printed[FACE].astype("string").fillna("")
        print(printed.to_string(index=False, float_format="%.3f", na_rep=""))
    else:
        write(options.output, table)
        print(f"{options.output}: {len(table)} rows")
    if options.figure is not None:
        timeline.draw(options.figure, table, f"{model.exported.name} ({model.exported.data} data)")
        print(f"{options.figure}: drawn")
    for source, target in films.items():
        drawn.draw(source, target, table, watched, model)
        print(f"{target}: drawn")
    for line in told(model, table):
        print(line, file=sys.stderr)


def told(model: Model, table: pd.DataFrame) -> list[str]:
    """Return what is to be known of scores: which modalities there were, and what was never measured."""
    from conclugen.applied.model import HAS

    count = len(table)
    counts = ", ".join(f"{name} in {int(table[f'{HAS}{name}'].sum())}" for name in model.modalities)
    lines = [f"modalities, of {count} rows: {counts}"]
    empty = int((~table[[f"{HAS}{name}" for name in model.modalities]].any(axis=1)).sum())
    lines += [f"{empty} rows have none of them, and so no score; `notes` says why"] if empty else []
    if FACE in table:
        lines.append("Sound and words are of the whole clip, whichever the face: who speaks was not measured.")
    demo = " (the demo corpus, which no person is in)" if model.exported.data == "demo" else ""
    return [
        *lines,
        *inputs.told(model),
        f"Its table measured the test split of {model.exported.dataset}{demo}; on other videos nothing was measured.",
        "A perceived expression is not a felt emotion.",
    ]
