"""The notebook runs on an exported model and the files of a run, and its stored outputs are those of all its cells."""

import json
import sys
from pathlib import Path

import pytest
from small_run import make_run

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))

import notebook  # noqa: E402

USE = ROOT / "examples/use.ipynb"


def read(path=USE):
    return json.loads(path.read_text("utf-8"))


def made(source):
    return {"cell_type": "code", "source": [source], "outputs": [], "execution_count": None}


def test_cells_share_names_and_keep_what_they_print_return_and_draw():
    cells = ["x = 2\nprint('two')\nx + 1", "x", "", "from matplotlib import pyplot\nf = pyplot.figure()", "None"]
    found = notebook.run({"cells": [{"cell_type": "markdown", "source": ["x = 3"]}, *map(made, cells)]})["cells"][1:]
    assert [cell["execution_count"] for cell in found] == [1, 2, 3, 4, 5]
    kinds = [[one["output_type"] for one in cell["outputs"]] for cell in found]
    assert kinds == [["stream", "execute_result"], ["execute_result"], [], ["display_data"], []]
    assert found[0]["outputs"][0]["text"] == ["two\n"]
    assert found[0]["outputs"][1]["data"] == {"text/plain": ["3"]}
    assert found[3]["outputs"][0]["data"]["image/png"].startswith("iVBORw0KGgo")


def test_a_cell_that_fails_stops_it_and_leaves_the_file(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [made("1 / 0")]}))
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        notebook.main([str(path)])
    assert path.read_bytes() == before


def test_every_cell_was_run_in_order_is_short_and_names_nothing_of_the_machine():
    cells = list(notebook.code_cells(read()))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert sum(bool(line.strip()) for line in cell["source"]) <= 5
    silent = [cell["execution_count"] for cell in cells if not cell["outputs"]]
    assert silent == [1]
    stored = json.dumps([cell["outputs"] for cell in cells])
    assert "/home/" not in stored
    assert "/tmp/" not in stored


def test_it_is_a_notebook_by_the_format():
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.read(USE, as_version=4))


@pytest.mark.slow
def test_every_cell_runs_on_an_exported_model(tmp_path, monkeypatch):
    make_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    cells = list(notebook.code_cells(notebook.run(read())))
    tables = ["".join(one["data"].get("text/html", [])) for cell in cells for one in cell["outputs"] if "data" in one]
    assert sum("score_joy" in text for text in tables) == 7
    drawn = [one for cell in cells for one in cell["outputs"] if "image/png" in one.get("data", {})]
    assert len(drawn) == 1
