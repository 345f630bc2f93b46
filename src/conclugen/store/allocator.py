"""What the C library's allocator does with memory that is freed. GNU C library only; others have no such function."""

from __future__ import annotations

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4  # options of mallopt
LARGE_BYTES = 1 << 20


def return_memory() -> None:
    """Give large blocks back to the system when they are freed. In the heap, small results that stay between freed
    blocks would keep a process growing."""
    _tell(MMAP_THRESHOLD, LARGE_BYTES)


def keep_memory() -> None:
    """Keep what is freed for what is allocated next: memory fresh from the system is cleared first, which costs a step
    on large batches as much again."""
    _tell(MMAP_MAX, 0)
    _tell(TRIM_THRESHOLD, -1)  # never


def _tell(option: int, value: int) -> None:
    allocator = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if allocator is not None:
        allocator(option, value)
