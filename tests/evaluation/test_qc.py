"""Quality control: counts and the limit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from conclugen.data.manifest import Manifest, write_manifest
from conclugen.evaluation import qc
from conclugen.store.ledger import LedgerRow, Status, write_ledger


def make_manifest(path, text_source="official", task="single"):
    ids = [f"u{i:03d}" for i in range(100)]
    fixed = {"media": None, "audio": None, "start_s": np.nan, "end_s": np.nan, "text": "", "text_source": text_source}
    labels = {"label": ["x", "y"] * 50} if task == "single" else {"x": [1.0, 0.0] * 50, "y": [1.0, 1.0] * 50}
    split = ["train"] * 80 + ["test"] * 20
    frame = pd.DataFrame({"utterance_id": ids, "split": split, **fixed, "speaker": None, "group": ids, **labels})
    write_manifest(path, Manifest(frame, "made", "folder", task, ("x", "y")))
    return ids


def run(tmp_path, lost, stage="faces", ids=None, max_lost=0.05, min_lost=3, of_class=(1.0, 3), **options):
    """`lost` maps ids to (status, reason)."""
    everyone = make_manifest(tmp_path / "m.parquet", **options)
    rows = [
        LedgerRow(name, stage, *lost.get(name, (Status.OK, "")), seconds=0.1)
        for name in (everyone if ids is None else ids)
    ]
    write_ledger(tmp_path / "0000.ledger.csv", rows[:40])
    write_ledger(tmp_path / "0001.ledger.csv", rows[40:])
    settings = {"max_lost": max_lost, "min_lost": min_lost}
    settings = json.dumps(settings | dict(zip(("max_lost_of_class", "min_lost_of_class"), of_class, strict=True)))
    ledgers = [str(tmp_path / f"000{i}.ledger.csv") for i in range(2)]
    output = tmp_path / "qc.csv"
    arguments = ["--manifest", str(tmp_path / "m.parquet"), "--settings", settings, "--output", str(output)]
    qc.main([*arguments, "--ledgers", *ledgers])
    return pd.read_csv(output)


def losses(*numbers, status=Status.NO_FACE, reason="no face in 40 frames"):
    return {f"u{i:03d}": (status, reason) for i in numbers}


def test_counts_by_split_and_class(tmp_path):
    found = run(tmp_path, losses(0, 2, 81)).set_index(["split", "class", "status"])
    assert found.loc[("train", "(all)", "no_face"), "count"] == 2
    assert found.loc[("train", "(all)", "ok"), "share"] == 0.975
    assert found.loc[("train", "x", "no_face"), "share"] == 0.05
    assert ("train", "y", "no_face") not in found.index
    assert found.loc[("test", "y", "no_face"), "count"] == 1
    assert found.loc[("test", "y", "no_face"), "lost"] == "yes"


def test_too_much_lost_fails_and_says_why(tmp_path):
    lost = {**losses(81, 83, 85), **losses(87, status=Status.TIMEOUT, reason="over 60 s")}
    with pytest.raises(SystemExit) as stopped:
        run(tmp_path, lost)
    message = str(stopped.value)
    assert "faces, test: lost 4 of 20 (20.0%; limit 5.0%)" in message
    assert "3 no_face (no face in 40 frames), such as u081" in message
    assert "1 timeout (over 60 s)" in message
    assert "train" not in message
    assert (tmp_path / "qc.csv").exists()


def test_tiny_counts_are_reported_but_pass(tmp_path, capsys):
    run(tmp_path, losses(81, 83))
    assert "lost 2 of 20 (10.0%; limit 5.0%); fewer than 3 lost, so let pass" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run(tmp_path, losses(81, 83), min_lost=2)


@pytest.mark.parametrize(
    ("lost", "over"),
    [
        (losses(*range(80, 100)), "faces, test: lost 20 of 20"),
        (losses(*range(80, 100, 2)), "faces, test, class x: lost 10 of 10"),
    ],
)
def test_a_split_or_a_class_of_which_nothing_is_left_fails_whatever_its_size(tmp_path, lost, over):
    with pytest.raises(SystemExit, match=over):
        run(tmp_path, lost, max_lost=0.9, min_lost=50, of_class=(0.9, 50))
    run(tmp_path, lost, max_lost=1.0)


def test_labels_lost_by_the_manifest_are_losses(tmp_path):
    lost = losses(80, 82, 84, status=Status.NO_LABEL, reason="label is none of x, y: 'z'")
    with pytest.raises(SystemExit, match=r"manifest, test: lost 3 of 20 .* 3 no_label \(label is none of x, y: 'z'\)"):
        run(tmp_path, lost, stage="manifest")


def test_exactly_the_limit_passes(tmp_path):
    run(tmp_path, losses(0, 1, 2, 3))  # 4 of 80
    with pytest.raises(SystemExit):
        run(tmp_path, losses(0, 1, 2, 3, 4))


def test_a_set_without_transcripts_loses_no_text(tmp_path):
    lost = losses(*range(100), status=Status.NO_TEXT, reason="")
    found = run(tmp_path, lost, stage="text", text_source="none")
    assert set(found["lost"]) == {"no"}
    with pytest.raises(SystemExit):
        run(tmp_path, lost, stage="text", text_source="official")


@pytest.mark.parametrize("status", [Status.NO_TEXT, Status.OTHER_LANGUAGE])
def test_a_set_whose_speech_is_recognised_loses_what_has_no_words(tmp_path, status):
    lost = losses(*range(20), status=status, reason="made up")
    with pytest.raises(SystemExit, match=r"transcripts, train: lost 20 of 80"):
        run(tmp_path, lost, stage="transcripts", text_source="none")


def test_utterances_in_no_ledger_are_lost(tmp_path):
    with pytest.raises(SystemExit, match="10 unaccounted, such as u090"):
        run(tmp_path, {}, ids=[f"u{i:03d}" for i in range(90)])


def test_contradictions_are_errors(tmp_path):
    with pytest.raises(ValueError, match="unknown utterances"):
        run(tmp_path, {}, ids=["stranger"])
    with pytest.raises(ValueError, match="twice in one stage"):
        run(tmp_path, {}, ids=["u000", "u000"])


def test_multi_label_counts_under_each_class(tmp_path):
    found = run(tmp_path, losses(0), task="multi").set_index(["split", "class", "status"])
    assert found.loc[("train", "x", "no_face"), "count"] == 1
    assert found.loc[("train", "y", "no_face"), "count"] == 1


def test_no_ledgers_is_an_empty_table(tmp_path):
    assert run(tmp_path, {}, ids=[]).empty


def test_a_class_that_loses_too_much_fails_though_its_split_does_not(tmp_path):
    lost = losses(80, 82, 84, status=Status.TIMEOUT, reason="not decoded within 120 s")  # 3 of 10 of class x in test
    with pytest.raises(SystemExit) as stopped:
        run(tmp_path, lost, max_lost=0.2, of_class=(0.25, 3))
    message = str(stopped.value)
    assert "made: more lost than allowed" in message
    assert "faces, test, class x: lost 3 of 10 (30.0%; limit 25.0%): 3 timeout (not decoded within 120 s)" in message
    assert "class y" not in message
    assert "make retry DATASET=made" in message
    assert "datasets.made.max_lost" in message


@pytest.mark.parametrize(("max_lost", "of_class"), [(0.2, (0.25, 4)), (0.2, (0.3, 3)), (0.3, (0.1, 3))])
def test_a_class_passes_below_its_number_its_share_or_the_share_of_its_split(tmp_path, max_lost, of_class):
    run(tmp_path, losses(80, 82, 84), max_lost=max_lost, of_class=of_class)


def test_a_class_is_not_listed_beside_its_split_nor_a_retry_advised_for_what_no_retry_mends(tmp_path):
    with pytest.raises(SystemExit) as stopped:
        run(tmp_path, losses(80, 82, 84), of_class=(0.1, 1))
    message = str(stopped.value)
    assert message.count("lost 3 of") == 1
    assert "make retry" not in message
