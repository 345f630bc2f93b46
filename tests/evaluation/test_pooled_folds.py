"""Folds pooled: every utterance is scored by the classifier that never saw its fold, and counts once."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_predictions import CLASSES, make_manifest
from sklearn.metrics import recall_score
from test_table import SETTINGS

from conclugen.data.cross_validation import Fold, recast
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.evaluation import chance, leaks, overlap, score, scores
from conclugen.evaluation.predictions import read_pooled
from conclugen.evaluation.truth import read_pooled as truth_of
from conclugen.evaluation.truth import read_truth
from measuring import MEASURED

FOLDS = (Fold(1, 3), Fold(2, 3), Fold(3, 3))


@pytest.fixture(scope="module")
def folded(tmp_path_factory):
    """A manifest of three folds by speaker, and predictions of two seeds in the turn of each."""
    root = tmp_path_factory.mktemp("folded")
    frame = make_manifest(root / "m.parquet", "single", 180)
    frame["split"] = [f"fold{int(name[1:]) % 3 + 1}" for name in frame["group"]]
    labels = frame.drop(columns="truth")
    write_manifest(root / "m.parquet", Manifest(labels, "made", "folder", "single", CLASSES))
    folders = [turn_of(root, frame, fold) for fold in FOLDS]
    return root, frame, folders


def turn_of(root, frame, fold):
    folder = root / "downstream" / "made" / "made" / "paper" / "ConCluGen" / "linear" / f"fold{fold.tested}"
    folder.mkdir(parents=True)
    split = np.array(recast(frame["split"].tolist(), frame["group"].tolist(), fold))
    for seed in range(2):
        kept = np.isin(split, ("valid", "test"))
        drawn = np.random.default_rng([fold.tested, seed]).normal(0, 0.6, (kept.sum(), 3))
        values = np.stack(frame["truth"][kept]) + drawn
        out = pd.DataFrame({"utterance_id": frame["utterance_id"][kept], "split": split[kept]})
        out = out.assign(**{f"score_{name}": values[:, i].astype(np.float32) for i, name in enumerate(CLASSES)})
        verdict = {"pretext": "healthy", "cause": "", "numbers": {}, "weights_sha256": f"w{fold.tested}"}
        about = {"streams": {"text": ["text"]}, "network": {"name": "seed0", "pretext": verdict}}
        about |= {"fold": dataclasses.asdict(fold), "seed": seed}
        arrow = pa.Table.from_pandas(out.sample(frac=1, random_state=seed), preserve_index=False)
        arrow = arrow.replace_schema_metadata({b"conclugen": json.dumps(about).encode()})
        pq.write_table(arrow, folder / f"seed{seed}.parquet")
    return folder


def test_each_utterance_is_scored_in_the_turn_of_its_fold(folded):
    root, frame, folders = folded
    truth = truth_of(root / "m.parquet", "expression", "test", FOLDS)
    assert sorted(truth.ids) == sorted(frame["utterance_id"])
    pooled = read_pooled(folders, truth)
    assert pooled.scores.shape == (2, 180, 3)
    for number, folder in enumerate(folders, 1):
        written = pd.read_parquet(folder / "seed1.parquet").set_index("utterance_id")
        rows = np.isin(truth.ids, frame["utterance_id"][frame["split"] == f"fold{number}"])
        expected = written.loc[truth.ids[rows], [f"score_{name}" for name in CLASSES]].to_numpy()
        np.testing.assert_array_equal(pooled.scores[1, rows], expected)
    assert len(truth.train) == 180  # in three turns a third each
    assert len(np.unique(truth.group)) == 30


def test_the_pooled_recall_is_that_of_all_rows_together(folded):
    root, _, folders = folded
    settings = {name: SETTINGS[name] for name in MEASURED} | {"folds": [dataclasses.asdict(fold) for fold in FOLDS]}
    output = root / "s.npz"
    given = ["--manifest", str(root / "m.parquet"), "--split", "test", "--settings", json.dumps(settings)]
    score.main([*given, "--predictions", *map(str, folders), "--output", str(output)])
    split, [row] = scores.read(output)
    truth = truth_of(root / "m.parquet", "expression", "test", FOLDS)
    pooled = read_pooled(folders, truth)
    recalls = [recall_score(truth.labels.argmax(1), one.argmax(1), average="macro") for one in pooled.scores]
    assert row.metrics["recall_macro"][0] == pytest.approx(np.mean(recalls))
    assert (split.count, split.groups.count, row.seeds) == (180, 30, 2)
    assert {one["pretext"]["weights_sha256"] for one in row.networks} == {"w1", "w2", "w3"}
    assert row.corpus == "made"


def test_chance_knows_in_each_turn_what_the_others_hold(folded):
    truth = truth_of(folded[0] / "m.parquet", "expression", "test", FOLDS)
    guessed = chance.rows(truth, 3)
    for number, of_fold in enumerate(truth.folds):
        rows = np.arange(60) + 60 * number
        np.testing.assert_array_equal(guessed["training priors"][0, rows[0]], of_fold.priors.astype(np.float32))
        np.testing.assert_array_equal(guessed["prior sampling"][:, rows], chance.rows(of_fold, 3)["prior sampling"])
    assert len({tuple(of_fold.priors) for of_fold in truth.folds}) == 3


def test_a_lost_turn_is_refused(folded, tmp_path):
    root, _, folders = folded
    truth = truth_of(root / "m.parquet", "expression", "test", FOLDS)
    with pytest.raises(ValueError, match="3 folds, and 2 folders of predictions"):
        read_pooled(folders[:2], truth)
    with pytest.raises(ValueError, match="60 test utterances have no prediction"):
        read_pooled([folders[1], folders[0], folders[2]], truth)
    other = tmp_path / "fold3"
    shutil.copytree(folders[2], other)
    (other / "seed1.parquet").unlink()
    with pytest.raises(ValueError, match="its folds come from different runs"):
        read_pooled([*folders[:2], other], truth)


def test_test_labels_of_a_turn_are_not_those_of_validation(folded):
    valid = read_truth(folded[0] / "m.parquet", "expression", "valid", FOLDS[0])
    test = read_truth(folded[0] / "m.parquet", "expression", "test", FOLDS[0])
    assert not set(valid.ids) & set(test.ids)
    assert len(valid.ids) == len(test.ids) == len(test.train) == 60


def test_what_folds_share_is_found_turn_by_turn(folded):
    root, frame, _ = folded
    found = {(row["check"], row["against"]): row for row in _between(root, frame) if row["split"] == "test"}
    assert (found["speaker", "train"]["found"], found["speaker", "train"]["of"]) == ("no", 180)
    moved = frame.assign(speaker=frame["speaker"].mask(frame.index == 0, "g1"))  # g1 is in fold 2, row 0 in fold 1
    found = {(row["check"], row["against"]): row for row in _between(root, moved) if row["split"] == "test"}
    # In the turn of fold 1, row 0 meets g1 in validation; in that of fold 2, the six of g1 meet row 0 in training.
    assert (found["speaker", "valid"]["count"], found["speaker", "valid"]["found"]) == (1, "yes")
    assert (found["speaker", "train"]["count"], found["speaker", "train"]["detail"][:16]) == (6, "in 1 of 3 turns;")
    corpus = dataclasses.replace(manifest_of(frame), dataset="corpus")
    assert {row["split"] for row in leaks.overlap(manifest_of(frame), corpus, FOLDS) if "corpus" in row["check"]} == {
        "test"
    }


def manifest_of(frame):
    return Manifest(frame.drop(columns="truth"), "made", "folder", "single", CLASSES)


def _between(root, frame):
    return overlap.between_splits(manifest_of(frame), FOLDS)
