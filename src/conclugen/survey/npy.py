"""Arrays in files of their own (.npy), as they come from a script: put side by side into the one file that is read."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from conclugen.data.common import scan
from conclugen.media.suffixes import MEDIA
from conclugen.store.atomic import atomic_path
from conclugen.survey import arrays
from conclugen.survey.found import Found, SurveyError

ENDING = ".npy"


def files(root: Path) -> list[Path]:
    """Return the files of single arrays in a folder; none where media lie below it, which are what is meant."""
    if next(iter(scan(root, MEDIA)), None):
        return []
    return sorted(path for path in root.iterdir() if path.suffix.lower() == ENDING)


def packed(
    root: Path,
    alone: Sequence[Path],
    output: Path,
    columns: Mapping[str, str],
    labels: Sequence[str],
    classes: Sequence[str],
) -> Found:
    """Write the files `alone`, byte by byte, into one archive (.npz), and return how that is read, as
    `survey.arrays.arrays` does. What it refuses leaves no archive behind.
    """
    with atomic_path(output) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for path in alone:
                archive.write(path, f"{path.stem}{ENDING}")
        # named as what it is, or the reader would not know it
        linked = Path(f"{temporary}.npz")
        os.link(temporary, linked)
        try:
            outcome = arrays.arrays(root, str(linked.absolute()), columns, labels, classes)
        except SurveyError as error:
            raise SurveyError(str(error).replace(str(linked.absolute()), f"{root}/*{ENDING}")) from error
        finally:
            linked.unlink()
    written = f"{output}: written, from {', '.join(path.name for path in alone)}"
    notes = tuple(note.replace(str(linked.absolute()), output.name) for note in outcome.notes)
    return Found(
        outcome.adapter, outcome.options | {"file": os.path.abspath(output)}, outcome.modalities, (written, *notes)
    )
