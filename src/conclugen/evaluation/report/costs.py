"""What a run cost, rule by rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from conclugen.evaluation.report.reading import Job


@dataclasses.dataclass(frozen=True)
class Cost:
    """The jobs of one rule: how many, wall seconds in all and of the longest, seconds of CPU, peak memory in MB."""

    rule: str
    jobs: int
    seconds: float
    longest: float
    cpu_seconds: float
    memory: float


def by_rule(jobs: Sequence[Job]) -> list[Cost]:
    """Return the costs of each rule, the dearest first."""
    rules: dict[str, list[Job]] = {}
    for job in jobs:
        rules.setdefault(job.rule, []).append(job)
    costs = [
        Cost(
            rule,
            len(rule_jobs),
            sum(job.seconds for job in rule_jobs),
            max(job.seconds for job in rule_jobs),
            sum(job.cpu_seconds for job in rule_jobs if job.cpu_seconds == job.cpu_seconds),
            max((job.memory for job in rule_jobs if job.memory == job.memory), default=0.0),
        )
        for rule, rule_jobs in rules.items()
    ]
    return sorted(costs, key=lambda cost: -cost.seconds)


def duration(seconds: float) -> str:
    """Return seconds as people say them."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3597 else f"{seconds / 3600:.1f} h"
