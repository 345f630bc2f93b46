"""Features that others extracted, in one file: which array is what."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from conclugen.data import mmsa
from conclugen.data.array_files import HDF5, NPZ, PICKLE, Member, explained, open_dataset, open_member
from conclugen.data.arrays import read_array, strings
from conclugen.data.common import split_name
from conclugen.survey.found import Found, SurveyError
from conclugen.survey.tables import MOST_CLASSES, NAMES

IDS = ("ids", *NAMES["id"], "names", "name")
MODALITIES = {  # by what the name of an array begins with
    "video": ("video", "vision", "visual", "face", "image", "frames"),
    "audio": ("audio", "voice", "acoustic", "sound", "speech", "wav"),
    "text": ("text", "word", "language", "sentence", "transcript"),
}


@dataclasses.dataclass(frozen=True)
class Array:
    """Shape and kind of an array, without its values; `kind` as of numpy, `S` for any text."""

    shape: tuple[int, ...]
    kind: str


def arrays(root: Path, file: str, columns: Mapping[str, str], labels: Sequence[str], classes: Sequence[str]) -> Found:
    """Return how a file of arrays is read.

    Args:
        root, file: the folder, and the file in it.
        columns: by role (`id`, `label`, `split`, `speaker`, `group`, `text`), arrays that are known.
        labels: the array of a multi-label task, which then is `label`.
        classes: the names of its columns.

    Raises SurveyError where an array that is needed is not found; ArrayError for a file that cannot be read.
    """
    path = root / file
    known = _known(path)
    called = {name.lower(): name for name in known}
    ids = columns.get("id") or next((called[name] for name in IDS if name in called), None)
    if ids is None or ids not in known:
        raise SurveyError(f"{path}: no array of ids among {', '.join(known)}; say which it is: --column id=NAME")
    count = known[ids].shape[0]
    roles = {role: columns.get(role) or _called(called, known, role, count) for role in ("split", "speaker", "group")}
    if roles["split"] and any(split_name(value) is None for value in set(strings(read_array(path, roles["split"])))):
        roles["split"] = None
    roles["sentiment"] = columns.get("sentiment")
    label = (labels[0] if labels else None) or columns.get("label") or _called(called, known, "label", count)
    taken = {ids, label, *roles.values()}
    named = _features(known, taken, count)
    if not named:
        raise SurveyError(f"{path}: no array of {count} rows of numbers, as features are, among {', '.join(known)}")
    options: dict = {"file": file, "ids": ids, "streams": {name: name for name in named}}
    options |= {role: name for role, name in roles.items() if name}
    options |= _labels(path, label, known, classes)
    modalities: dict[str, list[str]] = {}
    for name in named:
        modalities.setdefault(modality(name) or name, []).append(name)
    summary = f"{file}: {count} rows, ids {ids}, features {', '.join(f'{n} ({known[n].shape[1]})' for n in named)}"
    left = [name for name in known if name not in (*taken, *named)]
    return Found("features", options, modalities, (summary, *([f"not used: {', '.join(left)}"] if left else [])))


def _features(known: Mapping[str, Array], taken: set[str | None], count: int) -> list[str]:
    """The arrays that can be features: those that are called like a modality or, where none is, all that could be."""
    fit = [
        name
        for name, array in known.items()
        if name not in taken and array.kind in "fiu" and len(array.shape) == 2 and array.shape[0] == count
    ]
    return [name for name in fit if modality(name)] or fit


def file_of(root: Path) -> str | None:
    """Return the one file of arrays of a folder; None where there is none. Raises SurveyError for several."""
    files = sorted(path.name for path in root.iterdir() if path.suffix.lower() in (*NPZ, *HDF5, *PICKLE))
    if len(files) > 1:
        raise SurveyError(f"{root}: {', '.join(files)} hold arrays; say which is meant: --table {files[0]}")
    return files[0] if files else None


def _labels(path: Path, label: str | None, known: Mapping[str, Array], classes: Sequence[str]) -> dict:
    if label is None:
        return {}
    if label not in known:
        raise SurveyError(f"{path}: no array {label!r}; it has {', '.join(known)}")
    array = known[label]
    wide = len(array.shape) == 2 and array.shape[1] > 1
    if (wide or array.kind != "S") and not classes:
        values = f"{array.shape[1]} columns" if wide else "numbers"
        raise SurveyError(f"{path}: {label!r} has {values}; say what they stand for, in order: --classes NAME,NAME,…")
    kind = {"kind": "multi" if wide else "single", "key": label}
    return {"labels": kind | ({"classes": list(classes)} if classes else {})}


def _called(called: Mapping[str, str], known: Mapping[str, Array], role: str, count: int) -> str | None:
    """The array with a value per row that is called like a role; of labels one with a row of classes, too."""
    names = [called[name] for name in (*NAMES[role], *(f"{name}s" for name in NAMES[role])) if name in called]
    wide = MOST_CLASSES if role == "label" else 1
    fits = [n for n in names if known[n].shape[0] == count and (*known[n].shape[1:], 1)[0] <= wide]
    return fits[0] if fits else None


def modality(name: str) -> str | None:
    """Return the modality that the name of an array or of columns begins with; None where it begins with none."""
    return next((m for m, starts in MODALITIES.items() if name.lower().startswith(starts)), None)


def _known(path: Path) -> dict[str, Array]:
    """Shape and kind of every array of a file that can be read."""
    if path.suffix.lower() in PICKLE:
        return {name: _array(array) for name, array in mmsa.fields(path).items()}
    with explained(path):
        if path.suffix.lower() in NPZ:
            with zipfile.ZipFile(path) as archive:
                names = [name.removesuffix(".npy") for name in archive.namelist()]
        else:
            names = []
            with h5py.File(path, "r") as file:
                file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    arrays_in_file = {}
    for name in names:
        with open_member(path, name) if path.suffix.lower() in NPZ else open_dataset(path, name) as array:
            arrays_in_file[name] = _array(array)
    return arrays_in_file


def _array(array: Member | h5py.Dataset | np.ndarray) -> Array:
    return Array(tuple(array.shape), "S" if array.dtype.kind in "SUO" else array.dtype.kind)
