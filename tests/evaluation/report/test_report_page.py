"""The page: it opens offline, escapes what data say, and holds what the files of the run hold."""

import base64
import csv
import hashlib
import html.parser
import json
import re

import made_predictions
import pytest
from made_run import HARM, ROWS, MadeRun

from conclugen.evaluation.report import page, reading
from conclugen.pretrain.verdict import PretextError
from conclugen.store.seals import SealError

VOID = {"meta", "input", "br", "link", "img"}


class Parsed(html.parser.HTMLParser):
    """The elements of a page: their tags, attributes and texts; fails on a tag that closes another."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.found, self.text = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = MadeRun(tmp_path_factory.mktemp("run"))
    made.account()
    made.train()
    return made


@pytest.fixture(scope="module")
def text(run):
    return run.write_page()


def test_nothing_is_loaded_from_anywhere(text):
    assert not re.search(r"https?:", text)
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\b", text)
    assert not re.search(r"@import|\bimport\s*\(|url\((?!#)", text)
    for _, attributes in Parsed(text).found:
        assert attributes.get("src", "data:image/jpeg;base64,").startswith("data:image/jpeg;base64,")
        assert not {"srcset", "action", "formaction", "poster", "data", "background"} & set(attributes)
        assert attributes.get("href", "#").startswith("#")


def test_the_policy_allows_the_pages_own_script_and_no_other(text):
    [policy] = [one["content"] for one in Parsed(text).all("meta") if one.get("http-equiv")]
    [script] = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}';" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2]


def test_the_same_files_give_the_same_bytes(run, text):
    assert run.write_page("again.html") == text


def test_every_row_of_the_table_stands_in_the_page_with_its_kind(run, text):
    with open(run.table, newline="") as handle:
        rows = list(csv.DictReader(handle))
    kinds = [one["data-kind"] for one in Parsed(text).all("tr") if "data-kind" in one]
    assert len(kinds) == 2 * len(rows)  # the table, and the one of every metric
    assert kinds[: len(rows)].count("chance") == 5
    assert kinds[: len(rows)].count("method") == 2
    assert kinds[: len(rows)].count("control") == 2
    for row in rows:
        assert f"{float(row['average_precision_macro']):.3f}" in text


def test_ids_are_unique_and_links_lead_to_them(text):
    parsed = Parsed(text)
    ids = [attributes["id"] for _, attributes in parsed.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {one["href"][1:] for one in parsed.all("a")} <= set(ids)
    assert all("for" not in one for one in parsed.all("label"))  # each holds its own field


def test_the_kind_of_data_collapsed_networks_and_losses_are_on_the_first_screen(text):
    hero = text[text.index('class="hero"') : text.index('id="rows-made"')]
    assert "they say nothing about real faces" in hero
    assert "5 of 10 networks collapsed: ConCluGen." in hero
    assert "of the test split was lost to a stage" in hero
    assert 'class="bar method hollow"' in hero


def test_what_was_lost_leaked_and_cost_is_told(text):
    assert "<code>u000</code>" in text
    assert "u004" not in text  # was read
    assert "no frame" in text
    assert text.count("measure, write tables") == 1
    assert "50.0 s" not in text  # of another data set
    assert "1.2 min" not in text  # of the page itself, which would say something else each time
    assert "same source" in text
    assert "torch 2.11.0" in text
    assert "all vectors are alike" in text


def test_names_that_are_markup_stay_text(tmp_path, monkeypatch):
    monkeypatch.setattr(made_predictions, "CLASSES", (HARM, "sad", "'\"><img src=x onerror=alert(2)>"))
    made = MadeRun(tmp_path)
    made.account(reason=HARM)
    made.train(cause=f"{HARM} {HARM}")
    text = made.write_page(changes=json.dumps({"note": HARM}))
    assert text.count("<script>") == 1
    assert HARM not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 6
    parsed = Parsed(text)
    assert parsed.all("img") == []
    assert not [name for _, attributes in parsed.found for name in attributes if name.startswith("on")]


def test_sections_without_content_are_left_out(tmp_path):
    made = MadeRun(tmp_path, rows={key: ROWS[key] for key in [("raw-features", "raw")]})
    table = made.measured()
    run = page.Run([table], [], {}, [], {}, [], page.Made("snakemake", "", [], []))
    text = page.render(run)
    assert "No pretrained method was evaluated." in text
    for section in ("networks", "leaks", "costs"):
        assert f'id="{section}"' not in text
        assert f'href="#{section}"' not in text


def test_several_tables_are_one_page_with_an_answer_each(tmp_path):
    tables = [MadeRun(tmp_path / name, task).measured() for name, task in (("a", "multi"), ("b", "single"))]
    renamed = [reading.dataclasses.replace(one, name=name) for one, name in zip(tables, ("one", "two"), strict=True)]
    text = page.render(page.Run(renamed, [], {}, [], {}, [], page.Made("snakemake", "", [], [])))
    overview = text[text.index('class="overview"') : text.index("<nav")]
    assert overview.count("No pretrained method beats the raw features.") == 2
    ids = [attributes["id"] for _, attributes in Parsed(text).found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_many_losses_are_cut_and_counted(run):
    table = run.measured()
    lost = [reading.Lost("made", "test", f"u{n}", ("faces",), "corrupt", "", 1) for n in range(page.SHOWN + 7)]
    text = page.render(page.Run([table], [], {}, lost, {}, [], page.Made("snakemake", "", [], [])))
    assert f"the first {page.SHOWN} of {page.SHOWN + 7}" in text
    assert "which have 7 more" in text


def test_altered_files_are_refused(tmp_path):
    made = MadeRun(tmp_path)
    made.account()
    folder = made.train()
    altered = (folder / "pretext.json").read_text().replace("collapsed", "learned")
    (folder / "pretext.json").write_text(altered)
    with pytest.raises(PretextError, match=r"pretext\.json: contents do not match"):
        made.write_page()
    (folder / "pretext.json").unlink()
    made.qc.write_text(made.qc.read_text().replace("yes", "no"))
    with pytest.raises(SealError, match=r"made\.csv: contents do not match"):
        made.write_page()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("results/manifests/a-b.ledger.csv", "a-b"),
        ("results/faces/manifests/0000.ledger.csv", "manifests"),
        ("results/transcripts/faces/0001.ledger.csv", "faces"),
        ("results/features/faces/audio/0000.ledger.csv", "faces"),
    ],
)
def test_a_ledger_lies_where_its_data_set_says(path, name):
    assert reading.dataset_of(reading.Path(path)) == name


def test_the_papers_numbers_and_backbones_that_saw_the_labels_are_shown(tmp_path):
    made = MadeRun(tmp_path, paper="mosei", seen={"frames2d": [], "frames3d": [], "text": ["made"]})
    text = page.render(page.Run([made.measured()], [], {}, [], {}, [], page.Made("snakemake", "", [], [])))
    with open(made.table, newline="") as handle:
        [row] = [row for row in csv.DictReader(handle) if (row["method"], row["protocol"]) == ("ConCluGen", "linear")]
    assert f"paper {float(row['paper_acc_support_weighted']):.3f}" in text
    assert "5 rows rest on a backbone that was trained on these very labels." in text
    assert "ConGen (representation alone), untrained (representation alone) and 1 more" in text
    assert "backbone trained on these labels: text" in text
