"""The command line: finds the subcommand, and tells what stops it in one line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from types import ModuleType

COMMANDS = {
    "init": "look at a folder of your own data and write a configuration that runs at once",
    "run": "make a table, or another result, by Snakemake",
    "export": "put what was learned into a folder that says all of itself",
    "predict": "score videos, sound and texts by an exported model",
    "embed": "turn videos, sound and texts into the representations of an exported model",
    "compare": "set finished runs that differ in one thing, such as a backbone, side by side",
    "doctor": "look at this machine, the weights and the data sets of a configuration",
}
MISTAKE = 2  # exit code: what was asked for cannot be done


def main(argv: Sequence[str] | None = None) -> None:
    """Run a subcommand. What stops it is one line on standard error, and exit code 2."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # as in the jobs of the pipeline: nothing is looked up elsewhere
    words = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in words if word in COMMANDS), None)
    arguments, modules = parser(chosen)
    options = arguments.parse_args(words)
    try:
        modules[options.command].run(options)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:  # whoever reads has enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        # Both are RuntimeErrors, as what a stage refuses is, but bugs: their trace is what is needed.
        if isinstance(error, NotImplementedError | RecursionError) or not (_foreseen(error) or _of_stage(error)):
            raise
        message = _one_line(error) if _foreseen(error) else f"{_one_line(error)} (in full: {_logged(options.command)})"
        print(f"conclugen {options.command}: {message}", file=sys.stderr)
        raise SystemExit(MISTAKE) from None


def parser(chosen: str | None) -> tuple[argparse.ArgumentParser, dict[str, ModuleType]]:
    """Return the parser, and the module of the subcommand that was chosen: others are not imported."""
    arguments = argparse.ArgumentParser(prog="conclugen", description="Self-supervised models of talking faces.")
    commands = arguments.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {}
    for name, description in COMMANDS.items():
        command = commands.add_parser(name, help=description, description=f"{description[0].upper()}{description[1:]}.")
        if name == chosen:
            modules[name] = importlib.import_module(f"conclugen.cli.{name}")
            modules[name].add_arguments(command)
    return arguments, modules


def _foreseen(error: Exception) -> bool:
    """Whether an error was written for people: one of this package, or what the system says of a file."""
    return isinstance(error, OSError) or type(error).__module__.split(".")[0] == "conclugen"


def _of_stage(error: Exception) -> bool:
    """Whether an error is of the kinds by which stages and libraries refuse what they are given."""
    return isinstance(error, ValueError | RuntimeError)


def _logged(command: str) -> str:
    """Write the trace of the error that is being handled; return the file."""
    with tempfile.NamedTemporaryFile(
        "w", prefix=f"conclugen-{command}-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(traceback.format_exc())
    return log.name


def _one_line(error: Exception) -> str:
    lines = [line.strip().removeprefix("- ") for line in str(error).splitlines() if line.strip()]
    head = f"{lines.pop(0)} " if len(lines) > 1 and lines[0].endswith(":") else ""
    return (head + "; ".join(line.rstrip(";") for line in lines)) or type(error).__name__
