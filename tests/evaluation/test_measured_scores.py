"""Scores: measured once, with what tables need to compare rows; nothing else is opened for a view."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_predictions import make_manifest, make_predictions, noisy
from test_table import SETTINGS

import conclugen.evaluation
from conclugen.evaluation import score, scores, table
from conclugen.evaluation.intervals import Resamples
from conclugen.evaluation.predictions import read
from conclugen.evaluation.truth import read_truth
from measuring import measure, scored, viewed

ROOM = Path(conclugen.evaluation.__file__).parent
MEASURES = ("score", "predictions", "truth", "intervals", "by_class", "picture", "curves", "confusion", "chance")
ELSEWHERE = ("qc", "leaks", "overlap", "label_copies")  # they account for utterances, and measure no prediction
STILLS = ("image_table",)  # the one table of still images, of which there is no other view


@pytest.fixture
def made(tmp_path):
    """A manifest and the folders of two rows."""
    frame = make_manifest(tmp_path / "m.parquet")
    return tmp_path, [make_predictions(tmp_path, frame, name, "linear", noisy(0.5)) for name in ("ConCluGen", "ConGen")]


def test_no_view_opens_predictions_or_a_manifest():
    opening = []
    for path in sorted(ROOM.rglob("*.py")):
        if path.stem in (*MEASURES, *ELSEWHERE, *STILLS):
            continue
        names = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
        modules = {node.module for node in names} | {f"{n.module}.{a.name}" for n in names for a in n.names}
        if modules & {f"conclugen.evaluation.{name}" for name in ("predictions", "truth")}:
            opening.append(path.name)
    assert opening == []


@pytest.mark.parametrize("split", ["test", "valid"])
def test_scores_hold_what_the_resamples_of_the_predictions_give(made, split):
    root, folders = made
    truth = read_truth(root / "m.parquet", "expression", split)
    found = scored(root / "m.parquet", folders, SETTINGS, split)
    asked = score.Settings(**{name: SETTINGS[name] for name in ("target", "resamples", "level", "seed")})
    resamples = Resamples.of(truth, asked)
    for folder, row in zip(folders, found.rows, strict=True):
        wanted = resamples.estimates(truth, read(folder, truth).scores, "linear")
        headline = wanted[found.split.headline]
        np.testing.assert_array_equal(row.headline.by_seed, headline.by_seed)
        np.testing.assert_array_equal(row.headline.drawn, headline.drawn)
        names = list(wanted) if split == "test" else [found.split.headline]
        assert list(row.metrics) == names
        assert all(row.metrics[name] == (wanted[name].value, *wanted[name].interval()) for name in names)
        assert (row.method, row.seeds, row.label_fraction) == (folder.parent.name, 5, 1.0)
    assert [row.protocol for row in found.chance] == ["chance"] * 5
    assert (found.split.count, found.split.groups) == (len(truth.ids), resamples.groups)
    one, other = (row.headline for row in found.rows)
    assert one.against(other).p == pytest.approx(wanted_p(resamples, truth, folders))


def wanted_p(resamples, truth, folders):
    """The paired test of two folders, from their predictions."""
    each = [resamples.estimates(truth, read(folder, truth).scores, "linear") for folder in folders]
    one, other = (estimates["balanced_accuracy_mean"] for estimates in each)
    return one.against(other).p


def test_the_same_predictions_give_the_same_bytes(made):
    root, folders = made
    files = [Path(word) for word in measure(root / "m.parquet", folders, SETTINGS) if word.endswith(".npz")]
    before = [path.read_bytes() for path in files]
    measure(root / "m.parquet", folders, SETTINGS)
    assert [path.read_bytes() for path in files] == before
    measure(root / "m.parquet", folders, SETTINGS | {"seed": 1})
    assert all(path.read_bytes() != old for path, old in zip(files, before, strict=True))


def test_scores_that_lie_elsewhere_are_refused(made):
    root, folders = made
    flags = measure(root / "m.parquet", folders, SETTINGS)
    first, second = (Path(word) for word in flags[-2:])
    shutil.copy(first, second)
    with pytest.raises(ValueError, match=r"test\.npz: holds the scores of made/corpus/paper/ConCluGen/linear/test"):
        scores.read(second)
    with pytest.raises(ValueError, match="ConGen/linear"):
        table.main([*flags, "--settings", json.dumps(viewed(SETTINGS)), "--full", "t.csv", "--output", "s.csv"])


def test_scores_at_another_level_of_two_splits_or_without_chance_are_no_table(made):
    root, folders = made
    flags = measure(root / "m.parquet", folders, SETTINGS)
    paths = [Path(word) for word in flags if word.endswith(".npz")]
    with pytest.raises(ValueError, match="made: no chance rows are given for its test split"):
        scores.read_one(paths[1:])
    kept = root / "kept.npz"
    shutil.copy(paths[0], kept)
    measure(root / "m.parquet", folders, SETTINGS | {"level": 0.9})
    with pytest.raises(ValueError, match="measured on another test split than"):
        scores.read_one([kept, *paths[1:]])
    valid = [Path(w) for w in measure(root / "m.parquet", folders, SETTINGS, ("valid",)) if w.endswith(".npz")]
    with pytest.raises(ValueError, match=r"the scores are of made \(test\), made \(valid\)"):
        scores.read_one([*paths, *valid])
