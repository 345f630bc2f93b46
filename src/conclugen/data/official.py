"""Where the layouts of DFEW, MAFW, IEMOCAP, MER, CMU-MOSI, CH-SIMS and MSP-IMPROV keep labels, folds and words.

Planning reads this, as it does `sources.py`: the standard library only. The files are found at the root, or in a folder
that the archive unpacks to, up to two levels below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from conclugen.data.mosi_folds import FOLDS

FOLDERS = (
    "dfew",
    "dfew-part2",
    "mafw",
    "labels",
    "iemocap",
    "iemocap_full_release",
    "cmu-mosi",
    "cmu_mosi",
    "mosi",
    "raw",
)
FOLDERS += ("ch-sims", "sims", "ch-sims-v2", "msp-improv", "mer2023", "mer2024", "mer2023-dataset", "mer2024-dataset")
FILES: dict[str, tuple[str, ...]] = {
    # As the archives write them (`single-labeled`, `single_labeled`); the second form is that of the authors' code.
    "dfew": ("EmoLabel_DataSplit/t*/set_*.csv", "label/single_t*set_*.csv"),
    "mafw": ("Train*Test*/*/no_caption/set_*/t*.txt", "Train*Test*/*/set_*/t*.txt"),
    "iemocap": ("Session[1-5]/dialog/EmoEvaluation/Ses*.txt", "Session[1-5]/dialog/transcriptions/Ses*.txt"),
    "mer": ("*label*.csv",),
    "mosi": ("label.csv", "*Opinion*.csd", "*.annotprocessed", "*/*.annotprocessed", "*/*/*.annotprocessed"),
    "sims": ("label.csv", "meta.csv"),
    "mspimprov": ("Evaluation.txt",),
}
WORDLESS = ("dfew", "mafw", "mer", "mspimprov")  # no transcripts but those of a file that one adds
TRANSCRIPTS = "transcripts.csv"
SITE_ID = re.compile(r"[\w-]{11}")  # of a video of CMU-MOSI or CMU-MOSEI


def files(adapter: str, root: Path) -> list[Path]:
    """Return the label files of a layout, and with them what else is read, sorted; none where there are none."""
    paths = {
        path for base in bases(root) for pattern in FILES[adapter] for path in base.glob(pattern) if path.is_file()
    }
    if adapter in WORDLESS and (root / TRANSCRIPTS).is_file():
        paths.add(root / TRANSCRIPTS)
    return sorted(paths)


def bases(root: Path) -> Iterator[Path]:
    """Yield the root and the folders, up to two levels below it, that archives unpack to."""
    yield root
    level = [root]
    for _ in range(2):
        inside = [path for folder in level if folder.is_dir() for path in folder.iterdir() if path.is_dir()]
        level = sorted(path for path in inside if path.name.lower() in FOLDERS)
        yield from level


def is_one(adapter: str, root: Path) -> bool:
    """Whether a folder has this layout, by its label files; CMU-MOSI and CH-SIMS share the name of one."""
    paths = [path for path in files(adapter, root) if path.name != TRANSCRIPTS]
    tables = [path for path in paths if path.name in ("label.csv", "meta.csv")]
    if adapter == "mer":
        return any(path.name in ("train-label.csv", "label-disdim.csv") for path in paths)
    if adapter == "mosi" and not tables:
        return any(path.suffix == ".csd" for path in paths)
    if adapter in ("mosi", "sims"):
        return any(_whose(path) == adapter for path in tables)
    return bool(paths)


def _whose(path: Path) -> str | None:
    """Whose label table of MMSA this is, by the video in its first row; None: of CMU-MOSEI, or it is no such table."""
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        header, row = file.readline().strip().split(","), file.readline().strip().split(",")
    if header[:2] != ["video_id", "clip_id"] or "label" not in header:
        return None
    return "mosi" if row[0] in FOLDS else None if SITE_ID.fullmatch(row[0]) else "sims"
