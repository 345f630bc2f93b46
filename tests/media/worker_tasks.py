"""What worker processes are made to do in tests."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from conclugen.media.audio import read_audio
from conclugen.media.child import MEMORY_BYTES
from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status


def act(item):
    """Behave as the item says; otherwise return it with the process id."""
    match item:
        case "sleep":
            time.sleep(1000)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "exit":
            os._exit(3)
        case "segfault":
            ctypes.string_at(0)
        case "flood":
            os.write(2, b"noise" * 20000)
            return bytes(30_000_000)
        case "greed":
            return len(bytearray(MEMORY_BYTES + (1 << 20)))
        case "media":
            raise MediaError(Status.SILENT, "nothing to hear")
        case "bug":
            raise KeyError("key")
        case "half":  # a message that announces more than it holds, then silence
            pipe = next(o for o in gc.get_objects() if isinstance(o, Connection) and o.writable)
            os.write(pipe.fileno(), (1000).to_bytes(8, "little") + b"abc")
            time.sleep(1000)
        case "arrays":
            return arrays()
        case "spin":
            while True:
                pass
    return item, os.getpid()


def arrays():
    """Arrays of several kinds: contiguous or not, large, empty."""
    large = np.arange(2_000_000, dtype=np.int32).reshape(2000, 1000)
    return large, large[::2, ::3], large.T, np.zeros((0, 3), np.float32), np.array([True, False])


def listen(path):
    """Return the number of samples of a file at 16 kHz."""
    return len(read_audio(path, 16000, None, None, 60.0).samples)


def shot(item):
    """Be killed at the first try of what is called shot; return the name and how many others are at work."""
    name, folder = item
    at_work, before = Path(folder, f"{name}.{os.getpid()}.at-work"), Path(folder, f"{name}.before")
    at_work.touch()
    time.sleep(0.1)
    if name.startswith("shot") and not before.exists():
        before.touch()
        at_work.unlink()
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    others = len(list(Path(folder).glob("*.at-work"))) - 1
    at_work.unlink()
    return name, others


def fail():
    """Fail to start."""
    raise ImportError("no such module")


def wait_a_while():
    """Start slowly."""
    time.sleep(1.5)


def surroundings(_item):
    """Return the threads that numerical libraries may take, and the modules that are loaded."""
    return os.environ.get("OMP_NUM_THREADS"), sorted(sys.modules)
