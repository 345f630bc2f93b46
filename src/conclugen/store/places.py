"""Where results of the workflow lie, which is what they are: a whole file in the wrong place is a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

DOWNSTREAM = "downstream"  # the folder of all predictions
SHARE = "fraction-"  # begins the folder of predictions for a share of the labels, inside that of their protocol


def base_of(folder: Path) -> Path:
    """Return the folder of a protocol: of predictions for a share of the labels, the one they lie in."""
    return folder.parent if folder.name.startswith(SHARE) else folder


def of_predictions(folder: Path) -> str:
    """Return `{dataset}{target}/{corpus}/{preset}/{method}/{protocol}` of a folder of predictions, and the share.

    It is where the folder lies in that of the workflow; empty for a folder that lies elsewhere.
    """
    folder = Path(os.path.abspath(folder))
    depth = 5 + (folder != base_of(folder))
    return "/".join(folder.parts[-depth:]) if folder.parts[-depth - 1 : -depth] == (DOWNSTREAM,) else ""


def of_model(folder: Path) -> tuple[str, ...]:
    """Return corpus, preset, method and `seed{n}` of a folder of a pretrained network."""
    return Path(os.path.abspath(folder)).parts[-4:]
