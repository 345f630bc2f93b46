"""Print the reference pages from the code: `python -m conclugen.docs`.

What stands between `<!-- NAME -->` and `<!-- /NAME -->` in a page is written anew, the rest is left alone. With
`--check` nothing is written, and a page that is not as printed is a failure.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from conclugen.docs import backbones, configuration, rules, switches
from conclugen.docs.markdown import filled
from conclugen.store.atomic import write_text

ROOT = Path(__file__).resolve().parents[3]
PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "docs/configuration.md": {
        "keys": configuration.keys,
        "switches": switches.switches,
        "variants": switches.variants,
    },
    "docs/tables.md": {
        "folder": functools.partial(configuration.of_adapter, "folder"),
        "features": functools.partial(configuration.of_adapter, "features"),
    },
    "docs/contracts.md": {"rules": rules.rules},
    "docs/backbones.md": {
        "backbones": backbones.backbones,
        "packages": backbones.packages,
        "fetched": backbones.fetched,
        "models": backbones.models,
    },
}


def printed() -> dict[Path, str]:
    """Return by path each page that is not as the code prints it, as it should be.

    Raises UntoldError for a key without a meaning and KeyError for a mark that is none.
    """
    pages = {ROOT / name: parts for name, parts in PAGES.items()}
    given = {path: path.read_text(encoding="utf-8") for path in pages}
    return {path: text for path, parts in pages.items() if (text := filled(given[path], parts)) != given[path]}


def main(argv: Sequence[str] | None = None) -> None:
    """Print the pages, or check them."""
    parser = argparse.ArgumentParser(prog="conclugen.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is not as printed")
    check = parser.parse_args(argv).check
    try:
        pages = printed()
    except configuration.UntoldError as error:
        raise SystemExit(str(error)) from None
    if check and pages:
        raise SystemExit(
            "\n".join(f"{path.relative_to(ROOT)}: not what the code prints; run: make docs" for path in pages)
        )
    for path, text in pages.items():
        write_text(path, text)


if __name__ == "__main__":
    main()
