"""How a CSV file is written: the delimiter and the quotation marks that fit every row of it.

A table is read as one dialect from its first to its last row: cells in quotation marks as RFC 4180 says, or with
backslashes, or none at all, where a mark is a character like any other. A table that fits none is refused with the
number of a line, since whatever is made of it would be a guess. Standard library only: planning reads tables, too.
"""

from __future__ import annotations

import csv
import dataclasses
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Iterator

DELIMITERS = (",", ";", "\t", "|")
EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\ufeff"  # white space, and what has no width
_HINT = re.compile(r"\"?sep=([,;|\t])\"?(?:\r\n?|\n)")  # a first line that Excel writes
Lines = Callable[[], Iterable[str]]  # a new reading of the file, by lines with their ends


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a table is written.

    Attributes:
        delimiter: between cells.
        quoted: cells may stand in quotation marks; else these are characters like others.
        escaped: a mark within them has a backslash before it; else it is written twice.
    """

    delimiter: str
    quoted: bool
    escaped: bool = False

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers have a decimal comma where nothing else shows it: spreadsheets part cells by semicolons where
        the comma is taken."""
        return self.delimiter == ";"

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Return the reader of `lines`; its `line_num` counts them."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            doublequote=not self.escaped,
            escapechar="\\" if self.escaped else None,
            skipinitialspace=self.quoted,
            strict=self.quoted,
        )


@dataclasses.dataclass(frozen=True)
class Table:
    """What was read of a table.

    Attributes:
        dialect: the one that fits.
        skipped: lines before the header.
        header: names of the columns, stripped; empty where a column has none.
        rows: stripped cells of the rows that have any, as many as the header has names.
        empty: the number of the first line of empty cells alone, 0 where there is none.
    """

    dialect: Dialect
    skipped: int
    header: list[str]
    rows: list[list[str]]
    empty: int


class MisfitError(ValueError):
    """A table that fits no dialect, with the number of a line."""


def fit(lines: Lines, limit: int | None = None, keep: bool = True) -> Table:
    """Return the table by the first dialect that fits; without its rows where they need not be kept.

    At most `limit` rows are looked at, where that is given. Raises MisfitError.
    """
    csv.field_size_limit(sys.maxsize)
    misfits = []
    for dialect, skipped in _dialects(lines):
        try:
            return _read(lines, dialect, skipped, limit, keep)
        except MisfitError as misfit:
            misfits.append(misfit)
    raise misfits[0]


def _dialects(lines: Lines) -> Iterator[tuple[Dialect, int]]:
    """Yield dialects with the number of lines before the header."""
    first = next(iter(lines()), "")
    hint = _HINT.match(first)
    delimiter = hint[1] if hint else _delimiter(lines)
    yield Dialect(delimiter, quoted=True), int(bool(hint))
    if any('\\"' in line for line in lines()):
        yield Dialect(delimiter, quoted=True, escaped=True), int(bool(hint))
    if any('"' in line for line in lines()):
        yield Dialect(delimiter, quoted=False), int(bool(hint))


def _delimiter(lines: Lines) -> str:
    """The delimiter that makes most columns of the first line that is not empty; one that leaves quotation marks within
    the names of columns is the last choice."""
    header = next((line for line in lines() if line.strip()), "")
    cells = {delimiter: _header_cells(header, delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda d: (not any('"' in cell for cell in cells[d]), len(cells[d])))


def _header_cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _read(lines: Lines, dialect: Dialect, skipped: int, limit: int | None, keep: bool) -> Table:
    """The table in one dialect. Raises MisfitError."""
    taken: list[str] = []
    records = _records(lines, dialect, taken, skipped)
    written = next((cells for _, cells in records if any(cells)), [])
    header = written[: max((i + 1 for i, name in enumerate(written) if name), default=0)]
    width, rows, firsts, doubtful, empty, marks = len(header), [], [], [], 0, _Marks(header)
    lengths: dict[int, int] = {}  # of rows, with the first line of each
    for line, row in itertools.islice(records, limit):
        if not any(row):
            empty = empty or (line if row else 0)
            continue
        if len(row) < width or (len(row) > width and any(row[width:])):
            raise MisfitError(_length(line, len(row), width, dialect))
        lengths.setdefault(len(row), line)
        if len(taken) > 1 and width > 1:
            doubtful += [(line, other) for other in taken[1:] if other.count(dialect.delimiter) + 1 == width]
        firsts.append(row[0])
        if not dialect.quoted:
            marks.add(row[:width])
        if keep:
            rows.append(row[:width])
    # Empty cells beyond the header are fine where it has them, too, or every row has; in one row they hide a shift.
    if len(lengths) > 1 and (longer := lengths.keys() - {width, len(written)}):
        raise MisfitError(_length(lengths[min(longer)], min(longer), width, dialect))
    _check_swallowed(firsts, doubtful, dialect)
    if not dialect.quoted:
        marks.check()
    return Table(dialect, skipped, header, rows, empty)


def _records(lines: Lines, dialect: Dialect, taken: list[str], skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, stripped cells) of each record; `taken` then holds the lines that it took."""

    def kept() -> Iterator[str]:
        for line in itertools.islice(lines(), skipped, None):
            taken.append(line)
            yield line

    reader, first = dialect.rows(kept()), 1 + skipped
    while True:
        taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise MisfitError(
                f"line {first}: a quotation mark opens a cell and is not closed where the cell ends. Within a cell in "
                'quotation marks write each twice ("")'
            ) from error
        yield first, [cell.strip(EDGES) for cell in cells]
        first = 1 + skipped + reader.line_num


def _length(line: int, cells: int, columns: int, dialect: Dialect) -> str:
    delimiter = "tab" if dialect.delimiter == "\t" else repr(dialect.delimiter)
    titled = "; the first row must name the columns, without a title above it" if columns < cells else ""
    return (
        f"line {line}: {cells} cells in a table of {columns} columns. A cell that holds a {delimiter} or a line end "
        f"must stand in quotation marks; an empty cell must be there as well{titled}"
    )


def _check_swallowed(firsts: list[str], doubtful: list[tuple[int, str]], dialect: Dialect) -> None:
    """Raise MisfitError where lines within a cell look like rows of their own: as many cells, the first of one shape
    with the first cell of a row."""
    shapes = {_shape(first) for first in firsts} if doubtful else set()
    for line, other in doubtful:
        if _shape(other.split(dialect.delimiter)[0]) in shapes:
            raise MisfitError(
                f"line {line}: a cell that begins here with a quotation mark takes in lines that look like rows, such "
                f"as {other.strip()[:60]!r}"
            )


def _shape(cell: str) -> str:
    """A cell with its words and numbers made alike: of `c07.mp4` and `c113.mp4` the shape is one."""
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", cell.strip()))


class _Marks:
    """Whether quotation marks of a table that fits no other dialect were meant to enclose cells after all."""

    def __init__(self, header: list[str]) -> None:
        self._certain = any('"' in name for name in header)
        self._filled, self._enclosed = [0] * len(header), [0] * len(header)

    def add(self, row: list[str]) -> None:
        """Take in the cells of a row."""
        for i, cell in enumerate(row):
            self._filled[i] += bool(cell)
            if cell[:1] == cell[-1:] == '"' != cell:
                self._enclosed[i] += 1
                self._certain |= '""' in cell[1:-1]

    def check(self) -> None:
        """Raise MisfitError where they were: a mark is written twice within a pair, or most of a column has a pair."""
        if self._certain or any(2 * e > f for e, f in zip(self._enclosed, self._filled, strict=True)):
            raise MisfitError("cells stand in quotation marks")
