"""DFEW: lists of train and test by fold, clips without a label, and lists that contradict one another."""

import pytest

from conclugen.data import dfew
from conclugen.data.dfew import Settings
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import validate
from conclugen.store.ledger import Status

LABELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 1600: 1, 1601: 2, 16372: 7}
FOLDS = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 4, 1600: 4, 1601: 5, 16372: 5}


def lists(root, labels=LABELS, folds=FOLDS, of=range(1, 6), base="DFEW-part2/EmoLabel_DataSplit"):
    for fold in of:
        for part in ("train", "test"):
            rows = [f"{clip},{labels[clip]}" for clip in labels if (folds[clip] == fold) == (part == "test")]
            path = root / base / f"{part}(single-labeled)" / f"set_{fold}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(["video_name,label", *rows]) + "\n")


def clips(root, *names):
    for name in names:
        path = root / "DFEW-part2/Clip/original" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def build(root, fold=1, share=0.0):
    manifest = dfew.build("dfew", root, Settings(fold, share))
    validate(manifest)
    return manifest, manifest.table.set_index("utterance_id")


def test_every_clip_is_tested_by_its_official_fold(tmp_path):
    lists(tmp_path)
    clips(tmp_path, *(f"data_part_1-2-3/{clip:05}.mp4" for clip in LABELS))
    tested = {}
    for fold in range(1, 6):
        table = build(tmp_path, fold)[1]
        assert set(table["split"]) == {"train", "test"}
        tested |= dict.fromkeys(table.index[table["split"] == "test"], fold)
    assert tested == {f"{clip:05}": fold for clip, fold in FOLDS.items()} == dfew.folds(tmp_path)
    table = build(tmp_path)[1]
    assert table.loc["01600", "label"] == "happy"
    assert table.loc["16372", "label"] == "fear"
    assert table.loc["00003", "media"] == "DFEW-part2/Clip/original/data_part_1-2-3/00003.mp4"
    assert set(table["text_source"]) == {"none"}
    assert table["group"].tolist() == table.index.tolist()


def test_clips_in_no_list_and_lists_without_their_clip_are_told(tmp_path):
    lists(tmp_path)
    clips(tmp_path, "00001.mp4", "00002.avi", "09999.mp4")
    manifest, table = build(tmp_path)
    assert table.loc["09999", ["label", "split"]].tolist() == [None, "none"]
    assert table.loc["00002", "media"].endswith("00002.avi")
    ledger = {row.utterance_id: row for row in manifest.notes.ledger(table.index)}
    assert ledger["09999"].status is Status.OK
    assert ledger["09999"].reason == "no label"
    assert ledger["16372"].status is Status.MISSING_MEDIA
    assert "16372.*" in ledger["16372"].reason


def test_annotations_that_are_none_are_no_label_and_odd_ones_a_loss(tmp_path):
    lists(tmp_path, LABELS | {3: 0, 4: 8})
    manifest, table = build(tmp_path)
    assert table.loc["00003", "label"] is None
    ledger = {row.utterance_id: row for row in manifest.notes.ledger(table.index)}
    assert "no label" in ledger["00003"].reason
    assert "'8'" in ledger["00004"].reason.split(";")[1]


def test_validation_is_drawn_from_the_other_folds_alone(tmp_path):
    many = {clip: clip % 7 + 1 for clip in range(1, 1001)}
    lists(tmp_path, many, {clip: clip % 5 + 1 for clip in many})
    first, second = (build(tmp_path, fold, 0.1)[1]["split"] for fold in (1, 2))
    assert (first == "test").sum() == 200
    assert 50 < (first == "valid").sum() < 110
    kept = (first != "test") & (second != "test")
    assert (first[kept] == second[kept]).all()  # the draw is by clip, not by fold


def test_lists_of_one_fold_are_enough_for_it(tmp_path):
    lists(tmp_path, of=[2])
    assert (build(tmp_path, 2)[1]["split"] == "test").sum() == 2
    with pytest.raises(LayoutError, match=r"no list of train and test of fold 1; unpack EmoLabel_DataSplit"):
        build(tmp_path, 1)


def test_lists_that_contradict_one_another_are_refused(tmp_path):
    with pytest.raises(LayoutError, match="no list of train and test of fold 1"):
        build(tmp_path)
    lists(tmp_path)
    place = tmp_path / "DFEW-part2/EmoLabel_DataSplit"
    for part, row, message in (
        ("test(single-labeled)/set_2.csv", "1,1", "the folds 1 and 2 both test 00001"),
        ("train(single-labeled)/set_1.csv", "1,1", "1 clips are in train and test of one fold, such as 00001"),
        ("train(single-labeled)/set_2.csv", "1,2", "two labels, '1' and '2'"),
    ):
        before = (place / part).read_text()
        (place / part).write_text(f"{before}{row}\n")
        with pytest.raises(LayoutError, match=message):
            build(tmp_path)
        (place / part).write_text(before)
    assert len(build(tmp_path)[1]) == len(LABELS)
