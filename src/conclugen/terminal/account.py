"""The account of a run: what is at work, how far it is, how long it may still take, what was lost and what failed."""

from __future__ import annotations

import dataclasses
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from conclugen.store.ledger import Status, read_ledger

LEDGER, TOLD = ".ledger.csv", ("results/tables/", "results/figures/")  # what is read, and what is told once it is made
CHECKPOINT = "plan"  # the rule after which there are more jobs
ENOUGH = 3  # finished jobs before a time is estimated
SHOWN = 4  # jobs at work that are named, and kinds of loss
LAST, TAIL = 12, 65536  # lines shown of a failed job's log, and bytes of it that are read


@dataclasses.dataclass(frozen=True)
class Job:
    """A job at work."""

    rule: str
    message: str
    output: tuple[str, ...]
    since: float


class Account:
    """What is known of a run from the events of Snakemake."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.begun = clock()
        self.jobs: dict[int, Job] = {}
        self.done = self.total = self.failed = 0
        self._left: Counter[str] = Counter()
        self._seconds: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])  # of a rule: jobs, seconds
        self._lost: dict[Status, set[tuple[str, str]]] = defaultdict(set)

    def planned(self, counts: Mapping[str, int]) -> None:
        """Take the number of jobs by rule."""
        self._left = Counter({rule: count for rule, count in counts.items() if rule != "total"})
        self.total = max(self.total, sum(self._left.values()))

    def started(self, number: int, rule: str, message: str | None, output: Sequence[str]) -> None:
        """Take a job that starts."""
        self.jobs[number] = Job(rule, message or rule, tuple(output), self.clock())

    def finished(self, number: int) -> list[str]:
        """Take a job that ended well; return the first of its tables or figures, if it made any."""
        job = self.jobs.pop(number, None)
        if job is None:
            return []
        spent = self._seconds[job.rule]
        spent[0] += 1
        spent[1] += self.clock() - job.since
        self._left[job.rule] = max(0, self._left[job.rule] - 1)
        for path in job.output:
            if path.endswith(LEDGER):
                self._read(Path(path))
        return [path for path in job.output if path.startswith(TOLD)][:1]

    def stopped(self, number: int) -> str:
        """Take a job that failed; return what it was to do."""
        self.failed += 1
        job = self.jobs.pop(number, None)
        return job.message if job else f"job {number}"

    def advanced(self, done: int, total: int) -> None:
        """Take how many jobs are done, of how many."""
        self.done, self.total = done, total

    def seconds_left(self) -> float | None:
        """Estimate the time still needed: each rule's jobs take its mean so far (where it has none, that of all), and
        as many are at work at once as were up to now. None where too little is known.
        """
        known = list(self._seconds.values())
        count, spent = sum(jobs for jobs, _ in known), sum(seconds for _, seconds in known)
        if count < ENOUGH:
            return None
        unnamed = max(0, self.total - self.done - sum(self._left.values()))
        waiting = unnamed * spent / count
        for rule, left in self._left.items():
            jobs, seconds = self._seconds.get(rule, (count, spent))
            waiting += left * seconds / jobs
        begun = sum(self.clock() - job.since for job in list(self.jobs.values()))
        at_once = (spent + begun) / max(self.clock() - self.begun, 1e-9)
        return max(0.0, waiting - begun) / max(at_once, 0.5)

    def _read(self, ledger: Path) -> None:
        """Add the losses of a ledger. One utterance may be lost in several streams for one reason and counts once."""
        try:
            rows = read_ledger(ledger)
        except (OSError, KeyError, ValueError):  # quality control reads it again and says what is wrong
            return
        dataset = ledger.parts[2].removesuffix(LEDGER)
        for row in rows:
            if row.status is not Status.OK:
                self._lost[row.status].add((dataset, row.utterance_id))

    def losses(self) -> str:
        """Say how many utterances were lost in this run, by what became of them; empty where none was."""
        counts = Counter({status: len(lost) for status, lost in list(self._lost.items())})
        if not counts:
            return ""
        more = ["…"] if len(counts) > SHOWN else []
        lines = [f"{count} {status}" for status, count in counts.most_common(SHOWN)]
        return f"lost so far: {len(set().union(*self._lost.values()))} utterances ({', '.join(lines + more)})"

    def progress(self) -> str:
        """Say how far the run is, in one line."""
        parts = [f"{self.done} of {self.total} jobs done"]
        if self.done < self.total and (left := self.seconds_left()) is not None:
            parts.append(f"{'at least' if self._left[CHECKPOINT] else 'about'} {duration(left)} left")
        parts += [f"{self.failed} failed"] if self.failed else []
        return "; ".join([*parts, *filter(None, [self.losses()])])

    def at_work(self) -> list[str]:
        """Say of each job at work what it does and for how long, the longest first."""
        jobs = sorted(self.jobs.values(), key=lambda job: job.since)
        lines = [f"{job.message} ({duration(self.clock() - job.since)})" for job in jobs[:SHOWN]]
        return lines + ([f"and {len(jobs) - SHOWN} more"] if len(jobs) > SHOWN else [])


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(1, seconds):.0f} s"


def failure(message: str, logs: Sequence[str]) -> list[str]:
    """Return what is said of a job that failed: what it was to do, where its logs are, and the last lines of each."""
    lines = [f"FAILED: {message}"]
    for path in logs:
        try:
            with open(path, "rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL))
                text = log.read().decode(errors="replace")
        except OSError:
            lines.append(f"  log: {path}, which cannot be read")
            continue
        tail = [line.rstrip() for line in text.splitlines() if line.strip()]
        lines.append(f"  log: {path}, which " + ("ends:" if tail else "is empty"))
        lines += [f"    {line[:500]}" for line in tail[-LAST:]]
    return lines
