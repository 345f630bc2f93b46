"""One run at a time may write: what is left of a run that was killed writes nothing once another one has begun.

A killed Snakemake leaves its jobs behind, which go on with settings that may no longer hold and would replace what the
next run has made. So each run draws a name, keeps it beside the results and hands it to its jobs by the environment;
before a job puts a file in its place, it looks whether that run is still the last. That holds across machines, too.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

VARIABLE = "CONCLUGEN_RUN"
NAME = ".run"  # in the folder of results


class SupersededError(RuntimeError):
    """A process of a run after which another one has begun."""


def begin(folder: Path) -> None:
    """Begin a run whose results lie in `folder`: jobs of earlier runs write no more, those started from here on do."""
    path, name = folder.absolute() / NAME, uuid.uuid4().hex
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{NAME}.{name}")
    temporary.write_text(name, encoding="ascii")
    os.replace(temporary, path)
    os.environ[VARIABLE] = f"{name} {path}"


def check(target: Path) -> None:
    """Raise SupersededError where this process belongs to a run after which another one has begun.

    Outside of a run, and where the results were deleted altogether, everything may be written.
    """
    name, _, path = os.environ.get(VARIABLE, "").partition(" ")
    if not name:
        return
    try:
        current = Path(path).read_text(encoding="ascii")
    except FileNotFoundError:
        return
    if current != name:
        raise SupersededError(
            f"{target}: not written, since another run has begun ({path}); this process is left of an earlier one"
        )
