"""A lease on one GPU of a machine with several, so that jobs side by side do not all compute on the first.

Every device has a lock file for its first job, one for its second, and so on. A process takes the lowest free lock of
all devices and holds it with `flock` for as long as it lives: the kernel frees it when the process ends, however it
ends. Nobody waits; how many jobs there are at once is for the scheduler to say (`--resources gpu=N`). Locks mean
something on one machine alone, so they lie in its own temporary folder.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


def assigned(environment: Mapping[str, str]) -> bool:
    """Whether a launcher has chosen this process's device already: Slurm for its job, torchrun for its rank."""
    return (
        bool("SLURM_JOB_ID" in environment and environment.get("CUDA_VISIBLE_DEVICES")) or "LOCAL_RANK" in environment
    )


def names(count: int, environment: Mapping[str, str]) -> list[str]:
    """Return the names of the `count` devices that CUDA numbers from 0: those of CUDA_VISIBLE_DEVICES, if it is set.

    Processes that see different parts of a machine then mean the same device by the same name.
    """
    given = [name.strip() for name in environment.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    return given[:count] if len(given) >= count and all(given) else [str(number) for number in range(count)]


def folder() -> Path:
    """Return this user's folder of locks, made if need be. Raises RuntimeError where it is somebody else's."""
    path = Path(tempfile.gettempdir(), f"conclugen-gpus-{os.getuid()}")
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.getuid():
        raise RuntimeError(f"{path}, for the locks of GPUs, belongs to another user; set TMPDIR to another folder")
    return path


def take(devices: Sequence[str], locks: Path) -> tuple[int, IO[str]]:
    """Return the number of the device with the lowest free lock, and the lock, open: the lease ends when it is closed.

    Raises ValueError without devices.
    """
    if not devices:
        raise ValueError("there is no device to lease")
    files = (
        (number, locks / f"gpu-{re.sub(r'[^0-9A-Za-z-]', '_', device)}.{place}.lock")
        for place in itertools.count()
        for number, device in enumerate(devices)
    )
    return next((number, lock) for number, path in files if (lock := _try(path)) is not None)


def _try(path: Path) -> IO[str] | None:
    """Lock a file, or return None where another process has it."""
    handle = open(path, "a", encoding="ascii")  # noqa: SIM115 (open as long as the lease lasts)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle
