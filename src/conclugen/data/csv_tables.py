"""Tables as people write them, read as a whole: encoding found out, every row as long as the header, or refused.

Standard library only: planning reads tables, too.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from conclugen.data.csv_dialects import MisfitError, Table, fit
from conclugen.data.errors import LayoutError
from conclugen.data.text import decode, open_text
from conclugen.store.pointers import pointer

ROLES = ("file", "id", "label", "text", "start", "end", "split", "speaker", "group")  # of columns of a folder's table
PAGES = (b"<!doctype", b"<html", b"<?xml")
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16
LOOKED_AT = 256  # bytes in which a page names its kind
HEAD = 1 << 22  # bytes of a large file that are looked at for its encoding
AS_UTF8 = "save it as CSV in UTF-8"
# Two letters of Western Europe may follow one another, such as in "créée"; more are another code page.
_STRAY = re.compile("[\udc80-\udcff]")
# Bytes without a meaning in cp1252, and its letters of Iceland, which in tables are far more often those of Turkey.
_NEVER = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d\udcd0\udcdd\udcde\udcf0\udcfd\udcfe]")
# Signs that stand in no word, such as a pound: in other code pages they are letters.
_SIGN = re.compile("[^\\W\\d_][\udca1-\udca9\udcab\udcac\udcae-\udcb3\udcb5\udcb6\udcb8\udcb9\udcbb-\udcbf][^\\W\\d_]")
_WESTERN = re.compile("[\u0080-\u024f\u2000-\u2bff\U0001f000-\U0001ffff]")  # honest UTF-8; the rest may be chance
_FOREIGN = re.compile(rb"[\x80-\xff]{3,}")
_LETTER = re.compile(rb"[\x83\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xff]|[\x81\x8d\x8f\x90\x9d]")


def read_csv(path: Path, required: Iterable[str] = (), limit: int | None = None) -> list[dict[str, str]]:
    """Read a table into dicts of stripped strings by column; the first row names the columns.

    Rows without any value are skipped, and so are columns without a name. At most `limit` rows are looked at, where
    that is given. Raises LayoutError that names the file and the column, or the line, that is wrong.
    """
    try:
        text = decode(check_text(path, path.read_bytes()))
        table = fit(lambda: io.StringIO(text.lstrip("\ufeff"), newline=""), limit)
    except OSError as error:
        raise _unread(path, error) from error
    except MisfitError as misfit:
        raise LayoutError(f"{path}, {misfit}") from misfit
    names = table.header
    if absent := [name for name in required if name not in names]:
        raise LayoutError(f"{path}: column {absent[0]!r} is missing; it has {[name for name in names if name]}")
    if twice := [name for name, count in Counter(names).items() if name and count > 1]:
        raise LayoutError(f"{path}: two columns are called {twice[0]!r}; rename one")
    columns = [(name, i) for i, name in enumerate(names) if name]
    return [{name: row[i] for name, i in columns} for row in table.rows]


def scan_csv(path: Path, limit: int | None = None) -> Table:
    """Return how a table is written and its header, without its rows, of which none is held in memory.

    Raises LayoutError, also where a row is not as long as the header.
    """
    try:
        with open(path, "rb") as file:
            check_text(path, file.read(HEAD))
        return fit(lambda: _lines(path), limit, keep=False)
    except OSError as error:
        raise _unread(path, error) from error
    except MisfitError as misfit:
        raise LayoutError(f"{path}, {misfit}") from misfit


def _unread(path: Path, error: OSError) -> LayoutError:
    return LayoutError(f"{path}: {pointer(path) or error.strerror}")


def _lines(path: Path) -> Iterable[str]:
    with open_text(path) as handle:
        yield from handle


def role_columns(header: Iterable[str], named: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each of `ROLES`: as `named`, else called like the role, whatever its case; two that differ
    in case alone are none."""
    columns = {}
    for role in ROLES:
        alike = [name for name in header if name.lower() == role]
        columns[role] = named.get(role, role if role in alike or len(alike) != 1 else alike[0])
    return columns


def check_text(path: Path, data: bytes) -> bytes:
    """Return the bytes of a table. Raises LayoutError where they are no text, or in a code page nobody can know."""
    if points := pointer(path):
        raise LayoutError(f"{path}: {points}")
    if data.startswith(WORKBOOKS):
        raise LayoutError(f"{path}: is a workbook, not a text file; {AS_UTF8}")
    if data[:LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PAGES):
        raise LayoutError(f"{path}: is a web page or XML, not a table; {AS_UTF8}")
    if "\0" in decode(data) if data[:2] in MARKS else b"\0" in data:
        raise LayoutError(f"{path}: holds zero bytes, as no text does; {AS_UTF8}")
    if line := _foreign(data):
        raise LayoutError(f"{path}, line {line}: is not in UTF-8, and other code pages cannot be told apart; {AS_UTF8}")
    return data


def _foreign(data: bytes) -> int:
    """The number of the first line that is neither UTF-8 nor of Western Europe (cp1252); 0 where there is none."""
    if data[:2] in MARKS:
        return 0
    try:
        data.decode("utf-8")
        return 0
    except UnicodeDecodeError:
        pass
    for number, line in enumerate(data.split(b"\n"), 1):
        chars = line.decode("utf-8", errors="surrogateescape")
        if chars.isascii() or not _STRAY.search(chars):
            continue
        if _NEVER.search(chars) or _SIGN.search(chars):
            return number
        western = _WESTERN.sub(" ", chars).encode("utf-8", errors="surrogateescape")
        if any(len(_LETTER.findall(run)) > 2 for run in _FOREIGN.findall(western)):
            return number
    return 0
