"""MELD: three tables, damaged text, and the real counts."""

import pytest

from conclugen.data import meld
from conclugen.data.common import LayoutError
from conclugen.data.manifest import ManifestError, validate
from conclugen.data.sources import SOURCES

HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\r\n"


def _row(text, emotion="joy", dialogue=0, utterance=0, episode="7"):
    return f'1,"{text}",Joey,{emotion},positive,{dialogue},{utterance},4,{episode},"0:0:1,2","0:0:3,4"\r\n'


@pytest.fixture
def root(tmp_path):
    base = tmp_path / "MELD.Raw"
    for folder in ("train_splits", "dev_splits_complete", "output_repeated_splits_test"):
        (base / folder).mkdir(parents=True)
    (base / "train_sent_emo.csv").write_bytes(
        (HEADER + _row("It\x92s \x85 fine, Joey") + _row("Stop", "rage", 0, 1)).encode("latin-1")
    )
    (base / "dev_sent_emo.csv").write_bytes(b"\xef\xbb\xbf" + (HEADER + _row("Itâ€™s")).encode())
    (base / "test_sent_emo.csv").write_text(HEADER + _row("What?", "Surprise", 3, 1) + _row("Eh", "fear", 3, 2, ""))
    return tmp_path


def test_tables_become_a_manifest(root, caplog):
    manifest = meld.build("meld", root, meld.Settings("episode"))
    validate(manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["text"].to_dict() == {
        "train/dia0_utt0": "It’s … fine, Joey",
        "train/dia0_utt1": "Stop",
        "dev/dia0_utt0": "It’s",
        "test/dia3_utt1": "What?",
        "test/dia3_utt2": "Eh",
    }
    assert table["label"].tolist() == ["joy", None, "joy", "surprise", "fear"]
    assert "rage" in caplog.text
    assert table["split"].tolist() == ["train", "train", "valid", "test", "test"]
    assert table.loc["dev/dia0_utt0", "media"] == "MELD.Raw/dev_splits_complete/dia0_utt0.mp4"
    assert table.loc["test/dia3_utt1", "media"] == "MELD.Raw/output_repeated_splits_test/dia3_utt1.mp4"
    assert table["group"].tolist() == ["s04e07", "s04e07", "s04e07", "s04e07", "test/dia3"]


def test_groups_by_dialogue_differ_between_splits(root):
    table = meld.build("meld", root, meld.Settings("dialogue")).table
    assert table["group"].tolist() == ["train/dia0", "train/dia0", "dev/dia0", "test/dia3", "test/dia3"]


def test_repeated_rows_count_once(root, caplog):
    path = root / "MELD.Raw" / "dev_sent_emo.csv"
    path.write_text(HEADER + _row("a") + _row("b"))
    manifest = meld.build("meld", root, meld.Settings("episode"))
    assert manifest.table.set_index("utterance_id").loc["dev/dia0_utt0", "text"] == "a"
    assert "listed again" in caplog.text


def test_mistakes_are_explained(root, tmp_path_factory):
    with pytest.raises(LayoutError, match="'scene'"):
        meld.build("meld", root, meld.Settings("scene"))
    with pytest.raises(ManifestError, match=r"train_sent_emo\.csv"):
        meld.build("meld", tmp_path_factory.mktemp("empty"), meld.Settings("episode"))


def test_sources_are_the_tables(root):
    names = [path.name for path in SOURCES["meld"](root, {})]
    assert names == ["train_sent_emo.csv", "dev_sent_emo.csv", "test_sent_emo.csv"]


@pytest.mark.real
def test_the_real_tables(shared_data):
    manifest = meld.build("meld", shared_data / "meld", meld.Settings("episode"))
    validate(manifest)
    table = manifest.table
    assert table["split"].value_counts().to_dict() == {"train": 9989, "test": 2610, "valid": 1109}
    counts = table[table["split"] == "train"]["label"].value_counts()
    assert [counts[name] for name in meld.CLASSES] == [4710, 1743, 1205, 1109, 683, 271, 268]
    counts = table[table["split"] == "test"]["label"].value_counts()
    assert [counts[name] for name in meld.CLASSES] == [1256, 402, 281, 345, 208, 68, 50]
    assert not table["text"].str.contains("[\x80-\x9f]").any()
    assert (table["text"] != "").all()
    train, test = table[table["split"] == "train"], table[table["split"] == "test"]
    seen = test["group"].isin(set(train["group"])).mean()
    assert seen == pytest.approx(0.9996, abs=1e-4), "nearly all test utterances come from episodes seen in training"
    assert test["speaker"].isin(set(train["speaker"])).mean() == pytest.approx(0.958, abs=1e-3)
