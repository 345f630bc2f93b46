"""What an image data set holds: its rows, and its pictures one after the other.

A layout reads labels and splits at once, and pictures as they are asked for, so that memory never holds the set. What
is wrong with the whole set is a LayoutError; what is wrong with one picture is the reason of its loss.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
MOST_PIXELS = 64_000_000  # of one picture; more is no photograph of a face
Picture = np.ndarray | str  # (H, W) or (H, W, 3) uint8, or why there is none


@dataclasses.dataclass(frozen=True)
class Listing:
    """An image data set.

    Attributes:
        classes: names, in the official order.
        table: `image_id`, `split`, `label` (None where unknown), and further columns of numbers such as valence.
        pictures: called for an iterator over the pictures, in the order of the table.
        channels: 1 for grey, 3 for RGB.
        size: pixels of the stored square where the settings leave it open.
        notes: what was understood otherwise than written, and what labels were lost.
    """

    classes: tuple[str, ...]
    table: pd.DataFrame
    pictures: Callable[[], Iterator[Picture]]
    channels: int
    size: int
    notes: Notes


def files(paths: Sequence[Path], boxes: Sequence[tuple[int, int, int, int] | None] = ()) -> Iterator[Picture]:
    """Yield the picture in each file, cut to its box (left, top, right, bottom) where there is one."""
    for number, path in enumerate(paths):
        yield read_file(path, boxes[number] if boxes else None)


def read_file(path: Path, box: tuple[int, int, int, int] | None = None) -> Picture:
    """Return the RGB picture (H, W, 3) of a file, or why it cannot be read."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                return f"has {image.width} x {image.height} pixels, more than {MOST_PIXELS}"
            whole = image.convert("RGB")
    except FileNotFoundError:
        return "there is no such file"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return f"cannot be read ({' '.join(str(error).split())})"
    if box is not None:
        whole = whole.crop(box)
    if 0 in whole.size:
        return "is empty"
    return np.asarray(whole)


def square(picture: np.ndarray, size: int, channels: int) -> np.ndarray:
    """Return (size, size, channels) uint8: the shorter side made `size`, the centre kept, grey or RGB."""
    image = Image.fromarray(picture).convert("L" if channels == 1 else "RGB")
    if image.size != (size, size):
        scale = size / min(image.size)
        width, height = (max(size, round(side * scale)) for side in image.size)
        left, top = (width - size) // 2, (height - size) // 2
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        image = image.crop((left, top, left + size, top + size))
    return np.asarray(image).reshape(size, size, channels)


def images_below(folder: Path) -> list[Path]:
    """Return the images in a folder, by name; numbers in names count as numbers. Raises LayoutError for none."""
    files = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    if not files:
        raise LayoutError(f"{folder}: holds no image ({', '.join(SUFFIXES)})")
    return sorted(
        files, key=lambda path: (path.stem.isdigit(), len(path.stem) if path.stem.isdigit() else 0, path.name)
    )


def hold_out(groups: Iterable[str], share: float) -> np.ndarray:
    """Return (N,) bool: which rows a training fold gives up for validation, by the hash of each row's group."""
    places = [int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64 for group in groups]
    return np.array(places) < share


def named(number: int | None, classes: Sequence[str]) -> str | None:
    """Return the class of a number; None where there is no such class."""
    return classes[number] if number is not None and 0 <= number < len(classes) else None
