"""The jobs that Snakemake would run, each with what changed for it and the jobs it waits for.

Snakemake stops at the first reason it finds and looks at no params of a job that runs anyway, so the records in
`.snakemake/metadata` are asked again here, for every planned job.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snakemake.api import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings, SnakemakeApi
from snakemake.settings.types import Quietness

from conclugen.why.causes import changes

NEW = "not made yet"


@dataclasses.dataclass(frozen=True)
class Job:
    """A job that would run.

    Attributes:
        rule, wildcards: which job it is.
        output: its first output file, or its rule where it has none.
        causes: phrases for what changed for this very job; empty where it only follows others.
        follows: numbers of the planned jobs whose output it reads.
        opens: whether it decides which further jobs there are.
    """

    rule: str
    wildcards: tuple[tuple[str, str], ...]
    output: str
    causes: tuple[str, ...]
    follows: tuple[int, ...]
    opens: bool


@dataclasses.dataclass(frozen=True)
class Plan:
    """Planned jobs by number, and how many finished outputs have no record of what made them."""

    jobs: dict[int, Job]
    unrecorded: int


def planned(targets: Sequence[str], configfiles: Sequence[Path], config: dict[str, Any]) -> Plan:
    """Plan the targets (none: the default one) in the current folder, as `snakemake --dry-run` does.

    Raises whatever Snakemake raises for a configuration or a target that it refuses.
    """
    quiet = OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False, log_level_override=logging.ERROR)
    with SnakemakeApi(quiet) as api, contextlib.redirect_stdout(io.StringIO()):
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=list(configfiles), config=config),
            snakefile=Path("Snakefile"),
        )
        workflow._workflow.globals["require_targets"](targets)
        dag_settings = DAGSettings(targets=frozenset(targets), force_incomplete=True)
        workflow.dag(dag_settings=dag_settings).printrulegraph()  # a dry run would count its jobs as done
        return _collect(workflow._workflow)


def _collect(workflow: Any) -> Plan:
    dag, records = workflow.dag, workflow.persistence
    numbers = {job: number for number, job in enumerate(dag.needrun_jobs())}
    jobs = {}
    for job, number in numbers.items():
        follows = tuple(sorted(numbers[other] for other in dag.dependencies[job] if other in numbers))
        jobs[number] = Job(
            job.rule.name,
            tuple(sorted(job.wildcards_dict.items())),
            str(next(iter(job.output), job.rule.name)),
            tuple(_causes(job, dag.reason(job), records)),
            follows,
            job.is_checkpoint,
        )
    unchanged = [job for job in dag.jobs if job not in numbers and job.output and not job.is_norun]
    return Plan(jobs, sum(not records.has_metadata(job) for job in unchanged))


def _causes(job: Any, reason: Any, records: Any) -> list[str]:
    """Phrases for what changed for this job, Snakemake's reason first."""
    if not job.output:
        return []
    gone = [path for path in job.output if not os.path.lexists(path)]
    if len(gone) == len(job.output) and not records.has_metadata(job):
        return [NEW]
    causes = [f"{path} is gone" if records.rule(path) else NEW for path in gone]
    if reason._incomplete_output:
        causes.append("an interrupted run left it unfinished")
    if reason.forced:
        causes.append("it was asked for, or its lists are damaged")
    causes += [f"{path} is newer than what was made of it" for path in sorted(map(str, reason._updated_input or ()))]
    if not records.has_metadata(job):
        return causes
    differing = records.params_changed(job)
    causes += changes(differing.only_old, differing.only_new)
    if any(records.code_changed(job)):
        causes.append(f"the command of rule {job.rule.name} changed")
    if any(records.software_stack_changed(job)):
        causes.append("its software environment changed")
    opened = any(path.flags.get("checkpoint_target") for path in job.input)  # then its inputs are not known yet
    return causes if opened else causes + _other_inputs(job, records)


def _other_inputs(job: Any, records: Any) -> list[str]:
    """Inputs that were not there when the output was made, and those that no longer are."""
    recorded = next((path for path in job.output if records.rule(path)), None)
    before, now = set(records.input(recorded) or ()), {str(path) for path in job.input}
    causes = [f"it reads {path}, too" for path in sorted(now - before)]
    return causes + [f"it no longer reads {path}" for path in sorted(before - now)]
