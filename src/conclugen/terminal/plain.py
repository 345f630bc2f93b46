"""Few plain lines, where nobody watches: in a file, a scheduler's log or a pipe."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from snakemake_interface_logger_plugins.common import LogEvent

from conclugen.terminal.account import Account

PAUSE = 60.0  # seconds between two lines that say how far the run is
TOLD = (None, LogEvent.RUN_INFO, LogEvent.ERROR)
HIDDEN = (  # how Snakemake begins what says nothing of this run
    "Select jobs to execute",
    "Execute ",
    "Assuming unrestricted shared filesystem",
    "Building DAG of jobs",
    "Updating checkpoint dependencies",
    "DAG of jobs will be updated",
    "Using shell:",
    "Shutting down",
    "Conda environments: ignored",
    "Elapsed time",
    "Using workflow specific profile",
    "Config file ",
    "[",  # a date
)


def says_nothing(record: logging.LogRecord) -> bool:
    """Whether a record is one that Snakemake writes in every run, or the whole command of a job that failed, of which
    the job's own event tells more.
    """
    event, message = getattr(record, "event", None), record.getMessage()
    if event is LogEvent.ERROR:
        return message.startswith("RuleException:\nCalledProcessError")
    if event is not None or record.levelno >= logging.WARNING:
        return False
    return message in ("", "None") or message.startswith(HIDDEN)


class Plain(logging.StreamHandler):
    """Writes now and then how far the run is, what fails, and what Snakemake says to people."""

    def __init__(self, stream: TextIO, account: Account, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self.account, self.clock = account, clock
        self.last = clock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write what is worth telling of an event."""
        self.say(*self.lines(record))

    def say(self, *lines: str) -> None:
        """Write lines."""
        for line in lines:
            self.stream.write(line + self.terminator)
        self.flush()

    def fail(self, lines: list[str]) -> None:
        """Write what is said of a job that failed."""
        self.say(*lines)

    def lines(self, record: logging.LogRecord) -> Iterator[str]:
        """Yield the lines of an event, none for most."""
        event = getattr(record, "event", None)
        if event is LogEvent.PROGRESS:
            if self.account.done == self.account.total or self.clock() - self.last >= PAUSE:
                self.last = self.clock()
                yield "; ".join([self.account.progress(), *self.account.at_work()[:1]])
        elif event in TOLD and not says_nothing(record):
            yield record.getMessage()
