"""Stream frames2d_views: frames2d of several augmented copies of each clip, side by side."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from conclugen.features import faces, views
from conclugen.features.frames2d import pool
from conclugen.features.settings import Frames2d, Views

STREAM = "frames2d_views"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ViewsSettings(Frames2d):
    """Settings of the stream: those of frames2d, and how copies are drawn."""

    views: Views


extract = functools.partial(views.extract, STREAM, lambda _: np.arange, pool)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one face shard."""
    faces.run(argv, __doc__, ViewsSettings, extract, views.describe)


if __name__ == "__main__":
    main()
