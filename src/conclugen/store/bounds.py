"""Files that claim more than they hold: refused before memory is asked for."""

from __future__ import annotations

import os

EXPANSION = 1100  # deflate, the strongest of the usual filters, packs 1032 bytes into one at best


class ClaimError(ValueError):
    """An array that claims more bytes than its file or this machine can hold."""


def check_claim(claimed: int, held: int, what: str) -> None:
    """Raise ClaimError where an array of `claimed` bytes cannot come from `held` bytes of file, or exceeds the memory.

    Args:
        claimed: bytes of the array once it is read.
        held: bytes that hold it: of its file, or of its member of an archive.
        what: the file and the array, for the message.
    """
    if claimed > held * EXPANSION:
        raise ClaimError(f"{what} claims {claimed} bytes, more than {held} bytes of file can hold")
    if claimed > (memory := os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")):
        raise ClaimError(f"{what} claims {claimed} bytes; this machine has {memory} of memory")
