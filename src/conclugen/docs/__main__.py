"""Print the reference pages from the code: `python -m conclugen.docs`.

What stands between `<!-- NAME -->` and `<!-- /NAME -->` in a page is written anew, the rest is left alone. With
`--check` nothing is written, and a page that is not as printed is a failure.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from conclugen.docs import backbones, configuration, layouts, published, rivals, rules, switches
from conclugen.docs.markdown import MarkError, filled, require_marks
from conclugen.store.atomic import write_text

ROOT = Path(__file__).resolve().parents[3]
PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "docs/configuration.md": {
        "keys": configuration.keys,
        "switches": switches.switches,
        "variants": switches.variants,
        "gone": configuration.gone,
    },
    "docs/tables.md": {
        "folder": functools.partial(configuration.of_adapter, "folder"),
        "features": functools.partial(configuration.of_adapter, "features"),
    },
    "docs/contracts.md": {"rules": rules.rules},
    "docs/published.md": {"published": published.published},
    "docs/datasets.md": {"layouts": layouts.layouts},
    "docs/rivals.md": {"not-rerun": rivals.not_rerun},
    "docs/backbones.md": {
        "backbones": backbones.backbones,
        "packages": backbones.packages,
        "fetched": backbones.fetched,
        "models": backbones.models,
    },
}


def printed() -> dict[Path, str]:
    """Return by path each page that is not as the code prints it, as it should be.

    Raises UntoldError for a key without a meaning and MarkError, which names the page, for marks that are wrong.
    """
    changed = {}
    for name, parts in PAGES.items():
        page = (ROOT / name).read_text(encoding="utf-8")
        require_marks(name, page, parts)
        if (text := filled(page, parts)) != page:
            changed[ROOT / name] = text
    return changed


def main(argv: Sequence[str] | None = None) -> None:
    """Print the pages, or check them."""
    parser = argparse.ArgumentParser(prog="conclugen.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is not as printed")
    check = parser.parse_args(argv).check
    try:
        pages = printed()
    except (configuration.UntoldError, MarkError) as error:
        raise SystemExit(str(error)) from None
    if check and pages:
        lines = (f"{path.relative_to(ROOT)}: not what the code prints; run: make docs" for path in pages)
        raise SystemExit("\n".join(lines))
    for path, text in pages.items():
        write_text(path, text)


if __name__ == "__main__":
    main()
