"""Named arrays with a JSON text about them, in one `.npz`: written atomically, the same bytes for the same values.

Each array has the checksum of its zip entry, which reading compares. Nothing in the file is executed: no pickle.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.store.atomic import atomic_path

ABOUT = "about"


class ArraysError(RuntimeError):
    """A file of arrays that is missing, truncated or altered."""


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], about: Any) -> None:
    """Write arrays by name, and `about` (plain JSON values, whose order is kept)."""
    text = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    with atomic_path(path) as temporary:
        np.savez(temporary, **{ABOUT: text}, **arrays)


def read_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], Any]:
    """Return what `write_arrays` wrote. Raises ArraysError naming the file where it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays, json.loads(arrays.pop(ABOUT).tobytes())
    except FileNotFoundError as error:
        raise ArraysError(f"{path}: no such file") from error
    # NotImplementedError and RuntimeError: a damaged zip names a method or an encryption that zipfile does not know.
    except (OSError, EOFError, ValueError, KeyError, TypeError, NotImplementedError, RuntimeError) as error:
        raise _damaged(path, error) from error
    except (zipfile.BadZipFile, zlib.error, SyntaxError, MemoryError, OverflowError) as error:
        raise _damaged(path, error) from error


def _damaged(path: str | Path, error: BaseException) -> ArraysError:
    return ArraysError(f"{path}: cannot be read ({' '.join(str(error).split())}); delete it and rerun")
