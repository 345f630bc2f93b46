"""Where results of the workflow lie, which is what they are: a whole file in the wrong place is a wrong one."""

from __future__ import annotations

import os
import re
from pathlib import Path

DOWNSTREAM = "downstream"  # the folder of all predictions
SHARE = "fraction-"  # begins the folder of predictions for a share of the labels, inside that of their protocol
FOLD = re.compile(r"fold\d+")  # the innermost folder of what was made in the turn of a fold


def base_of(folder: Path) -> Path:
    """Return the folder of a protocol: of predictions for a share of the labels or in the turn of a fold, the one they
    lie in."""
    folder = folder.parent if FOLD.fullmatch(folder.name) else folder
    return folder.parent if folder.name.startswith(SHARE) else folder


def of_predictions(folder: Path) -> str:
    """Return `{dataset}{target}/{corpus}/{preset}/{method}/{protocol}` of a folder of predictions, the share, the fold.

    It is where the folder lies in that of the workflow; empty for a folder that lies elsewhere.
    """
    folder = Path(os.path.abspath(folder))
    depth = 5 + len(folder.parts) - len(base_of(folder).parts)
    return "/".join(folder.parts[-depth:]) if folder.parts[-depth - 1 : -depth] == (DOWNSTREAM,) else ""


def of_model(folder: Path) -> tuple[str, ...]:
    """Return corpus, preset, method and `seed{n}` of a folder of a pretrained network; of one that learned in the turn
    of a fold, `{corpus}/{fold}` for the corpus."""
    *above, corpus, preset, method, seed = Path(os.path.abspath(folder)).parts
    return (f"{above[-1]}/{corpus}" if above and FOLD.fullmatch(corpus) else corpus, preset, method, seed)
