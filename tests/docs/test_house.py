"""The page of the house names modules and functions that are there, and folders import as it says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/conclugen"
PAGE = (ROOT / "docs/house.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"\b((?:\w+/)+\w+\.py)(?::(\w+))?", PAGE)))
ORDER = next(re.findall(r"`([\w → ]+)`", line) for line in PAGE.splitlines() if "→ evaluation`" in line)[0].split(" → ")


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_is_named_is_there(file, name):
    path = (ROOT if file.startswith("tests/") else PACKAGE) / file
    defined = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        defined |= {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
        defined |= {target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)}
        defined |= {node.target.id} if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else set()
    assert not name or name in defined


def imported(path):
    """Folders of the package that a module imports, but for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    typing = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for node in ast.walk(test)
    }
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and id(node) not in typing]
    modules = {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
    return {name.split(".")[1] for name in modules if name.startswith("conclugen.")} & {*ORDER}


@pytest.mark.parametrize("folder", ORDER)
def test_a_folder_imports_none_above_it(folder):
    below = {*ORDER[: ORDER.index(folder) + 1]}
    above = {str(path.relative_to(PACKAGE)): imported(path) - below for path in (PACKAGE / folder).rglob("*.py")}
    assert {path: folders for path, folders in above.items() if folders} == {}
