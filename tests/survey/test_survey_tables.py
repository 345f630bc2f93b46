"""Clips of one's own: the table is found, and its columns by their names and by what they hold."""

import pytest

from conclugen.survey.found import SurveyError
from conclugen.survey.tables import clips

NOTHING = {}


def folder_of(root, header, rows, table="mine.csv", media=12):
    for number in range(media):
        (root / f"c{number:02d}.mp4").touch()
    (root / table).write_text("\n".join([header, *rows]) + "\n")
    return root


def rows_of(line, count=12):
    moods, folds = ("glad", "sad", "angry"), ("train", "dev", "test")
    return [line.format(i=i, mood=moods[i % 3], fold=folds[i % 3], who=i % 4) for i in range(count)]


def test_columns_are_taken_by_name_whatever_their_case(tmp_path):
    folder_of(tmp_path, "Path,Emotion,Transcript,Fold,Actor", rows_of("c{i:02d}.mp4,{mood},hello {i},{fold},s{who}"))
    found = clips(tmp_path, None, NOTHING, [])
    assert found.options["labels"] == "mine.csv"
    assert found.options["columns"] == {
        "file": "Path", "label": "Emotion", "text": "Transcript", "split": "Fold", "speaker": "Actor"
    }  # fmt: skip


def test_the_column_of_files_is_the_one_that_names_them(tmp_path):
    folder_of(tmp_path, "name,source,label", rows_of("clip {i},c{i:02d}.mp4,{mood}"))
    assert clips(tmp_path, None, NOTHING, []).options["columns"] == {"file": "source"}


def test_what_cannot_be_what_it_is_called_is_left_out_with_its_reason(tmp_path):
    folder_of(tmp_path, "file,label,split,id", rows_of("c{i:02d}.mp4,unlike {i},{who},{who}"))
    found = clips(tmp_path, None, NOTHING, [])
    assert "columns" not in found.options
    told = "; ".join(found.notes)
    assert "label is not taken for the label, since it has 12 values in 12 rows" in told
    assert "split is not taken for the split, since '0' is none of train, valid and test" in told
    assert "id is not taken for the id, since it is not unique" in told


def test_columns_that_are_told_are_taken_as_told(tmp_path):
    folder_of(tmp_path, "file,label,mood", rows_of("c{i:02d}.mp4,x{i},{mood}"))
    assert clips(tmp_path, "mine.csv", {"label": "mood"}, []).options["columns"] == {"label": "mood"}
    with pytest.raises(SurveyError, match="no such column; there are file, label, mood"):
        clips(tmp_path, "mine.csv", {"label": "joy"}, [])
    with pytest.raises(SurveyError, match="no role; roles are file, id"):
        clips(tmp_path, "mine.csv", {"smell": "mood"}, [])


def test_a_column_that_could_hold_labels_is_named(tmp_path):
    folder_of(tmp_path, "file,mood,remark", rows_of("c{i:02d}.mp4,{mood},number {i}"))
    found = clips(tmp_path, None, NOTHING, [])
    assert "columns" not in found.options
    assert [note for note in found.notes if "--column" in note] == [
        "no column is called like a label; mood has 3 values: --column label=mood takes it"
    ]


def test_several_labels_at_once_are_columns(tmp_path):
    folder_of(tmp_path, "file,happy,sad", rows_of("c{i:02d}.mp4,{who},0"))
    options = clips(tmp_path, None, NOTHING, ["happy", "sad"]).options
    assert options == {"table": "mine.csv", "labels": ["happy", "sad"]}
    with pytest.raises(SurveyError, match="has no column 'angry'"):
        clips(tmp_path, None, NOTHING, ["angry"])


def test_two_tables_that_may_be_meant_are_asked_for(tmp_path):
    folder_of(tmp_path, "file,label", rows_of("c{i:02d}.mp4,{mood}"))
    folder_of(tmp_path, "file,text", rows_of("c{i:02d}.mp4,hello"), "texts.csv")
    (tmp_path / "prices.csv").write_text("item,price\nbread,3\n")
    with pytest.raises(
        SurveyError, match=r"mine\.csv, texts\.csv could each be the table; say which: --table mine\.csv"
    ):
        clips(tmp_path, None, NOTHING, [])
    assert clips(tmp_path, "texts.csv", NOTHING, []).options["labels"] == "texts.csv"


def test_texts_alone_and_media_alone_are_understood(tmp_path):
    (tmp_path / "texts").mkdir()
    folder_of(tmp_path / "texts", "text,label", rows_of("hello {i},{mood}"), media=0)
    assert clips(tmp_path / "texts", None, NOTHING, []).options == {"labels": "mine.csv"}
    (tmp_path / "media").mkdir()
    (tmp_path / "media/a.mp4").touch()
    assert clips(tmp_path / "media", None, NOTHING, []).options == {}
    (tmp_path / "empty").mkdir()
    with pytest.raises(SurveyError, match="neither media nor a table nor arrays"):
        clips(tmp_path / "empty", None, NOTHING, [])
