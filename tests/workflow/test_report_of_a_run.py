"""The report as a rule: made after its table, again when it or its template changes, and never a reason for another."""

import html
import re

import pytest
import yaml
from snakemake.utils import update_config

from conclugen.config import check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PAGE = "results/report/mosei.html"
TARGETS = ("results/tables/mosei.csv", PAGE)


@pytest.fixture(scope="module")
def reported(ran, tmp_path_factory):
    """The project with the report of its table; shared, so not to be edited."""
    project = ran.clone(tmp_path_factory.mktemp("reported"))
    assert project.planned(target=PAGE) == {"leaks": 1, "map": 1, "crops": 1, "robustness": 1, "page": 1}
    project.snakemake("--", *TARGETS)
    return project


def test_the_report_tells_the_run_and_is_made_once(reported):
    text = reported.read(PAGE).decode()
    assert re.search(r"(?:collapsed|Weak|Learned): [^<]*\bOwn\b", text)  # the recipe of one's own, among the verdicts
    assert "4 groups: too few to test" in text
    assert "snakemake --cores 1 --configfile" in text
    [written] = re.findall(r"<code>(demo:.*?)</code>", text, re.DOTALL)  # what differs from the defaults
    given = [yaml.safe_load((reported.folder / name).read_text()) for name in ("config.yaml", "tiny.yaml")]
    update_config(*given)
    assert check(yaml.safe_load(html.unescape(written))) == check(given[0])
    assert re.findall(r"https?:", text) == []
    for part in ("masked-mosei", "faces"):
        assert f'id="{part}"' in text
    assert 'id="labels-mosei"' not in text  # no shares were asked for
    assert len(text) < 2_000_000
    assert reported.planned(target=TARGETS) == {}


def test_an_edit_of_the_page_makes_it_again_and_no_table(reported, tmp_path):
    table, page = reported.read(TARGETS[0]), reported.read(PAGE)
    project = reported.clone(tmp_path / "edited")
    for file, old, new in [
        ("page.css", "--page: #fbfbf9", "--page: #fafafa"),
        ("page.html", "Table of {{ table.name }}", "Rows of {{ table.name }}"),
        ("words.py", "No pretrained method was evaluated.", "Nothing pretrained was evaluated."),
    ]:
        project.edit(f"src/conclugen/evaluation/report/{file}", old, new)
        assert project.planned(target=TARGETS) == {"page": 1}
    project.snakemake("--", *TARGETS)
    assert project.read(TARGETS[0]) == table
    assert project.read(PAGE) != page
    assert project.planned(target=TARGETS) == {}


def test_all_tables_are_one_page(ran):
    planned = ran.planned(target="results/report.html")
    assert planned["pages"] == 1
    assert planned["table"] == 1  # of the sentiment
    assert "page" not in planned


def test_the_catalogue_of_snakemake_has_tables_and_reports(reported):
    reported.snakemake("--report", "catalogue.html", "--", *TARGETS)
    text = reported.read("catalogue.html").decode()
    for file in ("mosei.csv", "mosei.leaks.csv", "mosei.html"):
        assert file in text
    assert "one page that opens offline" in text  # a caption
