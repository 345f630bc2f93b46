"""Run a notebook and store what its cells show: `python examples/notebook.py NOTEBOOK`.

A kernel of Jupyter would bring a dozen packages into every environment, to send plain Python to another process. So
cells run here, one after the other in one namespace, and what they print, return and draw is stored as Jupyter does.
Whoever opens the file in Jupyter sees the same.
"""

from __future__ import annotations

import argparse
import ast
import base64
import contextlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from conclugen.store.atomic import write_text

Cell = dict[str, Any]


def code_cells(notebook: dict[str, Any]) -> Iterator[Cell]:
    """Yield the cells of a notebook that are code, in order."""
    yield from (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def run(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook with the outputs of its code, run in the current folder.

    Raises what a cell raises.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    plt.close("all")  # a figure that was open before is of no cell
    for number, cell in enumerate(code_cells(notebook), 1):
        cell["outputs"] = list(_outputs("".join(cell["source"]), names, number))
        cell["execution_count"] = number
    return notebook


def _outputs(source: str, names: dict[str, Any], number: int) -> Iterator[Cell]:
    """Run a cell; yield what it prints, the value of its last line, and its figures."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {number}", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
    if printed.getvalue():
        yield {"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())}
    if value is not None:
        result = {"output_type": "execute_result", "execution_count": number, "metadata": {}}
        yield result | {"data": _shown(value)}
    for figure in map(plt.figure, plt.get_fignums()):
        drawn = io.BytesIO()
        figure.savefig(drawn, dpi=80, metadata={"Software": None})
        data = {"image/png": base64.b64encode(drawn.getvalue()).decode()}
        yield {"output_type": "display_data", "metadata": {}, "data": data}
    plt.close("all")


def _shown(value: Any) -> dict[str, list[str]]:
    """A value as text and, where it can be, as HTML."""
    html = getattr(value, "_repr_html_", lambda: None)()
    return {"text/plain": _lines(repr(value))} | ({"text/html": _lines(html)} if html else {})


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the notebook and write it back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    path = parser.parse_args(argv).notebook.absolute()  # a cell may change the folder
    done = run(json.loads(path.read_text(encoding="utf-8")))
    write_text(path, json.dumps(done, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
