"""Folds: each utterance is tested once, and nobody is on two sides of a turn."""

import hashlib

import numpy as np
import pytest

from conclugen.data import ravdess
from conclugen.data.common import table
from conclugen.data.cross_validation import Fold, consecutive, drawn, given, names_in, number_of, recast, splits_of
from conclugen.data.errors import LayoutError, ManifestError
from conclugen.data.manifest import Manifest, as_written, read_manifest, write_manifest

NAMES = ["fold1", "fold2", "fold3", "train", "none", "fold2"]


def test_the_next_fold_validates():
    assert recast(NAMES, NAMES, Fold(1, 3)) == ["test", "valid", "train", "train", "none", "valid"]
    assert recast(NAMES, NAMES, Fold(3, 3)) == ["valid", "train", "test", "train", "none", "train"]
    with pytest.raises(LayoutError, match="fold4 has no utterance; there are fold1, fold2, fold3"):
        recast(NAMES, NAMES, Fold(4, 4))


def test_a_share_of_the_groups_of_the_others_validates():
    names = ["fold1"] * 200 + ["fold2"] * 200 + ["train"] * 200
    groups = [f"g{i // 2}" for i in range(600)]
    turn = np.array(recast(names, groups, Fold(1, 2, 0.25)))
    assert set(turn[:200]) == {"test"}
    assert set(turn[200:]) == {"train", "valid"}
    assert (turn[200::2] == turn[201::2]).all()  # a group is on one side
    digest = hashlib.sha256(b"0:g120").digest()
    high = int.from_bytes(digest[:8], "big") / 2**64 >= 0.75
    assert (turn[240] == "valid") == high
    assert 0.15 < (turn[200:] == "valid").mean() < 0.35


def test_every_utterance_is_tested_once():
    names = [f"fold{i % 4 + 1}" for i in range(40)]
    turns = [recast(names, names, Fold(number, 4)) for number in range(1, 5)]
    for kind in ("test", "valid"):
        assert (np.sum([np.array(turn) == kind for turn in turns], axis=0) == 1).all()


def test_one_fold_can_be_tested_alone():
    of = {"a": 1, "b": 2, "c": 3, "d": 0}
    assert splits_of(of, None, 3) == ["fold1", "fold2", "fold3", "train"]
    assert splits_of(of, 2, 3) == ["train", "test", "valid", "train"]
    with pytest.raises(LayoutError, match="fold is 4; there are 3, counted from 1"):
        splits_of(of, 4, 3)
    with pytest.raises(LayoutError, match="fold4 and fold5 of 5 has no utterance; there are fold1, fold2, fold3"):
        splits_of(of, None, 5)


def test_consecutive_actors_make_the_folds_of_papers():
    actors = consecutive(range(1001, 1092), 5)
    assert [list(actors.values()).count(fold) for fold in range(1, 6)] == [18, 18, 18, 18, 19]
    assert list(actors.values()) == sorted(actors.values())
    assert consecutive([24, 1, 1, 13], 3) == {1: 1, 13: 2, 24: 3}


def test_the_groups_of_ravdess_are_of_four_actors(tmp_path):
    for actor in range(1, 25):
        for statement in ("01", "02"):
            path = tmp_path / f"Actor_{actor:02d}" / f"03-01-03-01-{statement}-01-{actor:02d}.wav"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"")
    frame = ravdess.build("r", tmp_path, ravdess.Settings(6, None, None)).table
    for fold in range(1, 7):
        assert sorted(set(frame.loc[frame["split"] == f"fold{fold}", "speaker"].astype(int))) == list(
            range(4 * fold - 3, 4 * fold + 1)
        )
    with pytest.raises(LayoutError, match="30 folds need as many actors"):
        ravdess.build("r", tmp_path, ravdess.Settings(30, None, None))


def test_drawn_folds_keep_groups_together_and_even():
    groups = [f"s{i % 11}" for i in range(220)]
    of = drawn(groups, 5, 0)
    assert len({(group, fold) for group, fold in zip(groups, of, strict=True)}) == 11
    assert sorted(len({g for g, f in zip(groups, of, strict=True) if f == name}) for name in set(of)) == [2, 2, 2, 2, 3]
    assert of == drawn(groups, 5, 0) != drawn(groups, 5, 1)
    assert drawn(groups[::-1], 5, 0) == of[::-1]
    with pytest.raises(LayoutError, match="12 folds need as many groups, and there are 11"):
        drawn(groups, 12, 0)


@pytest.mark.parametrize(
    "written",
    [
        "1 2 3",
        "0 1 2",
        "fold1 Fold-2 fold_3",
        "set_1 set_2 set_3",
        "1.0 2.0 3.0",
        "Session1 Session2 Session3",
        "1 2 03",
    ],
)
def test_folds_are_read_as_people_write_them(written):
    assert given([*written.split(), "", written.split()[0]], 3, "t.csv") == ["fold1", "fold2", "fold3", "none", "fold1"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["1", "2", "test"], "'test' names no fold"),
        (["1", "2"], r"its folds are \[1, 2\], and datasets.….folds is 3"),
        (["1", "2", "3", "4"], r"\[1, 2, 3, 4\]"),
        (["2", "3", "4"], "counted from 1 or from 0"),
        (["1.5", "2", "3"], "'1.5' names no fold"),
        (["-1", "0", "1"], "'-1' names no fold"),
    ],
)
def test_other_folds_are_refused(written, said):
    with pytest.raises(LayoutError, match=said):
        given(written, 3, "t.csv")


def test_names_are_of_folds_alone():
    assert [number_of(name) for name in ("fold1", "fold12", "fold0", "fold", "folds1", "train")] == [1, 12, *[None] * 4]
    assert names_in(["fold10", "train", "fold2"]) == ["fold2", "fold10"]


def labelled(splits, labels):
    columns = {"utterance_id": [f"u{i}" for i in range(len(splits))], "split": splits}
    return Manifest(table(columns, {"label": labels}), "mine", "folder", "single", ("a", "b"))


def test_labels_of_the_tested_fold_are_hidden(tmp_path):
    write_manifest(tmp_path / "m.parquet", labelled(["fold1", "fold2", "fold3", "fold1"], ["a", "b", "a", "b"]))
    read = read_manifest(tmp_path / "m.parquet", fold=Fold(1, 3)).table
    assert read["split"].tolist() == ["test", "valid", "train", "test"]
    assert read["label"].fillna("").tolist() == ["", "b", "a", ""]
    assert read_manifest(tmp_path / "m.parquet").table["label"].isna().all()  # nobody says whose turn it is
    assert as_written(tmp_path / "m.parquet").table["label"].tolist() == ["a", "b", "a", "b"]


def test_folds_and_splits_do_not_mix(tmp_path):
    with pytest.raises(ManifestError, match="valid and test stand beside folds"):
        write_manifest(tmp_path / "m.parquet", labelled(["fold1", "test"], ["a", "b"]))
    with pytest.raises(ManifestError, match="nor a fold"):
        write_manifest(tmp_path / "m.parquet", labelled(["fold0", "train"], ["a", "b"]))
