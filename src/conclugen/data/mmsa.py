"""The feature files of MMSA (`aligned_50.pkl`, `unaligned_50.pkl`, `unaligned_39.pkl`): arrays by name, pooled over
time.

`{train, valid, test}` each have `id` (`video$_$clip`), `raw_text`, `annotations`, `regression_labels` and the like (N),
and sequences `text`, `audio` and `vision` (N, T, D), padded. Here the three follow one another, `split` and `video` are
added, and of a sequence the mean over its steps (N, D) is taken. Steps of `audio` and `vision` are as many as
`audio_lengths` and `vision_lengths` say; without these, and for `text`, those that `text_bert` does not mask; without
that, those that are not all 0. Entries that are not finite, as COVAREP has them, are left out of the mean.

The layout is that of MMSA's own description and reader; the files themselves were not at hand.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from conclugen.data.array_files import ArrayError
from conclugen.data.pickles import plain, read_plain

SPLITS = ("train", "valid", "test")
ID, SPLIT, VIDEO, BETWEEN = "id", "split", "video", "$_$"
MASKED, MASK = "text_bert", 1  # (N, 3, T): word pieces, which of them are there, segments


def read(path: Path, key: str) -> np.ndarray:
    """Return the array `key` (N, …) of all splits. Raises ArrayError where it is not there or cannot be used."""
    arrays = fields(path)
    if key not in arrays:
        raise ArrayError(f"{path}: no array {key!r}; it holds {sorted(arrays)}")
    return arrays[key]


def fields(path: Path) -> dict[str, np.ndarray]:
    """Return every array of the file by name, pooled. Raises ArrayError where it is no feature file of MMSA."""
    seen = path.stat()
    return _fields(path, seen.st_size, seen.st_mtime_ns)


@functools.lru_cache(maxsize=1)  # pooled, it is small; the manifest asks for one array after the other
def _fields(path: Path, size: int, modified: int) -> dict[str, np.ndarray]:
    held = read_plain(path)
    if not isinstance(held, dict) or not all(isinstance(held.get(name), dict) for name in SPLITS):
        raise ArrayError(f"{path}: no feature file of MMSA, which holds a dict for each of {', '.join(SPLITS)}")
    parts = [_part(f"{path}: {name}", name, held.pop(name)) for name in SPLITS]
    shared = [name for name in parts[0] if all(name in part for part in parts)]
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in shared}
    except ValueError as error:
        raise ArrayError(f"{path}: its splits do not fit together ({error})") from error


def _part(where: str, split: str, held: Mapping[str, object]) -> dict[str, np.ndarray]:
    """The arrays of one split, each with a row per id."""
    if ID not in held:
        raise ArrayError(f"{where} has no {ID!r}; it holds {sorted(map(str, held))}")
    ids = _ids(plain(held[ID]))
    arrays = {ID: ids, SPLIT: np.full(len(ids), split, object)}
    arrays[VIDEO] = np.array([name.split(BETWEEN)[0] for name in ids], object)
    for name, value in held.items():
        array = np.asarray(plain(value)) if not _is_text(value) else np.array(list(value), object)
        if name == ID or not isinstance(name, str) or array.ndim == 0 or array.dtype.kind not in "biufSUO":
            continue
        if len(array) != len(ids):
            raise ArrayError(f"{where}: {name!r} has {len(array)} rows, but there are {len(ids)} ids")
        if array.ndim == 3 and name != MASKED:
            array = array[:, 0] if array.shape[1] == 1 else _pooled(array, _steps(name, array, held))
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim <= 2:
            arrays[name] = array
    return arrays


def _is_text(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, str) for item in value)


def _ids(values: object) -> np.ndarray:
    """Ids (N,) as text; rows of several parts are joined."""
    rows = [row if isinstance(row, list | tuple) else [row] for row in np.asarray(values).tolist()]
    texts = [
        [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in row] for row in rows
    ]
    return np.array([BETWEEN.join(row) for row in texts], object)


def _steps(name: str, values: np.ndarray, held: Mapping[str, object]) -> np.ndarray:
    """Which steps of each sequence are there (N, T)."""
    lengths = held.get(f"{name}_lengths")
    if lengths is not None:
        return np.arange(values.shape[1]) < np.asarray(plain(lengths)).reshape(-1, 1)
    mask = np.asarray(plain(held.get(MASKED, ())))
    if mask.ndim == 3 and mask.shape[2] == values.shape[1]:
        return mask[:, MASK] > 0
    return (values != 0).any(2)


def _pooled(values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The mean (N, D) float32 over the finite entries of the steps (N, T), NaN where there are none."""
    count = np.zeros((len(values), values.shape[2]))
    total = np.zeros_like(count)
    for time in range(values.shape[1]):  # step by step, so that no copy of the whole is made
        good = np.isfinite(values[:, time]) & steps[:, time, None]
        total += np.where(good, values[:, time], 0)
        count += good
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
