"""Sections that a page has only where there is something to show: fewer labels, missing modalities, maps, faces."""

import dataclasses
import math
import re

import numpy as np
import pytest
from made_predictions import make_manifest, make_predictions, noisy
from made_run import HARM, ROWS, TABLE, MadeRun, paths

from conclugen.evaluation import layout
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.report import efficiency, maps, masked, page, reading
from measuring import measure

MADE = page.Made("snakemake", "", [], [])
KEYS = [("ConCluGen", "linear"), ("raw-features", "raw"), ("untrained", "linear")]
STRENGTHS = {("ConCluGen", "linear"): 0.4, ("raw-features", "raw"): 0.05, ("untrained", "linear"): 0.05}


def fewer(folder, strengths, fraction=0.1):
    """The flags of scores of a run after learning on a share of the labels."""
    frame = make_manifest(folder / "manifests/made.parquet")
    made = [
        make_predictions(folder / "downstream", frame, method, f"{protocol}/fraction-{fraction}", noisy(s), 5, fraction)
        for (method, protocol), s in strengths.items()
    ]
    return measure(folder / "manifests/made.parquet", made, TABLE)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A table whose reference row needs few labels, which neither the raw features nor untrained networks do."""
    folder = tmp_path_factory.mktemp("run")
    made = MadeRun(folder, rows={key: ROWS[key] for key in KEYS})
    made.scores = [*made.scores, *fewer(folder, STRENGTHS)]
    return made.measured()


def section(table):
    return efficiency.section(table.scores, table.shares, [(row["method"], row["protocol"]) for row in table.rows])


def test_rows_of_shares_stand_beside_what_had_nothing_to_learn_from(learned):
    assert [row.label_fraction for row in learned.scores.rows] == [1.0] * 3  # the table's own rows are of all labels
    part = section(learned)
    assert part.shares == ["10 %", "100 %"]
    reached = {name: [one.verdict for one in each] for name, _, _, each in part.rows}
    assert reached == {
        "ConCluGen": ["yes", "no"],
        "raw features, all modalities": ["", ""],
        "untrained": ["", ""],
    }
    assert part.said.verdict == "yes"
    assert part.said.sentence == "With 10 % of the labels, pretraining beats the raw features."
    numbers = part.said.numbers
    assert "10 %: 1 of 1; 100 %: 0 of 1" in numbers
    assert re.search(
        r"Best with 10 %: ConCluGen \(representation alone\) 0\.\d+, the same network untrained 0\.", numbers
    )
    [drawing] = part.drawn  # of the pretrained row: the others are in it
    assert all(f"var(--{colour})" in drawing for colour in ("series-0", "series-1", "faint", "ink"))


def test_where_pretraining_adds_nothing_with_few_labels_that_is_said(tmp_path):
    made = MadeRun(tmp_path, rows={key: ROWS[key] for key in KEYS})
    made.scores = [*made.scores, *fewer(tmp_path, dict.fromkeys(KEYS, 0.2))]
    said = section(made.measured()).said
    assert (said.verdict, said.sentence[:24]) == ("no", "With no share of the lab")


def test_without_raw_features_nothing_is_claimed(learned):
    shares = [dataclasses.replace(share, gains={}) for share in learned.shares]
    assert section(dataclasses.replace(learned, shares=shares)).said.verdict == "unknown"
    untested = [
        dataclasses.replace(s, gains={k: dataclasses.replace(g, verdict="unknown") for k, g in s.gains.items()})
        for s in learned.shares
    ]
    assert "cannot be tested" in section(dataclasses.replace(learned, shares=untested)).said.sentence


def masked_rows(*changes, p=0.001):
    """Rows of a table of robustness: by (method, protocol), value, and the change without sound."""
    rows = []
    for method, protocol, value, change in changes:
        one = {"method": method, "protocol": protocol, "metric": "balanced_accuracy_mean"}
        one |= {"pretext": "", "networks_collapsed": "", "networks": ""}
        one |= {"value_lo": value - 0.02, "value_hi": value + 0.02}
        whole = {"without": "", "value": value, "change": 0, "change_lo": 0, "change_hi": 0, "p_holm": math.nan}
        less = {"without": "audio", "value": value + change, "change": change, "p_holm": p}
        less |= {"change_lo": change - 0.01, "change_hi": change + 0.01}
        rows += [one | whole, one | less]
    keys = list(rows[0])
    return [{key: "" if row[key] != row[key] else str(row[key]) for key in keys} for row in rows]


def test_what_is_lost_without_a_modality_is_said_beside_an_untrained_network():
    rows = masked_rows(
        ("chance", "chance", 0.5, 0.0),
        ("raw-features", "raw", 0.7, -0.2),
        ("ConCluGen", "linear", 0.6, -0.1),
        ("ConGen", "linear", 0.5, -0.3),
        ("untrained", "linear", 0.4, -0.09),
    )
    part = masked.section(rows, 0.95)
    assert part.modalities == ["audio"]
    assert [line.kind for line in part.lines] == ["raw", "method", "method", "control"]
    assert [line.changes[0].verdict for line in part.lines] == ["below"] * 4
    assert part.said.sentence == "Without audio, the best pretrained row loses most."
    assert "ConCluGen (representation alone), the best pretrained row, without audio: 0.100 worse" in part.said.numbers
    assert "untrained, the same network: 0.090 worse" in part.said.numbers


@pytest.mark.parametrize(
    ("p", "verdict", "words"), [(0.5, "no", "No modality is missed"), (math.nan, "unknown", "cannot be tested")]
)
def test_a_change_that_is_not_told_apart_is_no_loss(p, verdict, words):
    part = masked.section(masked_rows(("ConCluGen", "linear", 0.6, -0.1), p=p), 0.95)
    assert part.said.verdict == part.lines[0].changes[0].verdict == verdict
    assert words in part.said.sentence


def test_of_rows_that_lower_is_better_for_more_is_worse():
    rows = [
        row | {"metric": "mae"} for row in masked_rows(("ConGen", "linear", 1.2, 0.2), ("ConClu", "linear", 1, 0.3))
    ]
    part = masked.section(rows, 0.95)
    assert [line.changes[0].verdict for line in part.lines] == ["below", "below"]
    assert "ConClu (representation alone), the best pretrained row, without audio: 0.300 worse" in part.said.numbers


def test_both_sections_stand_in_the_page_and_are_left_out_without_them(learned, tmp_path):
    texts = masked_rows(("ConCluGen", "linear", 0.6, -0.1))
    rows = [{key: float(text) if text[-1:].isdigit() else text for key, text in row.items()} for row in texts]
    write_csv(tmp_path / "made.robustness.csv", rows)
    made = MadeRun(tmp_path / "run", rows={key: ROWS[key] for key in KEYS})
    assert made.measured().masked == []
    settings = reading.TableSettings("made", "corpus", "expression", "ConCluGen")
    read = reading.measured("made", settings, made.table, paths(made.scores), [tmp_path / "made.robustness.csv"])
    text = page.render(page.Run([dataclasses.replace(learned, masked=read.masked)], [], {}, [], {}, [], MADE))
    for name in ("labels-made", "masked-made"):
        assert f'id="{name}"' in text
        assert f'href="#{name}"' in text
    bare = page.render(page.Run([dataclasses.replace(learned, shares=())], [], {}, [], {}, [], MADE))
    assert "labels-made" not in bare
    assert "masked-made" not in bare


def laid_out(count=24, speakers=8, **shared):
    """Places of a Layout: `shared`: by space, how often neighbours are of the same class."""
    generator = np.random.default_rng(0)
    marks = {"class": np.arange(count) % 2, "speaker": np.arange(count) % speakers}
    values = {"raw": 0.5, "untrained": 0.5, "pretrained": 0.5} | shared
    about = {"of": "speaker", "drawn_as": "PCA", "method": "ConCluGen", "network": "seed0", "corpus": "talks"}
    return layout.Layout(
        about | {"left_out": "3"},
        [HARM, "sad"],
        marks,
        {space: generator.normal(size=(count, 2)) for space in layout.SPACES},
        {space: {"class": value, "speaker": 0.25} for space, value in values.items()},
        {"class": 0.5, "speaker": 0.1},
        10,
    )


def test_a_map_stands_beside_those_that_pretraining_had_no_part_in():
    part = maps.section(laid_out(pretrained=0.8))
    assert part.said.sentence == "Neighbours share a class more often once the network is pretrained."
    assert "the network, pretrained 80.0%, the network, untrained 50.0%, raw features 50.0%; by chance 50.0%" in (
        part.said.numbers
    )
    by_class, by_speaker = part.maps
    assert [title for title, _, _ in by_class.drawn] == list(maps.TITLES.values())
    assert [word for _, word in by_class.legend] == [HARM, "sad"]
    assert [word for _, word in by_speaker.legend][-1] == "others and unknown"  # of eight speakers six have a colour
    assert all(drawing.count("h0") == 24 for _, drawing, _ in (*by_class.drawn, *by_speaker.drawn))
    assert "25.0% of neighbours of the same speaker (chance 10.0%)" in by_speaker.drawn[0][2]


@pytest.mark.parametrize("ahead", [{"untrained": 0.8, "pretrained": 0.7}, {"raw": 0.8, "pretrained": 0.7}, {}])
def test_where_an_untrained_network_brings_classes_together_as_well_that_is_said(ahead):
    said = maps.section(laid_out(**ahead)).said
    assert said.sentence == "Pretraining brings no more utterances of a class together."
    assert said.verdict == ""  # nothing is tested


def test_too_few_points_are_no_map_and_unknown_speakers_none():
    assert maps.section(None) is None
    assert maps.section(laid_out(count=9)) is None
    one = laid_out()
    for speakers in (np.full(24, -1), np.arange(24)):  # not known, and each with one utterance alone
        alone = dataclasses.replace(one, marks=one.marks | {"speaker": speakers})
        assert [each.kind for each in maps.section(alone).maps] == ["class"]


def test_maps_and_faces_stand_in_the_page(learned):
    run = page.Run([dataclasses.replace(learned, places=laid_out())], [], {}, [], {}, [], MADE, {HARM: b"\xff\xd8"})
    text = page.render(run)
    assert HARM not in text
    assert text.count('class="plot map"') == 6
    assert 'src="data:image/jpeg;base64,/9g="' in text
    assert "img-src data:;" in text
    for name in ("map-made", "faces"):
        assert f'id="{name}"' in text
        assert f'href="#{name}"' in text


def test_networks_of_all_folds_stand_together(tmp_path):
    run = MadeRun(tmp_path)
    run.account()
    for number in (1, 2, 10):
        run.train(corpus=f"corpus/fold{number}")
    text = run.write_page()
    assert text.count("<h3>Pretrained on") == 1
    assert "Pretrained on corpus, in the turns of its 3 folds, preset paper" in text
    assert '<td data-sort="3"><span class="pretext collapsed">3</span></td>' in text
    assert "ConCluGen, 3 networks" in text
