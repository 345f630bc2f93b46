"""Snakemake that is imported once and forked for every run: half of a dry run's time is its imports.

A child takes over folder, environment and arguments and runs Snakemake's own `main`, as the command does. The project's
package is imported by the child alone, from its own `PYTHONPATH`. Its jobs are forked, too (`warm_jobs`). Run as a
program, this is the process that forks: it reads one request a line (JSON) and answers with the exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import warm_jobs

PLANS = {"-n", "--dry-run", "--list-rules", "--list-target-rules", "--touch", "--unlock"}  # no job is run
_running: list[subprocess.Popen] = []


def snakemake(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run Snakemake in a folder; return its exit code and what it wrote to standard output and error."""
    if not _running or _running[0].poll() is not None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        _running[:] = [subprocess.Popen([sys.executable, __file__], text=True, start_new_session=True, **pipes)]
    with tempfile.TemporaryDirectory() as written:
        request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
        try:
            _running[0].stdin.write(json.dumps(request | {"written": written}) + "\n")
            _running[0].stdin.flush()
            code = int(_running[0].stdout.readline())
        except BaseException:  # a test that takes too long is broken off: so is what it waits for
            os.killpg(_running.pop().pid, signal.SIGKILL)
            raise
        out, err = (Path(written, name).read_text() for name in ("out", "err"))
    return code, out, err


def _serve() -> None:
    # What Snakemake and the rules import in every run; nothing of it is this project's.
    found = [module.name for module in pkgutil.iter_modules() if "_plugin_" in module.name]
    plugins = [name for name in found if name.startswith("snakemake_") and not name.endswith("_conclugen")]
    for name in ("snakemake.cli", "snakemake.report", "pandas", "pydantic", "smart_open", "yaml", "yte", *plugins):
        importlib.import_module(name)
    ours = [name for name in sys.modules if "conclugen" in name]
    assert not ours, f"{ours} would be taken for the code of every project"
    answers = os.fdopen(os.dup(1), "w")
    gc.freeze()
    python = None
    for line in sys.stdin:
        request = json.loads(line)
        if python is None and not PLANS & set(request["arguments"]):
            python = warm_jobs.start(Path(tempfile.mkdtemp(prefix="warm-")))
        child = os.fork()
        if not child:
            code = 1
            try:
                code = _run(request, python or Path(sys.executable))
            finally:  # whatever happens, the child does not go on as a second server
                if sys.exc_info()[0]:
                    traceback.print_exc()
                sys.stderr.flush()
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _run(request: Mapping[str, Any], python: Path) -> int:
    """Run Snakemake; `python` is the program that jobs call."""
    from snakemake.cli import main

    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(request["written"], name), os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[0] = request["environment"]["PYTHONPATH"]
    sys.argv = [str(Path(sys.executable).parent / "snakemake"), *request["arguments"]]
    sys.executable = str(python)
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    _serve()
