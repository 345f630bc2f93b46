"""Which official layout a folder has, by what only that layout has."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from conclugen.data import caer, official, sources
from conclugen.data.class_names import folded
from conclugen.media.suffixes import is_sound

# Utterances as their owners give them out: VoxCeleb2's dev part, CMU-MOSEI's labels, the lists of MELD, CAER's clips,
# the speech of RAVDESS, CREMA-D's clips, EmoDB's sentences; the clips of DFEW and MAFW, the turns of IEMOCAP and
# MSP-IMPROV, the labelled clips of MER, those of CMU-MOSI and CH-SIMS.
OFFICIAL = {
    "voxceleb2": 1_092_009,
    "mosei": 23_259,
    "meld": 13_708,
    "caer": 13_201,
    "ravdess": 1_440,
    "cremad": 7_442,
    "emodb": 535,
    "dfew": 16_372,
    "mafw": 10_045,
    "iemocap": 10_039,
    "mer": 5_030,
    "mosi": 2_199,
    "sims": 2_281,
    "mspimprov": 8_438,
}


def layout_of(root: Path) -> str | None:
    """Return the adapter of the official layout of a folder; None where it has none."""
    return next((name for name, is_one in LAYOUTS.items() if is_one(root)), None)


def _mosei(root: Path) -> bool:
    folders = sources.mosei_bases(root)
    return (
        sources.first(folders, "CMU_MOSEI_Labels.csd", "standard_folds.json", *sources.MOSEI_MEDIA.values()) is not None
    )


def _meld(root: Path) -> bool:
    return any(path for path, _ in sources.meld_parts(root).values())


def _voxceleb2(root: Path) -> bool:
    return sources.first([sources.voxceleb2_base(root)], "dev/mp4", "test/mp4", "dev/aac", "test/aac") is not None


def _caer(root: Path) -> bool:
    """Folders of classes that CAER has, below folders of parts that it has."""
    known = set(caer.CLASSES)
    return any(folded(path.name) in known for path in sources.caer(root, {}) if path.is_dir())


def _ravdess(root: Path) -> bool:
    actors = sources.ravdess(root, {})
    return any(sources.RAVDESS_NAME.fullmatch(file.name) for actor in actors for file in actor.iterdir())


def _cremad(root: Path) -> bool:
    return bool(sources.cremad(root, {}))


def _emodb(root: Path) -> bool:
    """Recordings named as only EmoDB names them, in the folder or in its `wav`."""
    names = [path.name for folder in sources.bases(root, ("emodb", "wav")) for path in folder.glob("[01]*.*")]
    return sum(bool(sources.EMODB_NAME.fullmatch(name)) and is_sound(name) for name in names) > len(names) / 2


LAYOUTS: dict[str, Callable[[Path], bool]] = {
    "mosei": _mosei,
    "meld": _meld,
    "voxceleb2": _voxceleb2,
    "caer": _caer,
    "ravdess": _ravdess,
    "cremad": _cremad,
    "emodb": _emodb,
    **{name: functools.partial(official.is_one, name) for name in official.FILES},
}
