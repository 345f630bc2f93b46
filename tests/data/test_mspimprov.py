"""MSP-IMPROV: one table of turns and raters, sessions as folds, and a scale whose direction the labels check."""

import numpy as np
import pytest

from conclugen.data import mspimprov
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import validate
from conclugen.data.mspimprov import Settings
from conclugen.store.ledger import Status

TURNS = (("FM01", "A", "3.8", "1.8"), ("FM02", "S", "2.0", "2.2"), ("MF01", "X", "3.0", "NaN"), ("MF02", "O", "3", "3"))


def corpus(root, turns=TURNS, ending=".avi", prefix="MSP-IMPROV-"):
    lines = []
    for session in range(1, 7):
        who = "F" if session % 2 else "M"
        for turn, emotion, active, valence in turns:
            name = f"S01A-{who}{session:02}-P-{turn}"
            lines.append(f"UTD-IMPROV-{name}.avi; {emotion}; A:{active}; V:{valence}; D:3.6 ; N:3.4;")
            lines.append("20140125_Rater; Angry; Angry,Disgusted; A:4.0; V:1.0; D:4.0; N:5.0;")
            path = root / f"session{session}/S01A/P" / f"{prefix}{name}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    (root / "Evaluation.txt").write_text("\n".join(lines) + "\n")


def build(root, fold=1, group="dialogue", activation="rising"):
    manifest = mspimprov.build("m", root, Settings(fold, group, activation))
    validate(manifest)
    return manifest, manifest.table.set_index("utterance_id")


@pytest.mark.parametrize("prefix", ["MSP-IMPROV-", "UTD-IMPROV-"])
def test_turns_become_a_manifest(tmp_path, prefix):
    corpus(tmp_path, prefix=prefix)
    manifest, table = build(tmp_path, fold=3)
    row = table.loc["S01A-F03-P-FM01"]
    assert row[["label", "split", "speaker", "group"]].tolist() == ["angry", "test", "F03", "session3/S01A"]
    assert row["media"].endswith("FM01.avi")
    assert row["valence"] == pytest.approx(-1.8)
    assert row["arousal"] == pytest.approx(1.2)
    assert table.groupby("split")["speaker"].agg(set)["valid"] == {"M04"}
    assert table.loc["S01A-F03-P-MF01", "label"] is None
    assert np.isnan(table.loc["S01A-F03-P-MF01", "valence"])
    reasons = {row.utterance_id: (row.status, row.reason) for row in manifest.notes.ledger(table.index)}
    assert reasons["S01A-F03-P-MF01"] == (Status.OK, "raters do not agree on an emotion; no valence")
    assert reasons["S01A-F03-P-MF02"][1] == "its emotion is not among the classes"
    assert len(table) == len(mspimprov.folds(tmp_path)) == 24


def test_sounds_alone_and_missing_turns(tmp_path):
    corpus(tmp_path, ending=".wav")
    gone = "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav"
    (tmp_path / gone).unlink()
    manifest, table = build(tmp_path, group="speaker")
    assert table.loc["S01A-F01-P-FM02", "audio"].endswith("FM02.wav")
    assert table["media"].isna().all()
    lost = [row.utterance_id for row in manifest.notes.ledger(table.index) if row.status is Status.MISSING_MEDIA]
    assert lost == ["S01A-F01-P-FM01"]
    assert table.loc["S01A-F01-P-FM02", "group"] == "F01"


def test_a_scale_that_runs_the_other_way_is_refused_with_the_key(tmp_path):
    turned = [(turn, emotion, f"{6 - float(active):g}", valence) for turn, emotion, active, valence in TURNS]
    corpus(tmp_path, turned)
    with pytest.raises(LayoutError, match=r"less active \(2\.20\) than sad ones \(4\.00\).*set activation: falling"):
        build(tmp_path)
    assert build(tmp_path, activation="falling")[1].loc["S01A-F03-P-FM01", "arousal"] == pytest.approx(1.2)
    corpus(tmp_path)
    with pytest.raises(LayoutError, match="set activation: rising"):
        build(tmp_path, activation="falling")


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(LayoutError, match=r"no turn in Evaluation\.txt"):
        build(tmp_path)
