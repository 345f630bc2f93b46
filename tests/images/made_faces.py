"""Rows of a small FER2013: made pictures whose class is where a bright bar lies."""

from __future__ import annotations

import csv

import numpy as np

USAGES = {"Training": 84, "PublicTest": 42, "PrivateTest": 42}


def picture(label, generator):
    """A 48 x 48 picture of a class: a bar at its height, on noise."""
    image = generator.integers(40, 90, (48, 48))
    image[3 + 6 * label : 8 + 6 * label] += 120
    return image


def cells(image):
    """The cell of a picture in the CSV."""
    return " ".join(str(value) for value in np.asarray(image).ravel())


def write_csv(path, rows, header=("emotion", "pixels", "Usage")):
    """Write rows under a header."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def made(usages=USAGES, seed=0):
    """Rows (emotion, pixels, Usage) of a made FER2013."""
    generator = np.random.default_rng(seed)
    return [(n % 7, cells(picture(n % 7, generator)), usage) for usage, count in usages.items() for n in range(count)]
