"""Decoding in child processes that can be killed.

Video decoders crash, and hang while they hold Python's lock, so neither an exception nor a signal handler is enough:
each worker is a process of its own with a wall-clock limit per item, killed (SIGKILL) and replaced when it passes it,
and with a limit on its memory (on Linux), which a damaged header could otherwise make it fill. This is the parent's
side; `media.child` is the worker's. A library's pool (pebble) has one pipe for all workers, which a broken decoder that
writes into it stops for all, and no limit on memory.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import functools
import multiprocessing
import os
import pickle
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar

import numpy as np

from conclugen.media.child import serve
from conclugen.media.pipe import Receiver, widen
from conclugen.store.ledger import Status

Item = TypeVar("Item")
Value = TypeVar("Value")

STARTUP_S = 300.0  # imports from a cold network disk are slow
MAX_RESULT_BYTES = 1 << 31
READ_AHEAD = 8  # results per worker that may wait for an earlier one
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclasses.dataclass(frozen=True)
class Outcome(Generic[Value]):
    """What became of an item: `value` where `status` is OK, else None and a `reason`; wall time in seconds."""

    status: Status
    reason: str
    seconds: float
    value: Value | None


class DecodePool:
    """Worker processes for `imap`; use it as a context manager, which leaves no process behind.

    Args:
        workers: number of processes, each of one thread.
        timeout_s: wall-clock limit for one item.
        prepare: called once in each process before its first item, outside that limit: slow imports, weights.
    """

    def __init__(self, workers: int, timeout_s: float, prepare: Callable[[], object] | None = None) -> None:
        self._timeout_s = timeout_s
        self._workers = [_Worker(prepare) for _ in range(max(1, workers))]

    def __enter__(self) -> DecodePool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()

    def imap(self, function: Callable[[Item], Value], items: Iterable[Item]) -> Iterator[tuple[Item, Outcome[Value]]]:
        """Yield each item with its outcome, in the order of `items`; at most a few results are held at a time.

        A MediaError of `function` becomes its status; another exception, a death of the process or a result above
        `MAX_RESULT_BYTES` becomes CRASHED; too much time becomes TIMEOUT. An item whose process dies may not be to
        blame (memory that others took, a scheduler that kills): it is tried once more, in a fresh process, while no
        other runs, before it is charged.

        Args:
            function: a function of a module (or a partial of one): it travels to the workers by name.
            items: small values that can be pickled.

        Raises RuntimeError when a worker cannot start, which no item is to blame for.
        """
        run = _Run(function, iter(items), READ_AHEAD * len(self._workers))
        try:
            while True:
                run.begin(self._workers)
                if run.first in run.done:
                    left = time.monotonic()
                    yield run.take()
                    for worker in run.busy:  # the reader's time is not theirs: a full pipe makes them wait for it
                        worker.since += time.monotonic() - left
                elif run.busy:
                    for worker, outcome in self._finished(run.busy):
                        run.end(worker, outcome)
                else:
                    return
        finally:
            for worker in run.busy:
                worker.kill()

    def _finished(self, busy: Sequence[_Worker]) -> list[tuple[_Worker, Outcome[Any]]]:
        """Wait for news; return the workers that are through with their item."""
        soonest = min(worker.deadline(self._timeout_s) for worker in busy)
        ready = wait([worker.results for worker in busy], timeout=max(0.0, soonest - time.monotonic()))
        finished = []
        for worker in busy:
            outcome = worker.poll(worker.results in ready, self._timeout_s)
            if outcome is not None:
                finished.append((worker, outcome))
        return finished


class _Run(Generic[Item, Value]):
    """The items of one `imap` on their way: `first` is the number of the one that is to be yielded next, `done` has
    outcomes by number, `busy` the workers that are at one."""

    def __init__(self, function: Callable[[Item], Value], source: Iterator[Item], ahead: int) -> None:
        self._function, self._source, self._ahead = function, source, ahead
        self._order: collections.deque[Item] = collections.deque()
        self._again: dict[int, float] = {}  # whose process died, with the seconds that it took
        self.first = 0
        self.done: dict[int, Outcome[Value]] = {}
        self.busy: list[_Worker] = []

    def begin(self, workers: Sequence[_Worker]) -> None:
        """Give work to all workers that may have some."""
        if self._again:
            if not self.busy:
                number = next(iter(self._again))
                workers[0].kill()
                self._give(workers[0], number)
            return
        for worker in workers:
            if worker not in self.busy and len(self._order) < self._ahead:
                for item in self._source:
                    self._order.append(item)
                    self._give(worker, self.first + len(self._order) - 1)
                    break

    def end(self, worker: _Worker, outcome: Outcome[Value]) -> None:
        """Take the outcome of a worker's item, unless it is to be tried once more."""
        self.busy.remove(worker)
        if worker.died and worker.number not in self._again:
            self._again[worker.number] = outcome.seconds
            return
        if worker.died:
            outcome = dataclasses.replace(outcome, reason=f"{outcome.reason}, twice")
        seconds = self._again.pop(worker.number, 0.0) + outcome.seconds
        self.done[worker.number] = dataclasses.replace(outcome, seconds=seconds)

    def take(self) -> tuple[Item, Outcome[Value]]:
        """Return the first item, whose outcome is there, with it."""
        self.first += 1
        return self._order.popleft(), self.done.pop(self.first - 1)

    def _give(self, worker: _Worker, number: int) -> None:
        worker.begin(number, self._function, self._order[number - self.first])
        self.busy.append(worker)


class _Worker:
    """One process, started when there is something to do; `died`: it did so at its last item."""

    def __init__(self, prepare: Callable[[], object] | None) -> None:
        self.prepare = prepare
        self.process: Any = None
        self.number = -1
        self.died = False

    def begin(self, number: int, function: Callable[..., Any], item: Any) -> None:
        """Send an item, starting the process if there is none."""
        self.number, self.task = number, pickle.dumps((function, item))
        self.running, self.died, self.since = False, False, time.monotonic()
        if self.process is None or not self.process.is_alive():
            self._start(function)
        else:
            self._send()

    def deadline(self, timeout_s: float) -> float:
        """Monotonic time at which the process is to be killed."""
        return self.since + (timeout_s if self.running else STARTUP_S)

    def poll(self, ready: bool, timeout_s: float) -> Outcome[Any] | None:
        """Read what has come; return the outcome if the item is finished, dead or late."""
        if ready:
            try:
                parts = self.receiver.read()
            except EOFError:
                return self._dead()
            except ValueError as error:
                self.kill()
                return self._outcome(Status.CRASHED, f"the result is too large: {error}")
            if parts is not None:
                return self._understand(parts)
        elif time.monotonic() >= self.deadline(timeout_s):
            self.kill()
            if not self.running:
                raise RuntimeError(f"a decoding process did not start within {STARTUP_S:.0f} s")
            return self._outcome(Status.TIMEOUT, f"not decoded within {timeout_s:g} s")
        return None

    def kill(self) -> None:
        """Kill the process, if there is one, and wait for its end."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process.close()
            self.tasks.close()
            self.results.close()
            self.process = None

    def _start(self, function: Callable[..., Any]) -> None:
        self.kill()
        context = multiprocessing.get_context("spawn")
        tasks, self.tasks = context.Pipe(duplex=False)
        self.results, results = context.Pipe(duplex=False)
        widen(self.results.fileno())
        self.receiver = Receiver(self.results.fileno(), MAX_RESULT_BYTES)
        # the function goes along for the sake of its imports, which are not the first item's fault
        start = (self.prepare, function, tasks, results)
        self.process = context.Process(target=serve, args=start, daemon=True)
        with _lean(self.prepare, function):
            self.process.start()
        tasks.close()
        results.close()

    def _send(self) -> None:
        self.running, self.since = True, time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # a dead process shows as the end of its results
            self.tasks.send_bytes(self.task)

    def _understand(self, parts: Sequence[np.ndarray]) -> Outcome[Any] | None:
        if not self.running:  # the greeting of a process that has started
            self._send()
            return None
        message, *arrays = parts
        return Outcome(*pickle.loads(message, buffers=arrays))  # noqa: S301 (written by our own process)

    def _dead(self) -> Outcome[Any]:
        self.process.join()
        code = self.process.exitcode
        self.kill()
        if not self.running:
            raise RuntimeError(f"a decoding process could not start (exit code {code}); see its message above")
        self.died = True
        cause = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return self._outcome(Status.CRASHED, f"the decoding process {cause}")

    def _outcome(self, status: Status, reason: str) -> Outcome[Any]:
        return Outcome(status, reason, time.monotonic() - self.since, None)


@contextlib.contextmanager
def _lean(*functions: Callable[..., Any] | None) -> Iterator[None]:
    """What a process inherits that starts meanwhile: numerical libraries take one thread, and the program's main module
    is not imported again (it may bring networks that decoding has no use for), unless a function is defined there."""
    environment, main = {name: os.environ.get(name) for name in ONE_THREAD}, sys.modules["__main__"]
    os.environ.update(ONE_THREAD)
    if not any(_module(function) == "__main__" for function in functions):
        sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name, value in environment.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _module(function: Any) -> str | None:
    """The module that defines a function, or the one that a partial is of."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__module__", None)
