"""Any folder of media, with or without a table."""

import dataclasses
import os

import numpy as np
import pytest

from conclugen.data import folder
from conclugen.data.common import LayoutError
from conclugen.data.manifest import ManifestError, as_target, read_manifest, validate, write_manifest
from conclugen.data.settings import Dimension, Fractions
from conclugen.data.sources import SOURCES
from conclugen.media.suffixes import MEDIA
from conclugen.store.ledger import Status

SETTINGS = folder.Settings(
    table="labels.csv",
    columns={},
    labels=(),
    classes=(),
    ignored=(),
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
        splits={"fold9": "none"},
    )
    table = manifest.table.set_index("utterance_id")
    assert (manifest.task, manifest.classes) == ("single", ("joy", "anger"))
    assert table["label"].to_dict() == {"a": "joy", "b": None, "sub/c": None, "gone": "anger"}
    assert table["split"].tolist() == ["train", "valid", "none", "test"]
    ledger = {row.utterance_id: (row.status, row.reason) for row in manifest.notes.ledger(table.index)}
    assert ledger == {
        "a": (Status.OK, "label is another spelling of a class: 'Joy'"),
        "b": (Status.NO_LABEL, "label is neither one of joy, anger nor ignored: 'bogus'"),
        "gone": (Status.OK, ""),
        "sub/c": (Status.OK, "no label"),
    }
    for said in ("b (bogus)", "does not name: 1, such as extra.mp4", "missing or of another kind: 1, such as gone.mp4"):
        assert said in caplog.text
    with pytest.raises(LayoutError, match="unknown split 'fold9'"):
        _build(root, "file,label,split\na.mp4,joy,train\nb.mp4,joy,fold9\n")


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
    table = _build(root, "file,start,end,label\na.mp4,1 m,,x\nb.mp4,,inf,x\nsub/c.avi,2,,x\n").table
    assert table[["start_s", "end_s"]].to_numpy()[:2].tolist() == [[0, 0], [0, 0]]
    assert table["start_s"].tolist()[2] == 2
    assert np.isnan(table["end_s"].tolist()[2])
    assert "no time in seconds: 2" in caplog.text


def test_folds_are_drawn_by_group_and_do_not_move(root):
    rows = [f"v{i}.mp4,{'joy' if i % 2 else 'fear'},g{i // 3}\n" for i in range(300)]
    head = "file,label,group\na.mp4,joy,a\n"
    table = _build(root, head + "".join(rows)).table
    assert set(table["split"]) == {"train", "valid", "test"}
    assert (table.groupby("group")["split"].nunique() == 1).all()
    fewer = _build(root, head + "".join(rows[::2])).table.set_index("utterance_id")
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


def test_rows_that_repeat_an_id_say_the_same_or_are_refused(root):
    manifest = _build(root, f"file,label\n{root / 'a.mp4'},x\n./a.mp4,x\nb.mp4,y\n")
    assert manifest.table["media"].tolist() == ["a.mp4", "b.mp4"]
    assert [row.reason for row in manifest.notes.ledger("ab")] == ["stands in the table more than once", ""]
    with pytest.raises(LayoutError, match=r"1 ids repeat in rows that differ, such as 'a' \(2 rows\)"):
        _build(root, "file,label\na.mp4,x\n./a.mp4,y\n")
    with pytest.raises(LayoutError, match=r"2 ids repeat in rows that differ, such as 'u0' \(3 rows\), 'u1'"):
        _build(root, "file,id,speaker\na.mp4,u0,1\nb.mp4,u0,2\nextra.mp4,u0,3\nsub/c.avi,u1,1\na.mp4,u1,2\n")


def test_what_is_cut_from_one_file_is_one_group(root):
    rows = ["a.mp4,0,1,,", "a.mp4,1,2,,", "b.mp4,0,1,,k", "b.mp4,1,2,,", "extra.mp4,0,1,,", "sub/c.avi,0,1,s,k"]
    table = _build(root, "file,start,end,group,speaker\n" + "\n".join(rows)).table
    assert table["group"].tolist() == ["a.mp4", "a.mp4", "k", "b.mp4", "extra@0-1", "s"]
    drawn = table[table["media"] == "a.mp4"]["split"]
    assert drawn.nunique() == 1


def test_files_are_found_in_another_spelling(tmp_path):
    for name in ("fro\u0302h.mp4", "Gl\u00fcck.MP4", "a.mp4", "A.mp4"):
        (tmp_path / name).touch()
    table = _build(tmp_path, "file,label\nfr\u00f4h.mp4,x\nGlu\u0308ck.mp4,y\na.mp4,x\nA.mp4,x\n").table
    assert table["media"].tolist() == ["fro\u0302h.mp4", "Gl\u00fcck.MP4", "a.mp4", "A.mp4"]
    assert table["utterance_id"].tolist() == ["fr\u00f4h", "Gl\u00fcck", "a", "A"]
    with pytest.raises(LayoutError, match="1 ids repeat"):
        _build(tmp_path, "file,label\nfr\u00f4h.mp4,x\nfro\u0302h.mp4,y\n")


def test_names_that_no_list_can_hold_stay_utterances(tmp_path):
    for name in (b"at 3.05\xe2\x80\xafPM.mp4", b"b\xff.mp4", b"c\n.mp4"):
        (tmp_path / os.fsdecode(name)).touch()
    manifest = folder.build("mine", tmp_path, dataclasses.replace(SETTINGS, table=None))
    write_manifest(tmp_path / "m.parquet", manifest)
    table = read_manifest(tmp_path / "m.parquet").table
    assert table["utterance_id"].tolist() == ["at 3.05\u202fPM", "b\\udcff", "c\\n"]
    assert table["media"].fillna("").tolist() == ["at 3.05\u202fPM.mp4", "", "c\n.mp4"]
    assert [row.status for row in manifest.notes.ledger(table["utterance_id"])] == [
        Status.OK,
        Status.MISSING_MEDIA,
        Status.OK,
    ]


def test_columns_are_named_in_any_case_and_numbers_with_a_comma(root):
    table = _build(root, "File;Label;Start;END;Text\na.mp4;Happy;0,5;1,25;hi\nb.mp4;happy;NA;2;\n").table
    np.testing.assert_array_equal(table[["start_s", "end_s"]], [[0.5, 1.25], [np.nan, 2]])
    assert table["label"].tolist() == ["Happy", "Happy"]
    with pytest.raises(LayoutError, match="differ in capitals alone"):
        _build(root, "file,Label,LABEL\na.mp4,x,y\n")


def test_numbers_as_labels_and_words_for_missing_speakers(root):
    text = "file,label,speaker\na.mp4,1,NA\nb.mp4,2,NA\nextra.mp4,3,nan\nsub/c.avi,3,k\n"
    manifest = _build(root, text, classes=("joy", "fear", "rage"))
    assert manifest.table["label"].tolist() == ["joy", "fear", "rage", "rage"]
    assert manifest.table["speaker"].tolist() == [None, None, None, "k"]
    assert manifest.table["group"].tolist() == ["a", "b", "extra", "k"]
    assert _build(root, text).classes == ("1", "2", "3")
    ignoring = _build(root, text, ignored=("2", "1"))
    assert ignoring.classes == ("3",)
    assert ignoring.notes.ledger(["a"])[0].reason == "label is ignored: '1'"


def test_mistakes_are_explained(root):
    with pytest.raises(LayoutError, match="'emotion' is missing"):
        _build(root, "file,label\na.mp4,x\n", columns={"label": "emotion"})
    with pytest.raises(LayoutError, match="unknown role 'lable'"):
        _build(root, "file,label\na.mp4,x\n", columns={"lable": "label"})
    with pytest.raises(LayoutError, match="no rows"):
        _build(root, "file,label\n")
    with pytest.raises(
        LayoutError, match=r"none of the 1 files that it names lies below .* such as 'x/gone.mp4'; what"
    ):
        _build(root, "file,label\nx/gone.mp4,x\n")
    with pytest.raises(LayoutError, match=r"its first row, which must name the columns"):
        _build(root, "path,label\na.mp4,x\n")
    with pytest.raises(ManifestError, match="media leaves the root"):
        _build(root, "file,label\n../../x.mp4,x\n")


def test_a_root_without_media_is_named_with_a_file_that_was_looked_for(tmp_path):
    said = r"none of the 2 files that it names lies below .*, such as 'sub/a.mp4'; no media lie there at all. Correct"
    for more in ("", "hello"):  # with texts, too: most who have media have both
        with pytest.raises(LayoutError, match=said) as told:
            _build(tmp_path, f"file,label,text\nsub/a.mp4,x,{more}\nsub/b.mp4,y,{more}\n")
        assert f" below {tmp_path}," in str(told.value)
    assert _build(tmp_path, "label,text\nx,hello\n").table["text"].tolist() == ["hello"]
    with pytest.raises(LayoutError, match=rf"^{tmp_path}: no media lie below it, such as clip.mp4; correct the root"):
        folder.build("mine", tmp_path, dataclasses.replace(SETTINGS, table=None))


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


def test_sound_alone_beside_videos_and_in_a_table(tmp_path):
    for name in ("a.mp4", "a.wav", "b.flac", "c.mp4", "d.mp3", "d.ogg", "e.mp4", "e.avi", "e.wav", "x/a.opus", "n.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    every = dataclasses.replace(SETTINGS, table=None, extensions=MEDIA)
    manifest = folder.build("mine", tmp_path, every)
    validate(manifest)
    found = manifest.table.set_index("utterance_id")[["media", "audio"]].to_dict("index")
    assert {name: (row["media"], row["audio"]) for name, row in found.items()} == {
        "a": ("a.mp4", "a.wav"),
        "b": (None, "b.flac"),
        "c": ("c.mp4", None),
        "d.mp3": (None, "d.mp3"),
        "d.ogg": (None, "d.ogg"),
        "e.mp4": ("e.mp4", None),
        "e.avi": ("e.avi", None),
        "e.wav": (None, "e.wav"),
        "x/a": (None, "x/a.opus"),
    }
    table = _build(tmp_path, "file,label\nb.flac,up\nc.mp4,down\n", extensions=MEDIA).table
    assert table[["media", "audio"]].to_numpy().tolist() == [[None, "b.flac"], ["c.mp4", None]]


def test_a_table_of_texts_alone(tmp_path):
    text = "text,label\n" + "".join(f"word {i},{'ab'[i % 2]}\n" for i in range(11))
    table = _build(tmp_path, text, extensions=MEDIA).table
    assert table["utterance_id"].tolist() == [f"row{i:02d}" for i in range(1, 12)]
    assert table["media"].isna().all()
    assert table["text_source"].eq("official").all()
    with pytest.raises(LayoutError, match="'file' is missing, and so is 'text'"):
        _build(tmp_path, "label\na\n")


def test_times_speakers_and_ids_in_several_spellings(root):
    text = "file;id;speaker;start;end;label;split\na.mp4;é;S1;0,500;1,750;x;Held-Out\nb.mp4;f;s1;00:01;1:02,5;y;dev\n"
    table = _build(root, text, splits={"held-out": "test"}).table
    assert table[["start_s", "end_s"]].to_numpy().tolist() == [[0.5, 1.75], [1, 62.5]]
    assert table["group"].tolist() == ["S1", "S1"]
    assert table["split"].tolist() == ["test", "valid"]
    with pytest.raises(LayoutError, match="1 ids repeat"):
        _build(root, "file,id,label\na.mp4,\u00e9,x\nb.mp4,e\u0301,y\n")


def test_numbers_beside_the_labels_are_brought_to_one_scale(root):
    rated = {"valence": Dimension("V", 1.0, 5.0), "arousal": Dimension("A", -1.0, 1.0)}
    settings = dataclasses.replace(SETTINGS, dimensions=rated)
    (root / "labels.csv").write_text(
        "file;label;V;A\na.mp4;x;1;0,5\nb.mp4;y;5;\nextra.mp4;x;4,5;-1\nsub/c.avi;y;high;0\n"
    )
    manifest = folder.build("mine", root, settings)
    write_manifest(root / "m.parquet", manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["valence"].tolist()[:3] == pytest.approx([-3, 3, 2.25])
    assert table["arousal"].tolist() == pytest.approx([1.5, np.nan, -3, 0], nan_ok=True)
    lost = [row for row in manifest.notes.ledger(table.index) if row.status is Status.NO_LABEL]
    assert [(row.utterance_id, row.reason) for row in lost] == [("sub/c", "valence is no number: 'high'; no valence")]
    assert as_target(manifest, "valence").classes == ("valence",)


@pytest.mark.parametrize(
    ("rated", "message"),
    [
        ({"valence": Dimension("W", 1.0, 5.0)}, "column 'W' is missing"),
        ({"valence": Dimension("V", 5.0, 1.0)}, r"dimensions\.valence: low is 5 and high 1"),
        ({"valence": Dimension("V", -1.0, 1.0)}, r"labels\.csv: V: 2 of 2 values lie outside -1\.\.1"),
    ],
)
def test_numbers_that_are_not_there_or_on_another_scale_are_told(root, rated, message):
    (root / "labels.csv").write_text("file,label,V\na.mp4,x,2\nb.mp4,y,4\n")
    with pytest.raises(LayoutError, match=message):
        folder.build("mine", root, dataclasses.replace(SETTINGS, dimensions=rated))


def test_numbers_alone_are_labels_of_their_own(root):
    rated = {"valence": Dimension("V", 1.0, 5.0)}
    (root / "labels.csv").write_text("file,V\na.mp4,2\nb.mp4,4\n")
    manifest = folder.build("mine", root, dataclasses.replace(SETTINGS, dimensions=rated))
    validate(manifest)
    assert manifest.task == "none"
    assert as_target(manifest, "valence").task == "regression"
