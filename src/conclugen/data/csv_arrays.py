"""Arrays in CSV files: columns by name or pattern, read by pandas in the dialect that fits the whole file."""

from __future__ import annotations

import csv
import fnmatch
import functools
import mmap
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from conclugen.data.array_files import ArrayError
from conclugen.data.class_names import MISSING, spelling
from conclugen.data.csv_dialects import EDGES, Table
from conclugen.data.csv_tables import scan_csv
from conclugen.data.errors import LayoutError
from conclugen.data.labels import EITHER, numbers
from conclugen.data.text import open_text

LOOKED_AT = 1000  # rows, where there is no quotation mark that a later one could show to be another character


def csv_header(path: Path) -> list[str]:
    """Return the names of the columns, empty where one has none. Raises ArrayError for a file that is no table."""
    return list(_table(path).header)


def csv_columns(path: Path, key: str, without: Collection[str] = ()) -> list[int]:
    """Places of the columns that `key` names: one of this name, or all that it matches as a pattern, except for those
    that one of `without` names in the same way.

    Raises ArrayError where there is none.
    """
    header = csv_header(path)
    hidden = {name for other in without for name in _matching(header, other)}
    wanted = _matching(header, key) - hidden
    if not wanted:
        raise ArrayError(f"{path}: no column {key!r}; it has {header[:20]}")
    if twice := [name for name in wanted if header.count(name) > 1]:
        raise ArrayError(f"{path}: two columns are called {twice[0]!r}; rename one")
    return [place for place, name in enumerate(header) if name in wanted]


def class_columns(path: Path, key: str, classes: Sequence[str]) -> list[int]:
    """The order in which the columns that `key` matches are those of `classes` (C,), by their names: these, or what of
    them a pattern leaves open, such as `happy` of `label_happy` and `label_*`. As they stand where no name is a class.

    Raises ArrayError where some names are and others are not.
    """
    names = [csv_header(path)[place] for place in csv_columns(path, key)]
    before, after = re.match(r"[^*?\[]*", key)[0], re.search(r"[^*?\]]*$", key)[0]
    open_part = [spelling(name.removeprefix(before).removesuffix(after)) for name in names]
    wanted = [spelling(name) for name in classes]
    for columns in ([spelling(name) for name in names], open_part):
        if set(columns) == set(wanted) and len(columns) == len(wanted) == len(set(wanted)):
            return [columns.index(name) for name in wanted]
    if {*map(spelling, names), *open_part} & set(wanted):
        raise ArrayError(f"{path}: the columns {names} are not those of the classes {list(classes)}; name them alike")
    return list(range(len(names)))


def _matching(header: Sequence[str], key: str) -> set[str]:
    return {key} & set(header) or set(fnmatch.filter(filter(None, header), key))


def check_csv(path: Path) -> None:
    """Raise ArrayError where a row of the file is not as long as the header, or has empty cells alone."""
    try:
        empty = scan_csv(path).empty
    except LayoutError as error:
        raise ArrayError(str(error)) from error
    if empty:
        raise ArrayError(f"{path}, line {empty}: a row of empty cells; delete it")


def csv_texts(path: Path, column: int) -> np.ndarray:
    """Return the cells of one column as stripped text (N,), of Python strings: one long text costs its own length."""
    with open_text(path) as handle:
        frame = pd.read_csv(handle, usecols=[column], dtype=str, keep_default_na=False, **_options(path))
    return frame.iloc[:, 0].str.strip(EDGES).to_numpy(dtype=object)


def csv_numbers(path: Path, columns: Sequence[int], rows: int | None = None) -> Iterator[np.ndarray]:
    """Yield the numbers of some columns (n, D) float64, NaN where a cell is empty; all rows at once, or `rows` of them.

    Raises ArrayError for a cell that is no number, with the name of its column.
    """
    with open_text(path) as handle:
        read = pd.read_csv(handle, usecols=list(columns), chunksize=rows, low_memory=False, **_options(path))
        for frame in read if rows else [read]:
            yield np.column_stack([_numbers(frame.iloc[:, i], path) for i in range(frame.shape[1])])


def _numbers(column: pd.Series, path: Path) -> np.ndarray:
    if column.dtype.kind in "fiub":
        return column.to_numpy(float)
    cells = column.astype(object).where(column.notna(), "").astype(str).str.strip(EDGES).tolist()
    values = numbers(cells, _table(path).dialect.decimal_comma)
    for row in np.flatnonzero(np.isnan(values)):
        if cells[row] and cells[row].lower() not in MISSING:
            which = "no number" if not EITHER.fullmatch(cells[row]) else "a thousand, or one and a fraction"
            raise ArrayError(f"{path}: column {column.name!r} holds {cells[row][:40]!r}, which is {which}")
    return values


def _table(path: Path) -> Table:
    stat = path.stat()
    return _scanned(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _scanned(path: Path, size: int, modified: int) -> Table:
    """How the file is written; of one without quotation marks its first rows say so."""
    try:
        return scan_csv(path, None if _has_marks(path, size) else LOOKED_AT)
    except LayoutError as error:
        raise ArrayError(str(error)) from error


def _has_marks(path: Path, size: int) -> bool:
    if not size:
        return False
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b'"') >= 0


def _options(path: Path) -> dict[str, Any]:
    """How pandas reads the file as it is written."""
    table = _table(path)
    dialect = table.dialect
    return {
        "sep": dialect.delimiter,
        "quoting": csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
        "doublequote": not dialect.escaped,
        "escapechar": "\\" if dialect.escaped else None,
        "skipinitialspace": dialect.quoted,
        "skiprows": table.skipped,
        "header": 0,
        "index_col": False,
    }
