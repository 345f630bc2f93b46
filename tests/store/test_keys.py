"""Keys: what their modules may hold, and that limits hold where a stage reads them."""

import ast
import dataclasses
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Le, MinLen

from conclugen.store.keys import Above0, Keys
from conclugen.store.settings import parse
from conclugen.workflow.code import KEYS

ASKED = {"folds_of", "dimensions_of", "validates", "targets_of", "known_columns"}  # by the configuration
VALIDATORS = {"__post_init__"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made(Keys):
    """Keys with a limit of each kind."""

    rate: Above0 = 1.0
    share: Annotated[float, Ge(0), Le(1)] = 0.5
    kind: Literal["a", "b"] = "a"
    names: Annotated[tuple[str, ...], MinLen(1)] = ("x",)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told(Made):
    """A stage is told more."""

    OPTIONAL = ("fold",)

    target: str
    fold: int | None = None


WHOLE = {"rate": 2, "share": 0.0, "kind": "b", "names": ["y", "z"], "target": "expression"}


def test_a_stage_reads_what_it_is_told():
    assert parse(Told, json.dumps(WHOLE)) == Told(rate=2.0, share=0.0, kind="b", names=("y", "z"), target="expression")


@pytest.mark.parametrize("name", WHOLE)
def test_every_key_is_told_whatever_its_default(name):
    left = {key: value for key, value in WHOLE.items() if key != name}
    with pytest.raises(ValueError, match=rf"Told: missing \['{name}'\]"):
        parse(Told, json.dumps(left))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rate", 0, r"Told.rate: 0.0 is outside its limit, Gt\(gt=0\)"),
        ("share", 1.5, r"Told.share: 1.5 is outside its limit, Le\(le=1\)"),
        ("share", -0.1, r"Told.share: -0.1 is outside its limit, Ge\(ge=0\)"),
        ("kind", "c", "Told.kind: 'c' is none of a, b"),
        ("names", [], r"Told.names: \(\) is outside its limit, MinLen"),
        ("names", [1], r"Told.names\[0\]: expected str, got 1"),
        ("rate", True, "Told.rate: expected float, got True"),
        ("fold", "1", "Told.fold: expected int, got '1'"),
    ],
)
def test_limits_hold(key, value, message):
    with pytest.raises(ValueError, match=message):
        parse(Told, json.dumps(WHOLE | {key: value}))


@pytest.mark.parametrize("module", KEYS)
def test_modules_of_keys_compute_nothing(module):
    """They are no part of the code that results depend on: an edit of them reruns what its values change alone."""
    tree = ast.parse(Path(importlib.import_module(module).__file__).read_text("utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert functions <= ASKED | VALIDATORS


@pytest.mark.parametrize("module", [*KEYS, "conclugen.config"])
def test_modules_of_keys_are_light(module):
    """A job reads them before anything else, and so does each call of Snakemake."""
    heavy = {"torch", "pandas", "h5py", "pyarrow"} | (set() if module == "conclugen.config" else {"numpy", "pydantic"})
    code = f"import sys, {module}; print([m for m in {sorted(heavy)} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
