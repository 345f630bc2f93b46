"""The code a stage depends on: a hash for each module in its import closure.

Hashes are taken over the syntax tree without docstrings, so comments, formatting and documentation rerun nothing.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

PACKAGE = "conclugen"
SOURCE = Path(__file__).resolve().parents[2]


def fingerprint(module: str, without: Iterable[str] = (), source: Path = SOURCE) -> list[str]:
    """Return a sorted `file@hash` per `conclugen` module that `module` imports, directly or not.

    Args:
        module: dotted name of an entry module.
        without: modules to leave out with whatever only they import (alternatives that the configuration did not
            choose, such as the losses of other methods).
        source: the folder that holds the package.
    """
    skipped, seen, queue = set(without), set(), [module]
    while queue:
        name = queue.pop()
        if name in seen or name in skipped:
            continue
        seen.add(name)
        file = _file(name, source)
        queue.extend(_imports(file, name, source, file.stat().st_mtime_ns))
    files = sorted({_file(name, source) for name in seen})
    return [f"{file.relative_to(source).as_posix()}@{_hash(file, file.stat().st_mtime_ns)}" for file in files]


def _file(module: str, source: Path) -> Path:
    base = source.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@functools.cache
def _imports(file: Path, module: str, source: Path, modified: int) -> list[str]:
    """Modules of the package that `file` imports, anywhere in it, and the packages that hold them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), filename=str(file))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module if file.name == "__init__.py" else module.rpartition(".")[0]
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    found.update(parent for name in list(found) for parent in _parents(name))
    found.update(_parents(module))
    return [name for name in found if name.split(".")[0] == PACKAGE and _file(name, source).exists()]


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


@functools.cache
def _hash(file: Path, modified: int) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
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
