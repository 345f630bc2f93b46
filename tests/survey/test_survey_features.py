"""Features in a table, and arrays in files of their own: what is taken for what, and what stops."""

import numpy as np
import pytest

from conclugen.survey import csv_features, npy
from conclugen.survey.found import SurveyError

N = 24
FOLDS, MOODS = ["train", "dev", "test"], ["glad", "sad"]


def write(root, columns, rows=N, name="f.csv"):
    """A table of features; `columns`: by name, a function of the row's number."""
    lines = [",".join(columns), *(",".join(str(of(row)) for of in columns.values()) for row in range(rows))]
    (root / name).write_text("\n".join(lines) + "\n")
    return root


def numbered(prefix, count):
    return {f"{prefix}{i}": lambda row, i=i: round(np.sin(row + i), 4) for i in range(count)}


BASE = {
    "clip_id": lambda row: f"u{row}",
    "emotion": lambda row: MOODS[row % 2],
    "fold": lambda row: FOLDS[row % 3],
    "actor": lambda row: f"s{row // 6}",
}


def found(root, *, table=None, columns=(), labels=(), classes=()):
    return csv_features.features(root, table, dict(columns), labels, classes)


def test_numbered_columns_are_streams_by_their_names(tmp_path):
    one = found(write(tmp_path, BASE | numbered("audio_", 12) | numbered("face-", 3)))
    assert one.options == {
        "file": "f.csv", "ids": "clip_id", "streams": {"audio": "audio*", "face": "face*"}, "split": "fold",
        "speaker": "actor", "labels": {"kind": "single", "key": "emotion"},
    }  # fmt: skip
    assert one.modalities == {"audio": ["audio"], "video": ["face"]}
    assert "features audio (12), face (3)" in one.notes[0]


def test_columns_of_other_names_are_one_stream(tmp_path):
    named = {name: lambda row: row / 7 for name in ("pitch", "energy", "jitter", "shimmer")}
    one = found(write(tmp_path, BASE | named))
    assert one.options["streams"] == {"features": "*"}
    assert "features (4)" in one.notes[0]


def test_a_prefix_that_begins_another_is_no_stream_of_both(tmp_path):
    one = found(write(tmp_path, BASE | numbered("a_", 3) | numbered("ab_", 3)))
    assert one.options["streams"] == {"features": "*"}


def test_a_pattern_of_labels_is_no_feature(tmp_path):
    rated = {f"label_{name}": lambda row, i=i: (row + i) % 2 for i, name in enumerate(MOODS)}
    rest = {name: of for name, of in BASE.items() if name != "emotion"}
    one = found(write(tmp_path, rest | rated | numbered("text", 5)), labels=["label_*"], classes=MOODS)
    assert one.options["labels"] == {"kind": "multi", "key": "label_*", "classes": MOODS}
    assert one.options["streams"] == {"text": "text*"}


@pytest.mark.parametrize(
    ("without", "more", "given", "said"),
    [
        ("clip_id", {}, {}, "none of ids: --column id=NAME"),
        ("", {"remark": lambda row: "odd"}, {}, "features are not told from remark"),
        ("", {}, {"columns": {"id": "nothing"}}, "nothing: no such column"),
        ("", {}, {"labels": ["a", "b"]}, "name the columns alike"),
        ("", {}, {"labels": ["label_*"]}, "needs the names of its classes"),
        ("emotion", {"emotion": lambda row: row % 2}, {}, "'emotion' has numbers"),
    ],
)
def test_what_cannot_be_told_is_asked_for(tmp_path, without, more, given, said):
    features = {name: lambda row: row / 7 for name in ("pitch", "energy", "jitter", "shimmer")}
    columns = {name: of for name, of in BASE.items() if name != without} | more | features
    with pytest.raises(SurveyError, match=said):
        found(write(tmp_path, columns), **given)


def test_tables_of_clips_hold_no_features(tmp_path):
    assert found(write(tmp_path, BASE)) is None
    write(tmp_path, BASE | numbered("audio_", 5))
    (tmp_path / "clip.mp4").touch()
    assert found(tmp_path) is None  # media are what is meant
    (tmp_path / "clip.mp4").unlink()
    write(tmp_path, BASE, name="other.csv")
    assert found(tmp_path) is None  # which of the two is not known
    assert found(tmp_path, table="f.csv") is not None


def save(root, **more):
    ids = [f"u{n}" for n in range(N)]
    arrays = {"ids": ids, "vision": np.ones((N, 3)), "emotion": MOODS * (N // 2), "fold": FOLDS * (N // 3)} | more
    for name, value in arrays.items():
        np.save(root / f"{name}.npy", value)
    return npy.files(root)


def test_arrays_in_files_of_their_own_become_one_file(tmp_path):
    (tmp_path / "in").mkdir()
    alone, output = save(tmp_path / "in"), tmp_path / "o.arrays.npz"
    one = npy.packed(tmp_path / "in", alone, output, {}, [], [])
    assert one.options["file"] == str(output)
    assert one.options["labels"] == {"kind": "single", "key": "emotion"}
    assert one.notes[0].endswith("from emotion.npy, fold.npy, ids.npy, vision.npy")
    assert one.notes[1].startswith("o.arrays.npz: 24 rows")
    with np.load(output) as file:
        np.testing.assert_array_equal(file["vision"], np.ones((N, 3)))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["o.arrays.npz"]


def test_what_is_refused_leaves_no_file(tmp_path):
    (tmp_path / "in").mkdir()
    alone = save(tmp_path / "in", emotion=np.arange(N) % 2)
    with pytest.raises(SurveyError, match=r"in/\*\.npy: 'emotion' has numbers; say what they stand for"):
        npy.packed(tmp_path / "in", alone, tmp_path / "o.npz", {}, [], [])
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    (tmp_path / "in/clip.mp4").touch()
    assert npy.files(tmp_path / "in") == []  # media are what is meant
