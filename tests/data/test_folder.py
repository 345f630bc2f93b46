"""Any folder of media, with or without a table."""

import dataclasses

import numpy as np
import pytest

from conclugen.data import folder
from conclugen.data.common import Fractions, LayoutError
from conclugen.data.manifest import ManifestError, validate
from conclugen.data.sources import SOURCES

SETTINGS = folder.Settings(
    table="labels.csv",
    columns={},
    labels=(),
    classes=(),
    splits={},
    fractions=Fractions(0.7, 0.1, 0.2),
    seed=0,
    extensions=(".mp4", ".avi"),
)


@pytest.fixture
def root(tmp_path):
    for name in ("a.mp4", "b.mp4", "sub/c.avi", "extra.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def _build(root, text, **changes):
    (root / "labels.csv").write_text(text)
    manifest = folder.build("mine", root, dataclasses.replace(SETTINGS, **changes))
    validate(manifest)
    return manifest


def test_one_of_n_with_bad_labels_missing_files_and_unlisted_ones(root, caplog):
    manifest = _build(
        root,
        "file,label,split\na.mp4,Joy,train\nb.mp4,bogus,dev\nsub\\c.avi,,fold9\ngone.mp4,anger,test\n",
        classes=("joy", "anger"),
    )
    table = manifest.table.set_index("utterance_id")
    assert (manifest.task, manifest.classes) == ("single", ("joy", "anger"))
    assert table["label"].to_dict() == {"a": "joy", "b": None, "sub/c": None, "gone": "anger"}
    assert table["split"].tolist() == ["train", "valid", "none", "test"]
    for said in ("b (bogus)", "does not name: 1, such as extra.mp4", "missing or of another kind: 1, such as gone.mp4"):
        assert said in caplog.text
    assert "sub/c (fold9)" in caplog.text


def test_multi_label_segments_and_named_columns(root):
    manifest = _build(
        root,
        "path,from,to,words,happy,sad\na.mp4,0,1.5,hello,1,0\na.mp4,1.5,3,you,0,x\n",
        columns={"file": "path", "start": "from", "end": "to", "text": "words"},
        labels=("happy", "sad"),
    )
    table = manifest.table
    assert (manifest.task, manifest.classes) == ("multi", ("happy", "sad"))
    assert table["utterance_id"].tolist() == ["a@0-1.5", "a@1.5-3"]
    assert table["end_s"].tolist() == [1.5, 3.0]
    assert np.isnan(table["sad"].tolist()[1])
    assert table["text"].tolist() == ["hello", "you"]


def test_a_time_that_is_none_makes_an_empty_segment_not_the_whole_file(root, caplog):
    table = _build(root, "file,start,end,label\na.mp4,1:20,,x\nb.mp4,,inf,x\nsub/c.avi,2,,x\n").table
    assert table[["start_s", "end_s"]].to_numpy()[:2].tolist() == [[0, 0], [0, 0]]
    assert table["start_s"].tolist()[2] == 2
    assert np.isnan(table["end_s"].tolist()[2])
    assert "no time: 2" in caplog.text


def test_folds_are_drawn_by_group_and_do_not_move(root):
    rows = [f"v{i}.mp4,{'joy' if i % 2 else 'fear'},g{i // 3}\n" for i in range(300)]
    table = _build(root, "file,label,group\n" + "".join(rows)).table
    assert set(table["split"]) == {"train", "valid", "test"}
    assert (table.groupby("group")["split"].nunique() == 1).all()
    fewer = _build(root, "file,label,group\n" + "".join(rows[::2])).table.set_index("utterance_id")
    assert fewer["split"].to_dict() == table.set_index("utterance_id")["split"][fewer.index].to_dict()


def test_without_a_table_every_medium_is_unlabelled(root):
    manifest = folder.build("mine", root, dataclasses.replace(SETTINGS, table=None))
    validate(manifest)
    assert manifest.table["utterance_id"].tolist() == ["a", "b", "extra", "sub/c"]
    assert set(manifest.table["split"]) == {"none"}
    assert manifest.task == "none"


def test_names_that_differ_in_their_suffix_alone_keep_it(root):
    (root / "a.avi").touch()
    table = folder.build("mine", root, dataclasses.replace(SETTINGS, table=None)).table
    assert table["utterance_id"].tolist()[:3] == ["a.avi", "a.mp4", "b"]


def test_repeated_rows_count_once_and_absolute_paths_below_the_root_are_taken(root, caplog):
    table = _build(root, f"file,label\n{root / 'a.mp4'},x\n./a.mp4,y\n").table
    assert table["media"].tolist() == ["a.mp4"]
    assert table["label"].tolist() == ["x"]
    assert "repeat an id" in caplog.text


def test_mistakes_are_explained(root, tmp_path_factory):
    with pytest.raises(LayoutError, match="'emotion' is missing"):
        _build(root, "file,label\na.mp4,x\n", columns={"label": "emotion"})
    with pytest.raises(LayoutError, match="unknown role 'lable'"):
        _build(root, "file,label\na.mp4,x\n", columns={"lable": "label"})
    with pytest.raises(LayoutError, match="no rows"):
        _build(root, "file,label\n")
    with pytest.raises(ManifestError, match="media leaves the root"):
        _build(root, "file,label\n../../x.mp4,x\n")
    empty = folder.build("mine", tmp_path_factory.mktemp("empty"), dataclasses.replace(SETTINGS, table=None))
    with pytest.raises(ManifestError, match="no utterance"):
        validate(empty)


def test_source_is_the_table(root):
    (root / "labels.csv").touch()
    assert SOURCES["folder"](root, {"table": "labels.csv"}) == [root / "labels.csv"]
    assert SOURCES["folder"](root, {"table": None}) == []


@pytest.mark.real
def test_real_clips_with_their_transcripts(shared_data):
    settings = dataclasses.replace(
        SETTINGS, table="transcripts.csv", columns={"text": "transcript"}, extensions=(".mpg",)
    )
    manifest = folder.build("grid", shared_data / "clips", settings)
    validate(manifest)
    assert len(manifest.table) == 25
    assert (manifest.table["text"].str.split().str.len() == 6).all()
