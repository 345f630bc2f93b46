"""Tables with the same columns, one below the other.

Entry module. Cells are copied as they are written.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from conclugen.store.atomic import write_text


def join(paths: Sequence[Path]) -> str:
    """Return the text of the tables under one header. Raises ValueError where columns differ."""
    header, parts = "", []
    for path in paths:
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
        if header and first != header:
            raise ValueError(f"{path}: its columns are {first!r}, those of {paths[0]} are {header!r}")
        header = first
        parts.append(rest)
    return f"{header}\n" + "".join(parts)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the joined table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    write_text(arguments.output, join(arguments.tables))


if __name__ == "__main__":
    main()
