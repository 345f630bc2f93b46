"""Stream frames3d_views: frames3d of several augmented copies of each clip, side by side."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

from conclugen.features import faces, views
from conclugen.features.frames3d import items, pool
from conclugen.features.settings import Frames3d, Views

STREAM = "frames3d_views"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ViewsSettings(Frames3d):
    """Settings of the stream: those of frames3d, and how copies are drawn."""

    views: Views


extract = functools.partial(views.extract, STREAM, items, pool)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one face shard."""
    faces.run(argv, __doc__, ViewsSettings, extract, views.describe)


if __name__ == "__main__":
    main()
