"""Life of a decoding process: it takes items from its parent, one by one, and answers each with what became of it.

It ends with its parent, and memory beyond a limit is refused to it, so that an item can be charged with asking for it.
"""

from __future__ import annotations

import ctypes
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from conclugen.media.errors import MediaError
from conclugen.media.pipe import send
from conclugen.store.allocator import return_memory
from conclugen.store.ledger import Status

MEMORY_BYTES = 4 << 30  # that a worker may take for its items, on top of what it holds when it starts
PR_SET_PDEATHSIG = 1


def serve(
    prepare: Callable[[], object] | None, _function: Callable[..., Any], tasks: Connection, results: Connection
) -> None:
    """Life of a worker: prepare, greet, then answer one item after another until the parent is gone."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it kills its workers
    if prepare is not None:
        prepare()
    _limit_memory()
    return_memory()  # frames that are freed between results that stay would keep it growing
    _answer(results, [b""])
    while True:
        try:
            task = tasks.recv_bytes()
        except EOFError:
            return
        _answer(results, _attempt(task))


def _attempt(task: bytes) -> list[bytes | memoryview]:
    """Return what became of an item, pickled, and the arrays in it, which go along as they are."""
    begun = time.monotonic()
    value = None
    try:
        function, item = pickle.loads(task)  # noqa: S301 (written by the parent process)
        value, status, reason = function(item), Status.OK, ""
    except MediaError as error:
        status, reason = error.status, error.reason
    except Exception as error:  # noqa: BLE001 (one item must not take the job with it; the trace goes to the log)
        traceback.print_exc()
        status, reason = Status.CRASHED, f"{type(error).__name__}: {error}"
    outcome, arrays = (status, reason, time.monotonic() - begun, value), []
    message = pickle.dumps(outcome, protocol=pickle.HIGHEST_PROTOCOL, buffer_callback=arrays.append)
    return [message, *(array.raw() for array in arrays)]


def _answer(results: Connection, parts: Sequence[bytes | memoryview]) -> None:
    try:
        send(results.fileno(), parts)
    except BrokenPipeError:
        sys.exit(0)


def _limit_memory() -> None:
    """Let allocations beyond `MEMORY_BYTES` fail, as an error that the item can be charged with. Linux only."""
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm") as handle:
            held = int(handle.read().split()[5]) * resource.getpagesize()  # data and stack, as the limit counts
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = held + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere it ends when it next looks for work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
