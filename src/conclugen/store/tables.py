"""Parquet tables that notice damage: a checksum on every page, and a seal on what the pages do not hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from conclugen.store.atomic import atomic_path

ABOUT, SEAL = b"conclugen", b"conclugen.sha256"


class TableError(RuntimeError):
    """A table that is missing, truncated or altered."""


def write_table(path: str | Path, table: pa.Table, about: Mapping[str, Any]) -> None:
    """Write a table atomically, with `about` (plain JSON values) as its only metadata."""
    text = json.dumps(about, sort_keys=True).encode()
    sealed = {ABOUT: text, SEAL: _seal(text, table.schema, table.num_rows)}
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata(sealed), temporary, write_page_checksum=True)


def read_table(path: str | Path, columns: Sequence[str] | None = None) -> tuple[pa.Table, dict[str, Any]]:
    """Return the table (all columns, or these) and what `write_table` was told about it.

    Raises TableError naming the file where it is missing, damaged, or lacks a column.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            metadata = schema.metadata or {}
            text = metadata.get(ABOUT, b"{}")
            if SEAL in metadata and metadata[SEAL] != _seal(text, schema, rows):
                raise TableError(f"{path}: contents do not match their checksum; delete it and rerun")
            if missing := [name for name in columns or () if name not in schema.names]:
                raise TableError(f"{path}: columns {missing} are missing; delete it and rerun")
            table = file.read(columns=None if columns is None else list(columns))
            if table.num_rows != rows:
                raise TableError(f"{path}: has {table.num_rows} of {rows} rows; delete it and rerun")
            return table.replace_schema_metadata(None), json.loads(text)
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file") from error
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError, MemoryError, OverflowError) as error:
        raise TableError(f"{path}: cannot be read ({' '.join(str(error).split())}); delete it and rerun") from error


def read_about(path: str | Path) -> dict[str, Any]:
    """Return what `write_table` was told about a table, without reading its rows. Raises TableError."""
    try:
        schema = pq.read_schema(path)
        return json.loads((schema.metadata or {}).get(ABOUT, b"{}"))
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file") from error
    except (OSError, pa.ArrowException, ValueError) as error:
        raise TableError(f"{path}: cannot be read ({' '.join(str(error).split())}); delete it and rerun") from error


def _seal(about: bytes, schema: pa.Schema, rows: int) -> bytes:
    fields = [f"{field.name}\t{field.type}\t{field.nullable}" for field in schema]
    return hashlib.sha256(about + "\n".join([str(rows), *fields]).encode()).hexdigest().encode()
