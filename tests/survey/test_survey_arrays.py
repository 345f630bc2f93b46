"""Arrays of others: ids, features, labels and splits by name and shape."""

import h5py
import numpy as np
import pytest

from conclugen.survey.arrays import arrays, file_of
from conclugen.survey.found import SurveyError

N = 12
FOLDS, MOODS = np.array(["train", "dev", "test"] * 4), np.array(["glad", "sad", "angry", "glad"] * 3)
BASE = {"ids": np.arange(N), "vision": np.ones((N, 3)), "voice": np.ones((N, 2)), "fold": FOLDS, "emotion": MOODS}


def saved(root, **more):
    np.savez(root / "a.npz", **{name: value for name, value in (BASE | more).items() if value is not None})
    return root


def test_arrays_are_taken_by_name_and_shape(tmp_path):
    found = arrays(saved(tmp_path, other=np.ones((5, 2))), "a.npz", {}, [], [])
    assert found.options == {
        "file": "a.npz", "ids": "ids", "streams": {"vision": "vision", "voice": "voice"}, "split": "fold",
        "labels": {"kind": "single", "key": "emotion"},
    }  # fmt: skip
    assert found.modalities == {"video": ["vision"], "audio": ["voice"]}
    assert "not used: other" in found.notes


def test_hdf5_is_read_alike(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, value in BASE.items():
            file[name] = value.astype("S") if value.dtype.kind == "U" else value
    assert arrays(tmp_path, "a.h5", {}, [], []).options["labels"] == {"kind": "single", "key": "emotion"}


def test_labels_that_stand_as_numbers_need_their_names(tmp_path):
    saved(tmp_path, emotion=np.eye(3)[np.arange(N) % 3])
    with pytest.raises(SurveyError, match="'emotion' has 3 columns; say what they stand for, in order: --classes"):
        arrays(tmp_path, "a.npz", {}, [], [])
    labels = arrays(tmp_path, "a.npz", {}, ["emotion"], ["a", "b", "c"]).options["labels"]
    assert labels == {"kind": "multi", "key": "emotion", "classes": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ids": None}, "no array of ids among"),
        ({"vision": None, "voice": None}, "no array of 12 rows of numbers, as features are"),
    ],
)
def test_what_is_missing_is_told(tmp_path, more, said):
    with pytest.raises(SurveyError, match=said):
        arrays(saved(tmp_path, **more), "a.npz", {}, [], [])


def test_splits_that_are_no_words_are_drawn(tmp_path):
    assert "split" not in arrays(saved(tmp_path, fold=np.arange(N) % 5), "a.npz", {}, [], []).options


def test_two_files_may_be_meant(tmp_path):
    saved(tmp_path)
    assert file_of(tmp_path) == "a.npz"
    (tmp_path / "b.h5").touch()
    with pytest.raises(SurveyError, match=r"a\.npz, b\.h5 hold arrays"):
        file_of(tmp_path)
