import ast
import sys
from pathlib import Path

import pytest

from conclugen.store import fingerprint as code
from conclugen.store.fingerprint import fingerprint, libraries

FILES = {
    "__init__.py": "",
    "stage/__init__.py": "",
    "stage/run.py": "from conclugen.lib import one\ndef f():\n    from conclugen.lib.two import g\n    return g\n",
    "lib/__init__.py": '"""Docs."""\n',
    "lib/one.py": "def h(x):\n    return x + 1\n",
    "lib/two.py": "from . import three\ng = three.k\n",
    "lib/three.py": "k = 3\n",
    "lib/unused.py": "z = 1\n",
}


@pytest.fixture
def tree(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "conclugen" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def edit(tree: Path, name: str, text: str) -> None:
    """Write and make sure that the modification time differs, which the cache goes by."""
    import os

    path = tree / "conclugen" / name
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def names(entries):
    return {entry.split("@")[0].removeprefix("conclugen/") for entry in entries}


def test_closure_has_what_is_imported_even_in_functions_and_nothing_else(tree):
    assert names(fingerprint("conclugen.stage.run", source=tree)) == set(FILES) - {"lib/unused.py"}


def test_comments_formatting_and_docstrings_change_nothing(tree):
    before = fingerprint("conclugen.stage.run", source=tree)
    edit(tree, "lib/one.py", '"""New."""\n# why\ndef h(x):\n    """Doc."""\n    return (x\n            + 1)\n')
    assert fingerprint("conclugen.stage.run", source=tree) == before


def test_an_edit_changes_the_entry_of_its_file_alone(tree):
    before = fingerprint("conclugen.stage.run", source=tree)
    edit(tree, "lib/three.py", "k = 4\n")
    after = fingerprint("conclugen.stage.run", source=tree)
    assert names(set(before) ^ set(after)) == {"lib/three.py"}
    edit(tree, "lib/unused.py", "z = 2\n")
    assert fingerprint("conclugen.stage.run", source=tree) == after


def test_left_out_alternatives_take_their_own_imports_along(tree):
    kept = names(fingerprint("conclugen.stage.run", without=["conclugen.lib.two"], source=tree))
    assert {"lib/two.py", "lib/three.py"}.isdisjoint(kept)
    assert "lib/one.py" in kept


def test_modules_that_are_found_by_name_are_part_of_the_code_where_they_are_chosen(tree):
    chosen = fingerprint("conclugen.stage.run", plus=["conclugen.lib.unused"], source=tree)
    assert names(chosen) == set(FILES)
    edit(tree, "lib/unused.py", "import torch\nz = 2\n")
    changed = fingerprint("conclugen.stage.run", plus=["conclugen.lib.unused"], source=tree)
    assert names(set(chosen) ^ set(changed)) == {"lib/unused.py"}
    imported = libraries("conclugen.stage.run", True, plus=["conclugen.lib.unused"], source=tree)
    assert [entry.split("@")[0] for entry in imported] == ["torch"]


def test_an_import_of_the_config_module_would_show(tree):
    entries = fingerprint("conclugen.store.resident")
    assert "conclugen/store/shards.py" in {e.split("@")[0] for e in entries}
    assert not [e for e in entries if "conclugen/config/" in e]


def test_libraries_are_those_the_closure_imports(tree):
    edit(tree, "lib/three.py", "import numpy as np\nfrom yaml import safe_load\nimport os\nk = 3\n")
    edit(tree, "lib/unused.py", "import torch\n")
    found = {entry.split("@")[0] for entry in libraries("conclugen.stage.run", True, source=tree)}
    assert found == {"numpy", "pyyaml"}
    assert all(entry.split("@")[1][0].isdigit() for entry in libraries("conclugen.stage.run", True, source=tree))


def test_libraries_may_be_chosen_by_either_name_and_are_none_by_default(tree):
    edit(tree, "lib/three.py", "import numpy as np\nfrom yaml import safe_load\nk = 3\n")
    assert libraries("conclugen.stage.run", False, source=tree) == []
    assert libraries("conclugen.stage.run", [], source=tree) == []
    for name in ("yaml", "PyYAML"):
        [entry] = libraries("conclugen.stage.run", [name], source=tree)
        assert entry.startswith("pyyaml@")
    assert libraries("conclugen.stage.run", ["torch"], source=tree) == []  # installed, but not imported by this stage
    with pytest.raises(ValueError, match="no library called 'no-such-library'"):
        libraries("conclugen.stage.run", ["no-such-library"], source=tree)


def test_what_was_found_is_kept_beside_the_checksum_of_its_text(tree, monkeypatch):
    """A further process parses what changed and nothing else, and finds the same."""
    parsed, parse = [], ast.parse

    def noted(text, filename="", *more):
        parsed.append(Path(filename).name)
        return parse(text, filename, *more)

    monkeypatch.setattr(ast, "parse", noted)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def anew():
        """As in a process of its own."""
        for kept in (code._read, code._imports, code._foreign):
            kept.cache_clear()
        parsed.clear()
        return fingerprint("conclugen.stage.run", source=tree), libraries("conclugen.stage.run", True, source=tree)

    before = anew()
    assert len(parsed) == len(FILES) - 1
    assert anew() == before
    assert parsed == []
    (tree / "conclugen/lib/three.py").write_text("import torch\nk = 3\n")  # whatever its time
    edited = anew()
    assert parsed == ["three.py"]
    assert names(set(before[0]) ^ set(edited[0])) == {"lib/three.py"}
    assert [entry.split("@")[0] for entry in edited[1]] == ["torch"]
    kept = list((tree / "conclugen/lib/__pycache__").glob("*.json"))
    assert len(kept) == 4
    for path in kept:
        path.write_text(path.read_text()[:-9])  # as when its writer was killed
    assert anew() == edited
    assert sorted(parsed) == ["__init__.py", "one.py", "three.py", "two.py"]


def test_a_new_way_to_read_files_reads_them_again(tree, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    fingerprint("conclugen.stage.run", source=tree)
    for kept in (code._read, code._imports):
        kept.cache_clear()
    monkeypatch.setattr(code, "_itself", lambda: "of the next version")
    monkeypatch.setattr(code, "_hash", lambda tree: "otherwise")
    assert {entry.split("@")[1] for entry in fingerprint("conclugen.stage.run", source=tree)} == {"otherwise"}
