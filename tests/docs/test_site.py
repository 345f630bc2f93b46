"""Every page is on the site, every link leads somewhere, and every command that is shown can be called."""

import posixpath
import re
import shlex
from pathlib import Path

import pytest
import yaml

from conclugen.cli.main import parser
from conclugen.docs import site

ROOT = Path(__file__).resolve().parents[2]
MADE = site.pages(ROOT)
PAGES = {path.name: path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md")} | MADE
NAV = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
COMMANDS = [
    (name, line.strip().partition("#")[0])
    for name, text in PAGES.items()
    for line in re.findall(r"^ {4,}(\.venv/bin/conclugen .*)$", text, re.MULTILINE)
]
TARGETS = [(name, word) for name, text in PAGES.items() for word in re.findall(r"^ {4}make (\S+)", text, re.MULTILINE)]


def in_nav(entry):
    if isinstance(entry, str):
        return [entry]
    return [name for one in (entry.values() if isinstance(entry, dict) else entry) for name in in_nav(one)]


def anchors(text):
    """What mkdocs calls the headings of a page."""
    heads = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {
        re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", head.encode("ascii", "ignore").decode()).strip().lower())
        for head in heads
    }


def test_every_page_is_on_the_site_once():
    assert sorted(in_nav(NAV)) == sorted(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    for link in re.findall(site.LINK, site.FENCED.sub("", PAGES[name])):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        page = posixpath.basename(path) if path else name
        assert page in MADE or (ROOT / "docs" / path).exists(), link
        if anchor:
            assert anchor in anchors(PAGES[page]), link


def test_links_of_the_readme_hold_where_it_is_a_page():
    assert site.linked("[a](docs/x.md#y) [b](config.yaml) [c](https://x.org) [d](#e)", "", "docs") == (
        "[a](x.md#y) [b](../config.yaml) [c](https://x.org) [d](#e)"
    )
    assert site.beside(["[a](../config.yaml#x) [b](x.md) `[c](../no.yaml)` [d](../CHANGELOG.md)"]) == ["config.yaml"]
    assert site.on_page_markdown("[a](../config.yaml) [b](../CHANGELOG.md#x)", None, None, None) == (
        "[a](files/config.yaml) [b](changes.md#x)"
    )


def test_a_section_of_the_readme_is_a_page_and_one_that_is_gone_is_told():
    assert MADE["start.md"].startswith("# Start\n")
    assert "make mosei" in MADE["start.md"]
    assert "## Your own data" not in MADE["start.md"]
    with pytest.raises(ValueError, match="has no section 'Gone'"):
        site.section("# a\n\n## Start\nb\n", "Gone")


@pytest.mark.parametrize(("name", "line"), COMMANDS)
def test_every_command_of_conclugen_that_a_page_shows_is_understood(name, line):
    words = shlex.split(line)[1:]
    parser(words[0])[0].parse_args(words)


def test_commands_and_targets_were_found():
    assert len(COMMANDS) > 12
    makefile = (ROOT / "Makefile").read_text("utf-8")
    known = {word for line in re.findall(r"^([\w./% -]+):(?!=)", makefile, re.MULTILINE) for word in line.split()}
    for name, target in TARGETS:
        assert target in known or target.startswith("results/"), (name, target)
    assert len(TARGETS) > 6
