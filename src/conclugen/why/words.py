"""Planned jobs as sentences: jobs with the same causes together, and what follows them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from graphlib import TopologicalSorter

from conclugen.why.jobs import NEW, Job, Plan

SHOWN = 4
NOTHING = "Nothing would run: everything asked for is up to date."


def describe(plan: Plan) -> str:
    """Return the account of a plan, for people."""
    jobs = _in_order(plan.jobs)
    parts = [f"- {_sentence(causes, numbers, jobs)}" for causes, numbers in _groups(jobs)]
    if not plan.jobs:
        parts = [NOTHING]
    if opened := sorted({job.output for job in plan.jobs.values() if job.opens}):
        parts.append(
            f"What follows {_some(opened)} is decided once that is made: less where its lists come out the same, "
            "more where they differ."
        )
    if plan.unrecorded:
        parts.append(
            f"{_count(plan.unrecorded)} without a record (was .snakemake deleted?): "
            "changes of code and settings since they were made cannot be seen."
        )
    total = [f"{_count(len(jobs))} in all: {_rules(jobs.values())}."] if len(parts) > 1 and plan.jobs else []
    return "\n".join([*parts, *total])


def _in_order(jobs: dict[int, Job]) -> dict[int, Job]:
    """The jobs with each after those that it follows: their numbers are Snakemake's, in an order of its own."""
    depth: dict[int, int] = {}
    for number in TopologicalSorter({number: job.follows for number, job in jobs.items()}).static_order():
        depth[number] = 1 + max((depth[before] for before in jobs[number].follows), default=0)
    return dict(sorted(jobs.items(), key=lambda item: (depth[item[0]], item[1].rule, item[1].wildcards)))


def _groups(jobs: dict[int, Job]) -> list[tuple[tuple[str, ...], list[int]]]:
    """Jobs by what changed for them, most jobs first; jobs that only follow are in none."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, job in jobs.items():
        if job.causes:
            groups[tuple(sorted(set(_common(job.causes))))].append(number)
    return sorted(groups.items(), key=lambda item: (item[0] == (NEW,), -len(item[1])))


def _common(causes: Iterable[str]) -> list[str]:
    """Causes without what differs from job to job, so that lost files of many jobs make one sentence."""
    return ["its output is gone" if cause.endswith(" is gone") and "/" in cause else cause for cause in causes]


def _sentence(causes: tuple[str, ...], numbers: list[int], jobs: dict[int, Job]) -> str:
    mine = [jobs[number] for number in numbers]
    if causes == (NEW,):
        head = f"Not made yet: {_described(mine, _telling(jobs.values()))}"
    else:
        listed = "; ".join(causes[:SHOWN]) + (f"; and {len(causes) - SHOWN} more" if len(causes) > SHOWN else "")
        head = f"{listed}, so this runs again: {_described(mine, _telling(jobs.values()))}"
    after = [jobs[number] for number in _after(numbers, jobs) if jobs[number].causes != (NEW,)]
    return head + (f"; and what follows: {_rules(after)}." if after else ".")


def _after(numbers: list[int], jobs: dict[int, Job]) -> list[int]:
    """Jobs that read, directly or not, what `numbers` write."""
    reached = set(numbers)
    while more := {n for n, job in jobs.items() if n not in reached and reached.intersection(job.follows)}:
        reached |= more
    return [number for number in jobs if number in reached and number not in numbers]


def _telling(jobs: Iterable[Job]) -> set[str]:
    """The wildcards that have more than one value among these jobs."""
    pairs = {pair for job in jobs for pair in job.wildcards}
    return {name for name, count in Counter(name for name, _ in pairs).items() if count > 1}


def _described(jobs: list[Job], telling: set[str]) -> str:
    """Rules, how many jobs of each, and the values of the wildcards that tell them from other planned jobs."""
    parts = []
    for rule in dict.fromkeys(job.rule for job in jobs):
        wildcards = [dict(job.wildcards) for job in jobs if job.rule == rule]
        values = [f"{name} {_some(sorted({w[name] for w in wildcards}))}" for name in wildcards[0] if name in telling]
        parts.append(f"{rule} ({'; '.join([_count(len(wildcards)), *values])})")
    return ", ".join(parts)


def _rules(jobs: Iterable[Job]) -> str:
    return ", ".join(f"{rule} ({count})" for rule, count in Counter(job.rule for job in jobs).items())


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= SHOWN else f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"


def _count(number: int) -> str:
    return f"{number} job{'' if number == 1 else 's'}"
