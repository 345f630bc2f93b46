"""The code a stage depends on: a hash for each module in its import closure, a version for each library it imports.

Hashes are taken over the syntax tree without docstrings, so comments, formatting and documentation rerun nothing.
What was found in a file is kept in `__pycache__`, as Python keeps what it compiles: to parse 250 files takes Snakemake
longer than everything else before a plan.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

PACKAGE = "conclugen"
SOURCE = Path(__file__).resolve().parents[2]


def fingerprint(module: str, without: Iterable[str] = (), plus: Iterable[str] = (), source: Path = SOURCE) -> list[str]:
    """Return a sorted `file@hash` per `conclugen` module that `module` imports, directly or not.

    Args:
        module: dotted name of an entry module.
        without: modules to leave out with whatever only they import (alternatives that the configuration did not
            choose, such as the speech recognisers of other data sets).
        plus: modules that it finds by name, which the configuration did choose, such as the losses of a method.
        source: the folder that holds the package.
    """
    files = sorted((file, name) for name, file in closure(module, without, plus, source).items())
    return [
        f"{file.relative_to(source).as_posix()}@{_read(file, name, file.stat().st_mtime_ns)[1]}" for file, name in files
    ]


def closure(
    module: str, without: Iterable[str] = (), plus: Iterable[str] = (), source: Path = SOURCE
) -> dict[str, Path]:
    """Return name and file of the modules that `fingerprint` covers."""
    skipped, seen, queue = set(without), {}, [module, *plus]
    while queue:
        name = queue.pop()
        if name in seen or name in skipped:
            continue
        seen[name] = file = _file(name, source)
        queue.extend(_imports(file, name, source, file.stat().st_mtime_ns))
    return seen


def libraries(
    module: str,
    chosen: bool | Collection[str],
    without: Iterable[str] = (),
    plus: Iterable[str] = (),
    source: Path = SOURCE,
) -> list[str]:
    """Return a sorted `distribution@version` per library that the closure of `module` imports itself.

    Args:
        module, without, plus, source: as for `fingerprint`.
        chosen: True for every library; or those to name, as they are installed or as they are imported.

    Raises ValueError for a chosen name that is not installed.
    """
    if not chosen:
        return []
    wanted = None if chosen is True else {_distribution(name) for name in chosen}
    imported = {
        name
        for place, file in closure(module, without, plus, source).items()
        for name in _foreign(file, place, file.stat().st_mtime_ns)
    }
    distributions = {distribution for name in imported for distribution in _distributions().get(name, ())}
    return sorted(
        f"{distribution}@{importlib.metadata.version(distribution)}"
        for distribution in distributions
        if wanted is None or distribution in wanted
    )


@functools.cache
def _distributions() -> dict[str, list[str]]:
    """By name of import, the installed distributions that bring it."""
    return {
        name: sorted({_normal(distribution) for distribution in distributions})
        for name, distributions in importlib.metadata.packages_distributions().items()
    }


def _distribution(name: str) -> str:
    known = _distributions()
    if name in known:
        return known[name][0]
    if _normal(name) in {distribution for distributions in known.values() for distribution in distributions}:
        return _normal(name)
    raise ValueError(f"rerun_on_upgrade: no library called {name!r} is installed")


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


@functools.cache
def _file(module: str, source: Path) -> Path:
    base = source.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@functools.cache
def _imports(file: Path, module: str, source: Path, modified: int) -> list[str]:
    """Modules of the package that `file` imports, anywhere in it, and the packages that hold them."""
    modules = set(_read(file, module, modified)[0])
    modules.update(parent for name in list(modules) for parent in _parents(name))
    modules.update(_parents(module))
    return [name for name in modules if name.split(".")[0] == PACKAGE and _file(name, source).exists()]


@functools.cache
def _foreign(file: Path, module: str, modified: int) -> set[str]:
    """Top-level names of what `file` imports from elsewhere, the standard library left out."""
    return {name.split(".")[0] for name in _read(file, module, modified)[0]} - {PACKAGE, *sys.stdlib_module_names}


@functools.cache
def _read(file: Path, module: str, modified: int) -> tuple[list[str], str]:
    """What `_named` and `_hash` find in `file`, parsed once for each text, whichever process asks."""
    text = file.read_text(encoding="utf-8")
    mark = hashlib.sha256("\0".join([_itself(), module, text]).encode()).hexdigest()
    kept = Path(importlib.util.cache_from_source(str(file))).with_suffix(".json")
    with contextlib.suppress(OSError, ValueError):  # not there, or half written by another process
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["mark"] == mark:
            return known["modules"], known["hash"]
    tree = ast.parse(text, filename=str(file))
    modules, digest = sorted(_named(tree, file, module)), _hash(tree)
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):  # where nothing may be written, it is parsed again
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps({"mark": mark, "modules": modules, "hash": digest}), encoding="utf-8")
    return modules, digest


@functools.cache
def _itself() -> str:
    """This module: where it reads files otherwise, nothing that was kept counts."""
    return Path(__file__).read_text(encoding="utf-8")


def _named(tree: ast.Module, file: Path, module: str) -> set[str]:
    """The modules that `file` imports and, as far as it imports names from one, whatever they may be modules of."""
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module if file.name == "__init__.py" else module.rpartition(".")[0]
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            modules.add(base)
            modules.update(f"{base}.{alias.name}" for alias in node.names)
    return modules


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def _hash(tree: ast.Module) -> str:
    """The hash of a module's code; takes the docstrings out of `tree`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:12]
