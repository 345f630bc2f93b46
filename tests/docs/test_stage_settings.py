"""What stages are told: each setting is explained once, by the stage or by the class of the configuration it names."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from conclugen.config.types import Section
from conclugen.docs.attributes import attributes

SOURCE = Path(__file__).resolve().parents[2] / "src"
NAMED = re.compile(r"`(conclugen\.(?:config|pretrain\.settings)[\w.]+)`")

CHOSEN = {"preset", "learning_rate", "weight_decay", "sizes"}  # of these a stage is told what the configuration chose


def found() -> list[tuple[str, str, list[str]]]:
    """Name, docstring and fields of every class that names one of the configuration, or is called settings."""
    classes = []
    for path in sorted((SOURCE / "conclugen").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and "config" not in path.parts:
                told = ast.get_docstring(node, clean=False) or ""
                if node.name.endswith("Settings") or NAMED.search(told):
                    fields = [f.target.id for f in node.body if isinstance(f, ast.AnnAssign)]
                    classes.append((f"{path.relative_to(SOURCE)}: {node.name}", told, fields))
    return classes


FOUND = found()


def test_there_are_such_classes():
    assert len(FOUND) > 20
    assert 0 < sum(bool(NAMED.search(told)) for _, told, _ in FOUND) < 8  # few fields repeat a key; others are one


def fields_of(kind: type) -> set[str]:
    """The keys of a section, each of which has its meaning on the page (test_pages.py), or the switches of a preset."""
    return set(kind.model_fields) if issubclass(kind, Section) else set(kind.__dataclass_fields__)


@pytest.mark.parametrize(("name", "told", "fields"), FOUND, ids=[name for name, *_ in FOUND])
def test_each_field_is_explained_once(name, told, fields):
    own, elsewhere = attributes(told), set()
    for place in NAMED.findall(told):
        module, _, kind = place.rpartition(".")
        elsewhere |= fields_of(getattr(importlib.import_module(module), kind))
    if not own and not elsewhere:
        assert len(fields) < 4, "no field is explained"
        return
    assert own.keys() <= set(fields)
    assert [field for field in fields if field not in own and field not in elsewhere] == []
    assert own.keys() & elsewhere <= CHOSEN
