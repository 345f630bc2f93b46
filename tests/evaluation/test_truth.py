"""The truth of the test split, and who may ask for it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import conclugen
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.evaluation.truth import read_truth

SOURCE = Path(conclugen.__file__).parent


def asks_for_test_labels(source: str) -> bool:
    """Whether code passes anything but the default splits to `read_manifest`, or reads a manifest as it is written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).rpartition(".")[2] == "as_written":
            return True
        if not isinstance(node, ast.Call) or "read_manifest" not in ast.unparse(node.func):
            continue
        if len(node.args) > 1 or any(keyword.arg in (None, "label_splits") for keyword in node.keywords):
            return True
    return False


def test_only_truth_asks_for_test_labels():
    asking = [str(p.relative_to(SOURCE)) for p in SOURCE.rglob("*.py") if asks_for_test_labels(p.read_text("utf-8"))]
    # The manifest's own reader, and frames of clips, which take on the labels of their clips as an adapter does.
    assert sorted(asking) == ["data/manifest.py", "evaluation/truth.py", "images/frames.py"]


def test_the_check_would_notice():
    assert asks_for_test_labels('m.read_manifest(p, label_splits=("test",))')
    assert asks_for_test_labels("read_manifest(p, splits)")
    assert asks_for_test_labels("read_manifest(p, **more)")
    assert asks_for_test_labels("manifest.as_written(p)")
    assert asks_for_test_labels("read = as_written")
    assert not asks_for_test_labels("read_manifest(p)")
    assert not asks_for_test_labels("read_manifest(p, fold=f)")


def test_nothing_before_evaluation_imports_it():
    stages = [p for p in SOURCE.rglob("*.py") if "evaluation" not in p.relative_to(SOURCE).parts]
    below = ("store", "data", "media", "faces", "features", "models", "losses", "pretrain", "downstream")
    for path in stages:
        if path.relative_to(SOURCE).parts[0] in below:
            assert "conclugen.evaluation" not in path.read_text("utf-8"), path


def make(path, task="single", **columns):
    fixed = {"media": None, "audio": None, "start_s": np.nan, "end_s": np.nan, "text": "", "text_source": "none"}
    frame = pd.DataFrame({"utterance_id": list("abcdef"), **fixed, "speaker": None, **columns})
    write_manifest(path, Manifest(frame, "made", "folder", task, ("x", "y")))
    return read_truth(path, "expression")


def test_groups_priors_and_unknown_labels(tmp_path):
    found = make(
        tmp_path / "m.parquet",
        split=["train", "train", "test", "test", "test", "test"],
        group=["g", "g", "v", "v", None, ""],
        label=["x", "x", "y", None, "x", "y"],
    )
    assert found.ids.tolist() == ["c", "e", "f"]
    assert found.labels.argmax(1).tolist() == [1, 0, 1]
    assert len(set(found.group)) == 3  # those without a group are their own
    assert found.priors.tolist() == [1, 0]


def test_multi_label_keeps_what_is_known(tmp_path):
    found = make(
        tmp_path / "m.parquet",
        "multi",
        split=["train", "train", "test", "test", "test", "none"],
        group=list("112345"),
        x=[1.0, np.nan, 0.0, np.nan, np.nan, 1.0],
        y=[0.0, 2.0, 0.5, 1.0, np.nan, 1.0],
    )
    assert found.ids.tolist() == ["c", "d"]
    np.testing.assert_array_equal(found.labels, [[0, 1], [np.nan, 1]])
    assert found.priors.tolist() == [1, 0.5]


def test_no_test_labels_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="nothing to measure"):
        make(tmp_path / "m.parquet", split=["train"] * 6, group=list("abcdef"), label=["x"] * 6)
