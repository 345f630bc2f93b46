"""Calls of Snakemake that take the target for something else: one line instead of a traceback.

Options with several values go on until the next option, so that a target behind one of them needs `--` before it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

FILES = ("--configfile", "--configfiles")
PAIRS = ("--config", "-C", "--set-threads", "--set-resources", "--set-scatter", "--resources", "--res")
CONFIGS = (".yaml", ".yml", ".json")


def mistake(arguments: Sequence[str]) -> str:
    """Return what is wrong with the arguments of Snakemake, and the right command; empty where nothing is."""
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    option = taker = ""
    taken, targets = [], []
    for word in arguments[:end]:
        option = word if word.startswith("-") else option
        config = option in FILES and word.endswith(CONFIGS)
        if word == option or (option not in FILES + PAIRS):
            taken.append(word)
        elif config and not Path(word).expanduser().exists():
            return f"{word}: there is no such file of changes to config.yaml"
        elif config or "=" in word or (option in FILES and not word.startswith("results/") and Path(word).exists()):
            taken.append(word)
        else:
            targets.append(word)
            taker = option
    if not targets:
        return ""
    right = shlex.join(["snakemake", *taken, "--", *targets, *arguments[end + 1 :]])
    return f"{taker} would take {targets[0]} for one of its values; a target goes behind --: {right}"
