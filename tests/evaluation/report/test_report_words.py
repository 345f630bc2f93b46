"""The answer in words: it says what the table says, with the limits of what was tested."""

import csv

import numpy as np
import pytest
from made_run import ROWS, MadeRun

from conclugen.downstream.protocols import METHODS, PROTOCOLS, Protocol
from conclugen.evaluation.inference import holm
from conclugen.evaluation.report import accounting, names, words
from conclugen.evaluation.report.gains import is_pretrained, over_raw


def answer(folder, task="multi", rows=ROWS, **options):
    return words.answer(MadeRun(folder, task, rows, **options).measured())


def cells(run):
    with open(run.table, newline="") as handle:
        return {(row["method"], row["protocol"]): row for row in csv.DictReader(handle)}


@pytest.mark.parametrize("task", ["multi", "single"])
def test_where_nothing_beats_the_raw_features_it_says_so_with_what_could_have_been_found(tmp_path, task):
    run = MadeRun(tmp_path, task)
    table = run.measured()
    first = words.answer(table)[0]
    assert (first.verdict, first.sentence) == ("no", "No pretrained method beats the raw features.")
    best = max(table.gains.values(), key=lambda one: one.value)
    assert f"A single test finds a true difference of {best.detectable:.3f} four times out of five" in first.numbers
    assert "Smaller ones are not excluded" in first.numbers
    assert f"p = {best.p:.3f} after correction for 2 rows" in first.numbers
    assert f"{abs(best.value):.3f} {'better' if best.value >= 0 else 'worse'}" in first.numbers


def test_what_beats_the_raw_features_is_named_with_its_difference_and_interval(tmp_path):
    run = MadeRun(tmp_path, rows=ROWS | {("ConClu", "linear"): (0.9, "learned")})
    table = run.measured()
    first, gain, own = words.answer(table)[0], table.gains["ConClu", "linear"], cells(run)
    assert (first.verdict, first.sentence) == ("yes", "ConClu (representation alone) beats the raw features.")
    score, raw = (float(own[key]["balanced_accuracy_mean"]) for key in (("ConClu", "linear"), ("raw-features", "raw")))
    assert f"balanced accuracy {score:.3f} against {raw:.3f}: {gain.value:.3f} better" in first.numbers
    assert f"(95 % interval {gain.low:.3f} to {gain.high:.3f} better)" in first.numbers
    assert "1 of 3 pretrained rows does." in first.numbers


def test_gains_over_the_raw_features_are_paired_differences_corrected_after_holm(tmp_path):
    table = MadeRun(tmp_path, rows=ROWS | {("ConClu", "linear"): (0.6, "learned")}).measured()
    scores = {(row.method, row.protocol): row.headline for row in table.scores.rows}
    found = over_raw(table.scores)
    assert set(found) == {("ConCluGen", "linear"), ("ConGen", "linear"), ("ConClu", "linear")}
    single = {key: scores[key].against(scores["raw-features", "raw"]) for key in found}
    corrected = holm(np.array([one.p for one in single.values()]))
    for (key, one), p in zip(single.items(), corrected, strict=True):
        assert (found[key].value, found[key].p, found[key].low) == (one.value, p, one.low)
        assert found[key].verdict == ("no" if p >= 0.05 else "yes" if one.value > 0 else "below")


def test_collapsed_networks_are_counted_and_named(tmp_path):
    said = " ".join(f"{one.sentence} {one.numbers}" for one in answer(tmp_path))
    assert "5 of 10 networks collapsed: ConCluGen. " in said
    assert "say nothing about self-supervision" in said


def test_weak_networks_are_named_where_none_collapsed(tmp_path):
    rows = ROWS | {("ConCluGen", "linear"): (0.5, "learned")}
    [one] = [one for one in answer(tmp_path, rows=rows) if "collapsed" in one.sentence]
    assert one.sentence == "No network collapsed, but 5 of 10 networks learned little of their own task."
    assert one.numbers == "Weak: ConGen. Learned: ConCluGen."


def test_too_few_groups_are_not_tested_and_said(tmp_path):
    said = answer(tmp_path, count=24)  # 4 groups
    assert said[0].verdict == "unknown"
    assert said[0].sentence == "Whether any pretrained method beats the raw features cannot be tested here."
    assert "4 groups: too few to test" in said[0].numbers
    assert said[-1].sentence == "Caution: 4 groups: too few to test."


def test_the_untrained_network_and_chance_stand_as_in_the_table(tmp_path):
    run = MadeRun(tmp_path)
    own, said = cells(run), words.answer(run.measured())
    [untrained] = [one for one in said if "untrained" in one.sentence]
    best = max((own["ConCluGen", "linear"], own["ConGen", "linear"]), key=lambda row: float(row["minus_untrained"]))
    assert f"{abs(float(best['minus_untrained'])):.3f}" in untrained.numbers
    assert "not corrected for 2 rows" in untrained.numbers
    [chance] = [one for one in said if one.sentence.endswith("chance.")]
    assert (chance.verdict, chance.sentence) == ("yes", "Every pretrained row beats chance.")
    assert "the best chance row has 0.500" in chance.numbers


def test_what_no_pretrained_row_reaches_is_named(tmp_path):
    rows = ROWS | {("raw-features-text", "raw"): (0.9, None)}
    [one] = [one for one in answer(tmp_path, rows=rows) if "better than every pretrained row" in one.sentence]
    assert one.numbers.startswith("raw features, text alone")


def test_shuffled_labels_that_are_recognised_are_a_leak(tmp_path):
    rows = ROWS | {("ConCluGen", "shuffled"): (0.6, "weak")}
    assert any(one.sentence.endswith("above chance: something leaks.") for one in answer(tmp_path, rows=rows))


def test_without_raw_features_or_pretrained_rows_nothing_is_claimed(tmp_path):
    rows = {key: value for key, value in ROWS.items() if key[1] != "raw"}
    assert answer(tmp_path / "a", rows=rows)[0].sentence == "Nothing says what pretraining adds to the raw features."
    only = {("raw-features", "raw"): (0.5, None)}
    assert [one.sentence for one in answer(tmp_path / "b", rows=only)] == ["No pretrained method was evaluated."]


@pytest.mark.parametrize(
    ("ends", "metric", "told"),
    [
        ((0.01, 0.2), "recall_macro", "0.010 to 0.200 better"),
        ((-0.01, 0.2), "recall_macro", "0.010 worse to 0.200 better"),
        ((-0.3, -0.1), "recall_macro", "0.300 to 0.100 worse"),
        ((-0.3, 0.1), "mae", "0.100 worse to 0.300 better"),
        ((float("nan"), 0.1), "mae", ""),
    ],
)
def test_intervals_run_from_the_worse_end_whatever_the_metric(ends, metric, told):
    assert names.span(*ends, metric) == told


def test_rows_that_learned_with_labels_from_scratch_are_not_called_pretrained():
    assert not is_pretrained("ConCluGen", "supervised")
    assert not is_pretrained("untrained", "linear")
    assert is_pretrained("ConCluGen", "finetune")


def test_a_protocol_that_is_added_is_compared_with_the_raw_features_too(monkeypatch):
    assert not is_pretrained("ConCluGen", "linear_unit")
    monkeypatch.setitem(PROTOCOLS, "linear_unit", Protocol(METHODS, "heads"))
    assert is_pretrained("ConCluGen", "linear_unit")
    assert not is_pretrained("untrained", "linear_unit")


ACCOUNT = [
    {"stage": stage, "split": "test", "class": name, "status": status, "lost": lost, "count": count, "share": ""}
    for stage in ("faces", "frames2d", "audio")
    for name, status, lost, count in [
        ("(all)", "ok", "no", "7"),
        ("(all)", "corrupt", "yes", "2"),
        ("(all)", "no_face" if stage != "audio" else "silent", "yes", "1"),
        ("happy", "corrupt", "yes", "2"),
    ]
]


def test_losses_of_the_test_split_are_told_with_their_reasons():
    said = accounting.in_test("made", {"made": ACCOUNT})
    assert said.sentence.startswith("At most 30.0% of the test split was lost to a stage")
    assert "faces and still frames: 3 of 10 (30.0%), 2 × file damaged, 1 × no face found" in said.numbers
    assert "sound: 3 of 10 (30.0%), 2 × file damaged, 1 × silent" in said.numbers
    [lost] = {(loss.group, loss.count) for loss in accounting.losses({"made": ACCOUNT}, of_classes=True)}
    assert lost == ("happy", 2)


def test_leaks_into_the_test_split_are_told_and_what_is_not_known_too():
    rows = [
        {"check": "text", "split": "test", "against": "train", "count": "8", "of": "83", "found": "yes", "item": ""},
        {"check": "text", "split": "valid", "against": "train", "count": "4", "of": "42", "found": "yes", "item": ""},
        {
            "check": "speaker",
            "split": "test",
            "against": "train",
            "count": "0",
            "of": "0",
            "found": "unknown",
            "item": "",
        },
        {"check": "backbone", "split": "", "against": "", "count": "", "of": "", "found": "yes", "item": "text: sst2"},
    ]
    said = accounting.leaks(rows)
    told = "same words in training: 8 of 83 (9.6%); backbone saw these labels: text: sst2. Not known: same speaker."
    assert (said.verdict, said.numbers) == ("below", told)
    assert accounting.leaks(rows[2:3]).sentence == "No leak was found that can be known."
    assert accounting.leaks([]) is None


def test_every_status_and_metric_has_a_readers_word():
    from conclugen.evaluation.metrics import NAMES
    from conclugen.store.ledger import Status

    assert set(Status) <= set(names.STATUSES)
    assert {name for task in NAMES.values() for name in task} == set(names.METRICS)
