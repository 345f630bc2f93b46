"""Folds, scales and files that the layouts of the field share."""

import numpy as np
import pytest

from conclugen.data import content, official, sources, tree
from conclugen.data.cross_validation import splits_of
from conclugen.data.dimensions import rescaled
from conclugen.data.errors import LayoutError
from conclugen.data.media_index import by_name, columns_of, others
from conclugen.data.notes import Notes
from conclugen.store.ledger import Status

FOLDS = {f"u{i}": i % 5 + 1 for i in range(500)}


def test_every_utterance_is_tested_once_and_nothing_is_drawn_from_the_test():
    groups = [f"g{i // 2}" for i in range(500)]
    tested = []
    for fold in range(1, 6):
        splits = dict(zip(FOLDS, splits_of(FOLDS, fold, 5, groups, 0.2), strict=True))
        tested += [name for name, split in splits.items() if split == "test"]
        drawn = {}
        for name, group in zip(FOLDS, groups, strict=True):
            drawn.setdefault(group, set()).add(splits[name])
        assert not any({"train", "valid"} <= found for found in drawn.values())  # a group is drawn as a whole
    assert sorted(tested) == sorted(FOLDS)
    assert "valid" not in splits_of(FOLDS, 1, 5, groups, 0.0)
    assert "train" not in splits_of(FOLDS, 1, 5, groups, 1.0)


def test_the_fold_after_the_last_is_the_first():
    splits = dict(zip(FOLDS, splits_of(FOLDS, 5, 5), strict=True))
    assert {FOLDS[name] for name, split in splits.items() if split == "valid"} == {1}
    assert {FOLDS[name] for name, split in splits.items() if split == "train"} == {2, 3, 4}


@pytest.mark.parametrize(
    ("fold", "message"), [(0, "fold is 0; there are 5"), (6, "fold is 6"), (4, "fold4 of 5 has no utterance")]
)
def test_folds_that_are_not_there_are_told(fold, message):
    with pytest.raises(LayoutError, match=message):
        splits_of({"a": 1}, fold, 5)


def test_a_scale_is_brought_to_that_of_the_manifest_and_back():
    values, ids = np.array([1, 2.5, 5, np.nan]), list("abcd")
    found = rescaled(Notes("x"), "valence", values, ids, 1, 5, "here")
    np.testing.assert_allclose(found, [-3, -0.75, 3, np.nan])
    np.testing.assert_allclose((found + 3) * (5 - 1) / 6 + 1, values)


def test_a_stray_value_is_a_loss_and_many_are_another_scale():
    notes, values = Notes("x"), np.concatenate([np.full(199, 3.0), [5.5]])
    ids = [f"u{i}" for i in range(200)]
    assert np.isnan(rescaled(notes, "valence", values, ids, 1, 5, "here")[-1])
    assert {row.utterance_id: row.status for row in notes.ledger(ids)}["u199"] is Status.NO_LABEL
    with pytest.raises(LayoutError, match=r"here: 3 of 200 values lie outside 1\.\.5"):
        rescaled(Notes("x"), "valence", np.concatenate([values[:-3], [9, 9, 9]]), ids, 1, 5, "here")


def test_media_are_found_by_name_wherever_they_lie(tmp_path):
    for path in ("a/one.mp4", "b/one.wav", "c/one.avi", "deep/er/two.MP4", "three.txt", ".hidden/four.mp4"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    media, notes = by_name(tmp_path), Notes("x")
    assert media == {"one": {"video": "a/one.mp4", "sound": "b/one.wav"}, "two": {"video": "deep/er/two.MP4"}}
    assert others(media, ["one"]) == ["two"]
    found = columns_of(notes, media, ["u", "v"], ["one", "gone"])
    assert found == {"media": ["a/one.mp4", None], "audio": ["b/one.wav", None]}
    assert notes.lost() == {"v": "no such file: 'gone.*'"}


@pytest.mark.parametrize("adapter", official.FILES)
def test_a_root_that_is_not_there_has_no_files(adapter, tmp_path):
    assert sources.sources(adapter, tmp_path / "nowhere", {}) == sources.sources(adapter, tmp_path, {}) == []
    assert not official.is_one(adapter, tmp_path / "nowhere")


CASES = {
    "dfew": ("EmoLabel_DataSplit/train(single-labeled)/set_1.csv", "Clip/original/00001.mp4"),
    "mafw": ("Train & Test Set/compound/no_caption/set_1/test.txt", "clips/00001.mp4"),
    "iemocap": (
        "IEMOCAP_full_release/Session1/dialog/transcriptions/Ses01F_impro01.txt",
        "IEMOCAP_full_release/Session1/dialog/avi/DivX/Ses01F_impro01.avi",
    ),
    "mer": ("test1-label.csv", "test1/sample_1.mp4"),
    "mosi": ("Raw/Transcript/Segmented/03bSnISJMiM.annotprocessed", "Raw/Video/Segmented/03bSnISJMiM_1.mp4"),
    "sims": ("meta.csv", "Raw/video_0001/0001.mp4"),
    "mspimprov": ("Evaluation.txt", "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.avi"),
}


@pytest.mark.parametrize("adapter", official.FILES)
def test_what_a_manifest_is_made_of_is_seen_to_change(adapter, tmp_path):
    def watched():
        tree.names.cache_clear()
        return tree.contents(tmp_path, sources.sources(adapter, tmp_path, {})), tree.names(
            tmp_path, sources.scanned(adapter, {}), None
        )

    labels, clip = (tmp_path / path for path in CASES[adapter])
    for path in (labels, clip):
        path.parent.mkdir(parents=True, exist_ok=True)
    labels.write_text("one")
    before = watched()
    assert len(before[0]) == 1
    (tmp_path / "notes.md").touch()
    assert watched() == before
    labels.write_text("two")
    edited = watched()
    assert edited != before
    clip.touch()
    assert watched() != edited


@pytest.mark.parametrize("adapter", official.WORDLESS)
def test_words_of_ones_own_make_a_layout_one_with_words(adapter, tmp_path):
    def kinds():
        content._kinds.cache_clear()
        return content.kinds(adapter, tmp_path, {}, False)

    assert "text" not in kinds()
    (tmp_path / "transcripts.csv").write_text("file,text\na.mp4,hello\n")
    assert "text" in kinds()
    assert tmp_path / "transcripts.csv" in sources.sources(adapter, tmp_path, {})
    content._kinds.cache_clear()
