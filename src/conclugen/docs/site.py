"""What makes pages of a site of the documents (`make site`): hooks of mkdocs, and links that hold on both sides.

README.md, some of its sections, and CHANGELOG.md are pages, too, so that nothing is said twice. What a page links to
beside the documents, such as a configuration or a measured table, comes along below `files/`.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SECTIONS = {"start.md": "Start", "own.md": "Your own data", "reading.md": "Reading a table"}
OWN_PAGES = {"README.md": "index.md", "CHANGELOG.md": "changes.md"}
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```|^ {4}\S.*?$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def pages(root: Path) -> dict[str, str]:
    """Return the pages that are made of files beside `docs/`, by name: links are as from within `docs/`."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    texts = {"index.md": readme, "changes.md": (root / "CHANGELOG.md").read_text(encoding="utf-8")}
    texts |= {name: section(readme, title) for name, title in SECTIONS.items()}
    return {name: linked(text, "", "docs") for name, text in texts.items()}


def section(text: str, title: str) -> str:
    """Return the section under `## title`, as a page. Raises ValueError where there is none."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if match is None:
        raise ValueError(f"README.md has no section '{title}'")
    return f"# {title}\n{match[1]}"


def links(text: str) -> list[str]:
    """Return the links of a page to other files, without anchors; those within code are none."""
    targets = LINK.findall(FENCED.sub("", text))
    return [link.partition("#")[0] for link in targets if not re.match(r"[a-z]+:|#", link)]


def linked(text: str, before: str, after: str) -> str:
    """Return a page whose links were relative to the folder `before`, and are to be so to `after`."""

    def moved(match: re.Match[str]) -> str:
        link = match[1]
        if re.match(r"[a-z]+:|#", link):
            return match[0]
        return f"]({posixpath.relpath(posixpath.join(before, link), after)})"

    return LINK.sub(moved, text)


def beside(texts: list[str]) -> list[str]:
    """Return the files outside of `docs/` that pages link to, relative to the checkout."""
    paths = {posixpath.normpath(posixpath.join("docs", link)) for text in texts for link in links(text)}
    return sorted(path for path in paths if not path.startswith("docs/") and path not in ("docs", *OWN_PAGES))


def on_files(files: Any, config: Any) -> Any:
    """Add the pages and files of beside `docs/` to those of the site."""
    from mkdocs.structure.files import File

    made = pages(ROOT)
    texts = [*made.values(), *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))]
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    for path in beside(texts):
        files.append(File.generated(config, f"files/{path}", abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead links out of `docs/` to what came along."""

    def moved(match: re.Match[str]) -> str:
        link, sharp, anchor = match[1].partition("#")
        if not link.startswith("../"):
            return f"]({'results.md' if link == 'results/' else link}{sharp}{anchor})"
        path = posixpath.normpath(posixpath.join("docs", link))
        return f"]({OWN_PAGES.get(path, f'files/{path}')}{sharp}{anchor})"

    return LINK.sub(moved, markdown)
