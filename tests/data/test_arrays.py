"""Arrays of others: read without running anything, with ids, labels and folds."""

import dataclasses
import json

import h5py
import numpy as np
import pytest

from conclugen.data import features
from conclugen.data.arrays import ArrayError, matrix, read_array, strings
from conclugen.data.common import LayoutError
from conclugen.data.manifest import ManifestError, as_target, read_manifest, validate, write_manifest
from conclugen.data.settings import Fractions
from conclugen.data.sources import SOURCES

SHARES = Fractions(0.6, 0.2, 0.2)


def _settings(**changes):
    given = {
        "file": "a.npz",
        "ids": "ids",
        "labels": None,
        "split": "fold",
        "splits": {"a": "train"},
        "fractions": SHARES,
        "seed": 0,
        "group": None,
        "speaker": None,
        "text": None,
        "sentiment": None,
    }
    return features.Settings(**{**given, **changes})


def _save(root, **arrays):
    np.savez(root / "a.npz", **arrays)
    return root


def test_multi_label_npz(tmp_path):
    root = _save(
        tmp_path,
        ids=np.array(["x", "y", "z"]),
        fold=np.array(["a", "dev", ""]),
        emo=np.array([[0, 1], [2, np.inf], [0, 0]]),
        video=np.array([b"v1", b"v1", b""]),
        text=np.array(["It\x92s", "", "ok"]),
    )
    labels = features.Labels("multi", "emo", ("happy", "sad"), ())
    manifest = features.build("f", root, _settings(labels=labels, group="video", text="text"))
    validate(manifest)
    table = manifest.table
    assert table["split"].tolist() == ["train", "valid", "none"]
    assert table["group"].tolist() == ["v1", "v1", "z"]
    assert table["text"].tolist() == ["It’s", "", "ok"]
    assert table["happy"].tolist() == [0, 2, 0]
    assert np.isnan(table["sad"].tolist()[1])
    assert table["media"].isna().all()


@pytest.mark.parametrize(
    ("values", "classes", "expected"),
    [
        (np.array(["Joy", "fear", "odd"]), ("joy", "fear"), ["joy", "fear", None]),
        (np.array([1, 0, 7]), ("joy", "fear"), ["fear", "joy", None]),
        (np.array([1.0, 0.0, 0.5]), ("joy", "fear"), ["fear", "joy", None]),
        (np.array([[2], [1], [-1]]), ("joy", "fear"), ["fear", "joy", None]),
        (np.array([[0, 1], [1, 0], [0, 0]]), ("joy", "fear"), ["fear", "joy", None]),
        (np.array([True, False, True]), ("joy", "fear"), ["fear", "joy", "fear"]),
        (np.array(["b", "a", "b"]), (), ["b", "a", "b"]),
    ],
)
def test_single_labels_are_names_or_indices(tmp_path, values, classes, expected):
    root = _save(tmp_path, ids=np.array(["x", "y", "z"]), fold=np.array(["train"] * 3), y=values)
    manifest = features.build("f", root, _settings(labels=features.Labels("single", "y", classes, ())))
    validate(manifest)
    assert manifest.table["label"].tolist() == expected
    assert manifest.classes == (classes or ("a", "b"))


def test_hdf5_and_csv_hold_the_same(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["set/ids"] = np.array(["007", "8"], dtype=object)
        file["set/audio"] = np.array([[1.0, 2.0], [3.0, np.nan]])
    (tmp_path / "a.csv").write_text("\ufeffid,audio_0,x,audio_1\n007,1,q,2\n8,3,r,\n", "utf-8")
    for name, ids, audio in (("a.h5", "set/ids", "set/audio"), ("a.csv", "id", "audio_*")):
        path = tmp_path / name
        assert strings(read_array(path, ids, text=True)) == ["007", "8"]
        values = matrix(read_array(path, audio), name)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, [[1, 2], [3, np.nan]])


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_objects_are_refused_with_the_way_out_and_never_run(tmp_path):
    _save(tmp_path, ids=np.array([Trap(tmp_path / "trace"), "b"], dtype=object))
    with pytest.raises(ArrayError, match=r"np\.savez"):
        read_array(tmp_path / "a.npz", "ids")
    assert not (tmp_path / "trace").exists()


def test_mistakes_are_explained(tmp_path):
    root = _save(tmp_path, ids=np.array(["x", "y"]), fold=np.array(["train"]), cube=np.zeros((2, 3, 4)))
    with pytest.raises(LayoutError, match="'fold' has 1 rows, but there are 2 ids"):
        features.build("f", root, _settings())
    with pytest.raises(LayoutError, match=r"no array 'id'; it holds \['cube', 'fold', 'ids'\]"):
        features.build("f", root, _settings(ids="id"))
    with pytest.raises(LayoutError, match="pool it over time"):
        features.build("f", root, _settings(split=None, labels=features.Labels("multi", "cube", ("a",), ())))
    with pytest.raises(ArrayError, match="pool it over time"):
        matrix(np.zeros((2, 3, 4)), "cube")
    with pytest.raises(ArrayError, match="no such file"):
        read_array(root / "b.npz", "ids")
    (root / "b.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(ArrayError, match=r"b\.npz"):
        read_array(root / "b.npz", "ids")
    (root / "b.mat").touch()
    with pytest.raises(ArrayError, match=r"not from \.mat"):
        read_array(root / "b.mat", "ids")


def test_entry_point_draws_folds_where_there_are_none(tmp_path):
    root = _save(tmp_path, ids=np.array([f"u{i}" for i in range(200)]))
    settings = {
        **{"file": "a.npz", "ids": "ids", "labels": None, "split": None, "splits": {}, "seed": 3},
        **{"fractions": {"train": 0.6, "valid": 0.2, "test": 0.2}, "group": None, "speaker": None, "text": None},
        **{"sentiment": None, "dimensions": {}, "folds": None},
    }
    flags = ["--dataset", "f", "--root", str(root), "--output", str(root / "m.parquet")]
    features.main([*flags, "--settings", json.dumps(settings)])
    assert set(read_manifest(root / "m.parquet").table["split"]) == {"train", "valid", "test"}
    assert SOURCES["features"](root, settings) == [root / "a.npz"]


def test_sentiment_stands_beside_the_labels(tmp_path, caplog):
    emotions, labels = np.eye(3)[:, :2], features.Labels("multi", "emo", ("happy", "sad"), ())
    root = _save(
        tmp_path,
        ids=np.array(["x", "y", "z"]),
        fold=np.array(["a", "dev", "test"]),
        emo=emotions,
        mood=np.array([-3.0, 0.5, np.nan]),
        scale=np.array([1.0, 5.0, 3.0]),
        pair=emotions,
    )
    manifest = features.build("f", root, _settings(labels=labels, sentiment="mood"))
    validate(manifest)
    assert manifest.classes == ("happy", "sad")
    assert manifest.table["sentiment"].tolist()[:2] == [-3.0, 0.5]
    assert np.isnan(manifest.table["sentiment"].iloc[2])
    assert "no sentiment: 1, such as z" in caplog.text
    with pytest.raises(LayoutError, match=r"scale: 1 of 3 values lie outside -3..3; they run from 1 to 5"):
        features.build("f", root, _settings(labels=labels, sentiment="scale"))
    found = as_target(manifest, "sentiment")
    assert (found.task, found.classes) == ("regression", ("sentiment",))
    assert as_target(manifest, "expression") is manifest
    write_manifest(tmp_path / "m.parquet", manifest)
    hidden = read_manifest(tmp_path / "m.parquet").table.set_index("split")["sentiment"]
    assert hidden.isna().to_dict() == {"train": False, "valid": False, "test": True}
    with pytest.raises(LayoutError, match="sentiment is one"):
        features.build("f", root, _settings(sentiment="pair"))
    with pytest.raises(LayoutError, match="rename the class"):
        features.build(
            "f", root, _settings(labels=features.Labels("multi", "emo", ("sentiment", "sad"), ()), sentiment="mood")
        )
    table = manifest.table.assign(sentiment=5.0)
    with pytest.raises(ManifestError, match=r"outside -3\.\.3"):
        validate(dataclasses.replace(manifest, table=table))


def test_words_for_a_missing_value_are_words_of_a_text_and_of_an_id(tmp_path):
    (tmp_path / "a.csv").write_text(
        "id,fold,y,says,who\nnan,train,glad,None,NA\nNone,train,None,nan,NA\nc,test,glad,,x\n"
    )
    given = {"file": "a.csv", "ids": "id", "text": "says", "speaker": "who", "group": "who"}
    labels = features.Labels("single", "y", ("glad", "None"), ())
    table = features.build("f", tmp_path, _settings(**given, labels=labels)).table
    assert table["utterance_id"].tolist() == ["nan", "None", "c"]
    assert table["label"].tolist() == ["glad", "None", "glad"]
    assert table["text"].tolist() == ["None", "nan", ""]
    assert table["speaker"].tolist() == [None, None, "x"]
    assert table["group"].tolist() == ["nan", "None", "x"]
    of_speakers = features.build("f", tmp_path, _settings(**given | {"group": None}, labels=labels)).table
    assert of_speakers["group"].tolist() == ["nan", "None", "x"]
    with pytest.raises(LayoutError, match=r"the label 'None' \(1 rows\) may be a class or stand for no label"):
        features.build("f", tmp_path, _settings(**given, labels=features.Labels("single", "y", (), ())))


def test_a_csv_is_read_as_it_is_written_or_refused(tmp_path):
    given = {"file": "a.csv", "ids": "id", "labels": features.Labels("multi", "emo_*", ("joy", "fear"), ())}
    (tmp_path / "a.csv").write_text("id;fold;emo_a;emo_b;mood;\nx;dev;0,5;True;-1,5;\ny;a;;False;;\n")
    table = features.build("f", tmp_path, _settings(**given, sentiment="mood")).table
    np.testing.assert_array_equal(table[["joy", "fear", "sentiment"]], [[0.5, 1, -1.5], [np.nan, 0, np.nan]])
    assert table["split"].tolist() == ["valid", "train"]
    hot = {"labels": features.Labels("single", "emo_*", ("joy", "fear"), ())}
    (tmp_path / "a.csv").write_text("id,fold,emo_a,emo_b\nx,dev,0,1\ny,a,1,0\n")
    assert features.build("f", tmp_path, _settings(**{**given, **hot})).table["label"].tolist() == ["fear", "joy"]
    for rows, said in (("x,dev,0,1,7", "line 2: 5 cells"), ("x,dev,0", "line 2: 3 cells"), (",,,", "line 2: a row of")):
        (tmp_path / "a.csv").write_text(f"id,fold,emo_a,emo_b\n{rows}\n")
        with pytest.raises(LayoutError, match=rf"a\.csv, {said}"):
            features.build("f", tmp_path, _settings(**given))


@pytest.mark.real
def test_the_real_arrays(shared_data):
    labels = features.Labels("multi", "emo_max", ("happy", "sad", "anger", "surprise", "disgust", "fear"), ())
    settings = _settings(file="mosei_video_level_922.npz", labels=labels)
    manifest = features.build("mosei922", shared_data / "mosei-922", settings)
    validate(manifest)
    assert manifest.table["split"].value_counts().to_dict() == {"train": 635, "test": 180, "valid": 86, "none": 21}
    assert (manifest.table[list(labels.classes)] > 0).sum().tolist() == [794, 563, 453, 370, 358, 327]


def test_strings_in_any_coding_whole_numbers_and_single_values(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["ids"] = np.array(["\u00e9".encode(), "\u00e9".encode("latin-1") + b"1"])
        file["fold"] = np.array([0.0, 1.0])
    settings = _settings(file="a.h5", splits={"0": "train", "1": "test"}, speaker="fold")
    table = features.build("f", tmp_path, settings).table
    assert table["utterance_id"].tolist() == ["\u00e9", "\u00e91"]
    assert table["split"].tolist() == ["train", "test"]
    assert table["speaker"].tolist() == ["0", "1"]
    root = _save(tmp_path, ids=np.array(["x"]), fold=np.array(3))
    with pytest.raises(LayoutError, match="'fold' is a single value"):
        features.build("f", root, _settings())


def test_columns_of_labels_in_another_order_than_the_classes(tmp_path):
    (tmp_path / "a.csv").write_text("ids,fold,l_sad,l_joy\nx,train,1,0\ny,dev,0,1\nz,test,0,1\n")
    for kind, column in {"single": "label", "multi": "joy"}.items():
        labels = features.Labels(kind, "l_*", ("joy", "sad"), ())
        found = features.build("f", tmp_path, _settings(file="a.csv", labels=labels)).table[column].tolist()
        assert found == (["sad", "joy", "joy"] if kind == "single" else [0, 1, 1])
