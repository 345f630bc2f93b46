"""A picture of face shards: `python -m conclugen.faces.contact_sheet --shards S.h5 --output sheet.png`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from conclugen.faces.shard import FaceShard
from conclugen.store.atomic import atomic_path

TILE, CAPTION = 64, 14
LOST = (90, 30, 30)
FORMATS = {".png": "PNG", ".jpg": "JPEG"}


def main(argv: Sequence[str] | None = None) -> None:
    """Write a picture with a row of crops for each utterance, under its id, seconds and what was found."""
    parser = argparse.ArgumentParser(description="Draw the crops of face shards.")
    parser.add_argument("--shards", nargs="+", type=Path, required=True, help="face shards")
    parser.add_argument("--output", type=Path, required=True, help=".png or .jpg to write")
    parser.add_argument("--crops", type=int, default=6, help="crops per utterance")
    parser.add_argument("--rows", type=int, default=24, help="utterances at most, spread over the shards")
    parser.add_argument("--columns", type=int, default=2, help="utterances side by side")
    options = parser.parse_args(argv)
    if options.output.suffix not in FORMATS:
        parser.error(f"{options.output}: its name must end in {' or '.join(FORMATS)}")
    with ExitStack() as stack:
        shards = [stack.enter_context(FaceShard(path)) for path in options.shards]
        sheet = draw(shards, options.crops, options.rows, options.columns)
        with atomic_path(options.output) as temporary:
            sheet.save(temporary, FORMATS[options.output.suffix], quality=85)


def draw(shards: Sequence[FaceShard], crops: int, rows: int, columns: int) -> Image.Image:
    """Return the sheet: up to `rows` utterances, `columns` of them side by side, `crops` crops of each."""
    everyone = [(shard, i) for shard in shards for i in range(len(shard))]
    places = np.linspace(0, len(everyone) - 1, min(rows, len(everyone))).round().astype(int) if everyone else []
    chosen = [everyone[place] for place in np.unique(places)]
    lines = max(1, -(-len(chosen) // columns))
    width, height = crops * TILE + 8, TILE + CAPTION
    sheet = Image.new("RGB", (columns * width, lines * height), "black")
    pen = ImageDraw.Draw(sheet)
    for place, (shard, i) in enumerate(chosen):
        x, y = place % columns * width, place // columns * height
        times, images = shard.frames(i)
        caption = _caption(shard, i, times)
        while pen.textlength(caption) > width - 6:  # a long id gives way to what was found
            caption = f"…{caption.lstrip('…')[1:]}"
        pen.text((x + 2, y + 1), caption, fill="white" if shard.present[i] else "orange")
        if not len(images):
            pen.rectangle((x, y + CAPTION, x + crops * TILE, y + height - 2), fill=LOST)
            continue
        for column, j in enumerate(np.linspace(0, len(images) - 1, min(crops, len(images))).round().astype(int)):
            tile = Image.fromarray(images[j]).resize((TILE, TILE), Image.Resampling.BILINEAR)
            sheet.paste(tile, (x + column * TILE, y + CAPTION))
    return sheet


def _caption(shard: FaceShard, i: int, times: np.ndarray) -> str:
    if not len(times):
        return f"{shard.ids[i]}  not read"
    state = "face" if shard.present[i] else "no face: centre"
    begin, end = shard.frames_offset[i : i + 2]
    detected = int(shard.detected[begin:end].sum())
    return f"{shard.ids[i]}  {times[0]:.1f}-{times[-1]:.1f} s  {len(times)} frames, {detected} detections  {state}"


if __name__ == "__main__":
    main()
