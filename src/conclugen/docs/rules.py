"""Every rule of the pipeline, from the files in rules/: what it does, the module it runs and what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from conclugen.docs.markdown import grid

SNAKEFILE = Path(__file__).resolve().parents[3] / "Snakefile"
HEAD = ("rule", "in", "what it does", "module", "writes")
INCLUDED = re.compile(r'^include: "(rules/\w+\.smk)"', re.MULTILINE)
# As snakefmt formats them: a rule starts a line, its sections are indented by four, what they hold by more.
RULE = re.compile(r"^(rule|checkpoint|use rule (\w+) as) (\w+)(?: with)?:\n((?: {4}.*\n|\n)*)", re.MULTILINE)
SECTION = re.compile(r"^ {4}(\w+):(.*\n(?: {8}.*\n|\n)*)", re.MULTILINE)
STAGE = re.compile(r'\*\*(stage|stream|training)\(\s*(?:lambda wildcards: f)?"?([\w.{}]+)"?')
CALLED = {"adapter_of": "data.{adapter}"}  # params functions that tell the module
WRITTEN = re.compile(r'"(results/[^"]+)"')


def rules() -> str:
    """Return a table of the rules that run a module, in the order in which the Snakefile takes them in."""
    files = [SNAKEFILE.parent / name for name in INCLUDED.findall(SNAKEFILE.read_text(encoding="utf-8"))]
    return grid(HEAD, list(rows((path.name, path.read_text(encoding="utf-8")) for path in files)))


def rows(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each rule that runs a module, from the name and text of each file of rules."""
    known: dict[str, dict[str, str]] = {}
    for name, text in files:
        for kind, base, rule, body in RULE.findall(text):
            known[rule] = known.get(base, {}) | dict(SECTION.findall(body))
            if module := _module(known[rule].get("params", "")):
                does = _plain(known[rule]["message"]).strip().strip('"')
                called = f"{rule} (checkpoint)" if kind == "checkpoint" else rule
                yield called, f"`{name}`", does, f"`{module}`", _written(known[rule]["output"])


def _module(params: str) -> str:
    """The module of the stage that a section of params names; empty for none."""
    named = STAGE.search(_plain(params))
    if named is None:
        return ""
    kind, name = named.groups()
    return f"conclugen.{'features.' if kind == 'stream' else ''}{CALLED.get(name, name)}"


def _written(output: str) -> str:
    """The files of an output section; those in the folder of the one before by their name alone."""
    files, last = [], ""
    for path in WRITTEN.findall(output):
        folder, _, name = _plain(path).rpartition("/")
        files.append(f"`{name}`" if folder == last else f"`{folder}/{name}`")
        last = folder
    return ", ".join(files)


def _plain(text: str) -> str:
    """A text without what Snakemake needs around the names of wildcards and params."""
    return re.sub(r"\{(?:wildcards|params)\.(\w+)\}", r"{\1}", text.replace("{{", "{").replace("}}", "}"))
