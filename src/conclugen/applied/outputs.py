"""Tables of scores as files."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from numpy.lib import format as npy

from conclugen.applied.errors import ApplyError
from conclugen.evaluation.cells import cell
from conclugen.store.atomic import atomic_path, write_text


def check_output(path: Path | None, endings: Sequence[str]) -> None:
    """Raise ApplyError for a file that cannot be written, before anything is computed."""
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise ApplyError(f"{path}: its name must end in {' or '.join(endings)}")
    if path.is_dir():
        raise ApplyError(f"{path}: is a folder; name a file")


def write(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV or as a JSON list of rows, atomically; what is not there is empty, or null.

    Words that a spreadsheet would run as a formula get a quote in front in CSV.
    """
    if path.suffix.lower() == ".json":
        text = table.to_json(orient="records", indent=1, force_ascii=False, double_precision=6)
        write_text(path, text + "\n")
        return
    safe = table.apply(lambda column: column.map(cell) if column.dtype.kind == "O" else column)
    write_text(path, safe.to_csv(index=False, lineterminator="\n", float_format="%.6g"))


def write_arrays(path: Path, arrays: dict[str, pd.DataFrame]) -> None:
    """Write the rows of each modality as an archive (.npz): an array by modality, and what the rows are as `row_…`."""
    index = next(iter(arrays.values())).index.to_frame(index=False)
    kinds = {name: None if index[name].dtype.kind == "f" else str for name in index}
    about = {f"row_{name}": index[name].to_numpy(dtype=kind) for name, kind in kinds.items()}
    # np.savez takes names as keywords, of which `file` is its own
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, values in (about | {name: table.to_numpy() for name, table in arrays.items()}).items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, values, allow_pickle=False)
