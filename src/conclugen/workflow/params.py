"""The params of a rule: its stage, the stage's arguments, and what Snakemake compares to tell whether to run again.

A stage is a module with flags, which can be run by hand; a rule has none. They are called as the rule's inputs and
outputs, so that each is named once. Snakemake's own `script:` would do without flags, yet it hands its objects over as
a pickle, and needs Snakemake wherever a job runs.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conclugen import slices
from conclugen.config import Config

RUN = "python -m conclugen.{params.stage:q} {params.arguments:q} > {log:q} 2>&1"
WAITED_FOR = ("qc", "pretexts", "sources")  # inputs that stop a run, or make a job run again: no stage opens them


def params_of(
    module: str | Callable[..., str],
    settings: Callable[..., str] | None,
    code: Any,
    more: Mapping[str, Any],
    folder: bool = False,
    threaded: bool = False,
) -> dict[str, Any]:
    """Return the params of a rule, by name.

    Args:
        module: the stage's, below `conclugen`.
        settings: the params function of its slice of the configuration, as JSON.
        code: its fingerprint, or a params function of it.
        more: further arguments by name, which come before inputs of the same name: values, or functions of `wildcards`,
            `input` or `threads`. Those of `wildcards` alone are compared.
        folder: the stage fills the folder of the rule's first output.
        threaded: it is told its threads.
    """
    values = dict(more) if settings is None else {**more, "settings": settings}

    def arguments(wildcards: Any, input: Any, output: Any, threads: int) -> list[str]:
        named = {name: files for name, files in input.items() if name not in WAITED_FOR}
        known = {"wildcards": wildcards, "input": input, "threads": threads}
        named |= {name: _value(value, known) for name, value in values.items()}
        named |= {"threads": threads} if threaded else {}
        (_, first), *others = output.items()
        if folder:
            return flags(named | {"output_dir": str(Path(output[0]).parent)})
        return flags(named | {"output": first, **dict(others)})

    compared = {name: value for name, value in more.items() if _reads(value) == {"wildcards"}}
    compared |= {} if settings is None else {"settings": unhurried(settings)}
    return {"stage": module, "arguments": arguments, "code": code, **compared}


def settings_of(config: Config, name: str) -> Callable[[Any], str]:
    """Return a params function: the slice of the configuration that the stage `name` reads, as canonical JSON."""

    def of(wildcards: Any) -> str:
        return json.dumps(slices.stage_settings(config, name, dict(wildcards.items())), sort_keys=True)

    return of


def unhurried(settings: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return a params function: `settings` without how fast and how long a stage works, which nothing is made of."""

    def of(wildcards: Any) -> str:
        return json.dumps(slices.unhurried(json.loads(settings(wildcards))), sort_keys=True)

    return of


def unrecorded(value: Callable[[Any], Any]) -> Callable[[Any, int], Any]:
    """Return the params function `value`, whose changes rerun nothing: Snakemake records none that reads threads."""

    def of(wildcards: Any, threads: int) -> Any:
        return value(wildcards)

    return of


def wildcard(name: str) -> Callable[[Any], str]:
    """Return a params function: the value of a wildcard."""
    return lambda wildcards: getattr(wildcards, name)


def flags(named: Mapping[str, Any]) -> list[str]:
    """Return `--name value …` for each name; a list that is empty has no flag.

    >>> flags({"media_list": "a b.csv", "retries": [], "ledgers": ["x", "y"], "seed": 3})
    ['--media-list', 'a b.csv', '--ledgers', 'x', 'y', '--seed', '3']
    """
    words = []
    for name, value in named.items():
        values = [value] if isinstance(value, str | int | float | Path) else list(value)
        words += ["--" + name.replace("_", "-"), *map(str, values)] if values else []
    return words


def _reads(value: Any) -> set[str]:
    return set(inspect.signature(value).parameters) if callable(value) else set()


def _value(value: Any, known: Mapping[str, Any]) -> Any:
    return value(**{name: known[name] for name in _reads(value)}) if callable(value) else value
