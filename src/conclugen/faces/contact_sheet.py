"""A picture of a face shard: `python -m conclugen.faces.contact_sheet --shard S.h5 --output sheet.png`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from conclugen.faces.shard import FaceShard
from conclugen.store.atomic import atomic_path

TILE, CAPTION = 96, 14
LOST = (90, 30, 30)


def main(argv: Sequence[str] | None = None) -> None:
    """Write a PNG with a row of crops for each utterance, under its id, seconds and what was found."""
    parser = argparse.ArgumentParser(description="Draw the crops of a face shard.")
    parser.add_argument("--shard", required=True, help="face shard")
    parser.add_argument("--output", required=True, help="PNG to write")
    parser.add_argument("--crops", type=int, default=8, help="crops per utterance")
    parser.add_argument("--rows", type=int, default=64, help="utterances at most, spread over the shard")
    parser.add_argument("--columns", type=int, default=2, help="utterances side by side")
    options = parser.parse_args(argv)
    with FaceShard(options.shard) as shard, atomic_path(Path(options.output)) as temporary:
        draw(shard, options.crops, options.rows, options.columns).save(temporary, "PNG")


def draw(shard: FaceShard, crops: int, rows: int, columns: int) -> Image.Image:
    """Return the sheet: up to `rows` utterances, `columns` of them side by side, `crops` crops of each."""
    chosen = np.unique(np.linspace(0, len(shard) - 1, min(rows, len(shard))).round().astype(int)) if len(shard) else []
    lines = max(1, -(-len(chosen) // columns))
    width, height = crops * TILE + 8, TILE + CAPTION
    sheet = Image.new("RGB", (columns * width, lines * height), "black")
    pen = ImageDraw.Draw(sheet)
    for place, i in enumerate(chosen):
        x, y = place % columns * width, place // columns * height
        times, images = shard.frames(int(i))
        pen.text((x + 2, y + 1), _caption(shard, int(i), times), fill="white" if shard.present[i] else "orange")
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
