"""Which paths may be opened at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status
from conclugen.store.pointers import absent


def check_regular(path: str | Path, name: str) -> int:
    """Return the size in bytes of a regular file, or of the one that a link leads to.

    Opening anything else can wait for ever (a named pipe) or never end (a device), so this asks before it is opened.

    Args:
        path: the file.
        name: what the reason calls it.

    Raises MediaError: MISSING_MEDIA where there is no such file, or its path cannot be followed; CORRUPT where it is
    no regular file.
    """
    try:
        info = os.stat(path)
    except FileNotFoundError as error:
        raise MediaError(Status.MISSING_MEDIA, f"{name}: {absent(path)}") from error
    except (OSError, ValueError) as error:  # too long, a loop of links, no permission, a zero byte
        cause = getattr(error, "strerror", None) or str(error)
        raise MediaError(Status.MISSING_MEDIA, f"{name}: {cause}") from error
    if not stat.S_ISREG(info.st_mode):
        raise MediaError(Status.CORRUPT, f"{name}: not a regular file")
    return info.st_size
