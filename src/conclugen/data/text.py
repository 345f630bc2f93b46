"""Text as data sets ship it: bytes decoded, damaged characters repaired, pause markers removed."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path
from typing import TextIO


def _byte(char: str) -> int | None:
    """The byte that cp1252 (or, where it has none, latin-1) reads as this character."""
    try:
        return char.encode("cp1252")[0]
    except UnicodeEncodeError:
        return ord(char) if ord(char) < 0x100 else None


def _cp1252(byte: int) -> str:
    return bytes([byte]).decode("cp1252", errors="replace").replace("\ufffd", " ")


_CHARS = {chr(code) for code in range(0x80, 0x100)} | {_cp1252(code) for code in range(0x80, 0xA0)}
_BY_BYTE: dict[int, str] = {}
for _char in sorted(_CHARS - {" "}):
    _BY_BYTE[_byte(_char)] = _BY_BYTE.get(_byte(_char), "") + _char
_CONTINUATION = "[" + "".join(re.escape(_BY_BYTE[b]) for b in range(0x80, 0xC0)) + "]"
# UTF-8 that was read as cp1252. Only the lead bytes of Latin-1 letters, of punctuation and of emoji are taken back:
# others occur in honest text (an accented letter, a closing quote, an ellipsis).
# The letters that cp1252 has beside Latin-1 (such as those of a second misreading) have lead bytes of their own.
_LETTERS = [char for char in sorted(_CHARS) if "\u0100" <= char < "\u0800"]
_MISREAD = ["".join(f"[{re.escape(_BY_BYTE[byte])}]" for byte in char.encode()) for char in _LETTERS]
_MOJIBAKE = re.compile(
    f"[\xc2\xc3]{_CONTINUATION}|[\xe2\xef]{_CONTINUATION}{{2}}|\xf0{_CONTINUATION}{{3}}|{'|'.join(_MISREAD)}"
)
_PAUSE = re.compile(r"\(sp\)|(?<!\S)sp(?!\S)")
_SURROGATE = re.compile("[\udc80-\udcff]")
_C1 = re.compile("[\x80-\x9f]")


def decode(data: bytes) -> str:
    """Decode a text file: UTF-8 with or without a mark, UTF-16 with one; stray bytes are read as cp1252."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    text = data.decode("utf-8-sig", errors="surrogateescape")
    return _SURROGATE.sub(lambda match: _cp1252(ord(match[0]) - 0xDC00), text)


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Read stray bytes as cp1252: the handler of errors that `open_text` decodes with."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(_cp1252(byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("stray-cp1252", _stray)


def open_text(path: Path) -> TextIO:
    """Open a text file that is read as `decode` reads it, a piece at a time; line ends stay as they are."""
    with open(path, "rb") as file:
        wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    coding, errors = ("utf-16", "replace") if wide else ("utf-8-sig", "stray-cp1252")
    return open(path, encoding=coding, errors=errors, newline="")


def repair(text: str) -> str:
    """Undo what a wrong code page did: UTF-8 read as cp1252 (also twice over), and cp1252 punctuation left as controls.

    >>> repair("IT\\u00e2\\u20ac\\u2122s caf\\u00c3\\u00a9\\x85")
    'IT’s café…'
    """
    for _ in range(3):
        repaired = _MOJIBAKE.sub(_reread, text)
        if repaired == text:
            break
        text = repaired
    return _C1.sub(lambda match: _cp1252(ord(match[0])), text)


def _reread(match: re.Match[str]) -> str:
    try:
        return bytes(_byte(char) or 0 for char in match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def clean(text: str | None) -> str:
    """Repair, compose (NFC), drop control characters and bring white space to single blanks."""
    fixed = unicodedata.normalize("NFC", repair(text or ""))
    return " ".join("".join(c if c.isprintable() else " " for c in fixed).split())


def without_pauses(text: str) -> str:
    """Remove the pause markers `(sp)` and `sp`, as tokens: the letters stay in `spend` and `wasp`."""
    return " ".join(_PAUSE.sub(" ", text).split())
