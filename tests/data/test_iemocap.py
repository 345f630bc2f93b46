"""IEMOCAP: turns of dialogues, disputed labels, sessions as folds, films or sounds."""

import numpy as np
import pytest

from conclugen.data import iemocap
from conclugen.data.errors import LayoutError
from conclugen.data.iemocap import Settings
from conclugen.data.manifest import as_target, validate
from conclugen.store.ledger import Status

HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
TURN = """[{0:.4f} - {1:.4f}]\t{2}\t{3}\t[{4}]
C-E2:\tNeutral;\t()
C-F1:\tNeutral;\t(curious)
A-E3:\tval 3; act 2; dom  2;\t()

"""
TURNS = (
    (6.29, 8.24, "F000", "neu", "2.5000, 2.5000, 2.5000"),
    (10.01, 11.39, "M000", "exc", "5.0000, 4.5000, 2.5000"),
    (12.0, 14.5, "F001", "xxx", "2.0000, 3.0000, 2.0000"),
    (15.0, 16.5, "M001", "fru", "1.0000, 5.0000, 3.0000"),
    (17.0, 18.0, "F002", "ang", "1.5000, 4.0000, 4.5000"),
)


def corpus(root, film=(), sound=(), sessions=range(1, 6), turns=TURNS):
    base = root / "IEMOCAP_full_release"
    for session in sessions:
        name = f"Ses0{session}F_impro01"
        dialogue = base / f"Session{session}" / "dialog"
        for folder in ("EmoEvaluation/Categorical", "transcriptions", "avi/DivX", "wav"):
            (dialogue / folder).mkdir(parents=True, exist_ok=True)
        rows = [TURN.format(a, b, f"{name}_{who}", emotion, rated) for a, b, who, emotion, rated in turns]
        (dialogue / f"EmoEvaluation/{name}.txt").write_text(HEADER + "".join(rows))
        (dialogue / f"EmoEvaluation/._{name}.txt").write_bytes(b"\0\5\x16\7")
        (dialogue / f"EmoEvaluation/Categorical/{name}_e1_cat.txt").write_text(rows[0])
        words = "".join(f"{name}_{who} [{a:08.4f}-{b:08.4f}]: What's wrong?\n" for a, b, who, *_ in turns[:-1])
        (dialogue / f"transcriptions/{name}.txt").write_text(words + "M: [BREATHING]\n")
        (dialogue / f"wav/{name}.wav").touch()
        if session in film:
            (dialogue / f"avi/DivX/{name}.avi").touch()
        for row in turns if session in sound else ():
            path = base / f"Session{session}/sentences/wav/{name}/{name}_{row[2]}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def build(root, classes="four", fold=1, group="dialogue"):
    manifest = iemocap.build("iemocap", root, Settings(classes, fold, group))
    validate(manifest)
    return manifest, manifest.table.set_index("utterance_id")


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("four", ["neutral", "happy", None, None, "angry"]),
        ("six", ["neutral", "excited", None, "frustrated", "angry"]),
        ("all", ["neutral", "excited", None, "frustrated", "angry"]),
    ],
)
def test_classes_and_disputed_labels(tmp_path, classes, expected):
    corpus(tmp_path, sound=range(1, 6))
    manifest, table = build(tmp_path, classes)
    names = [f"Ses03F_impro01_{row[2]}" for row in TURNS]
    assert table.loc[names, "label"].tolist() == expected
    ledger = {row.utterance_id: row for row in manifest.notes.ledger(table.index)}
    assert {row.status for row in ledger.values()} == {Status.OK}  # that raters disagree is no loss of reading
    assert "raters do not agree" in ledger["Ses03F_impro01_F001"].reason
    assert ("among the classes" in ledger["Ses03F_impro01_M001"].reason) == (classes == "four")


def test_a_session_is_a_fold_and_nobody_is_in_two_splits(tmp_path):
    corpus(tmp_path, sound=range(1, 6))
    for fold in range(1, 6):
        table = build(tmp_path, fold=fold)[1]
        speakers = table.groupby("split")["speaker"].agg(set)
        assert speakers["test"] == {f"Ses0{fold}F", f"Ses0{fold}M"}
        assert speakers["valid"] == {f"Ses0{fold % 5 + 1}F", f"Ses0{fold % 5 + 1}M"}
        assert not speakers["train"] & (speakers["test"] | speakers["valid"])
    assert set(iemocap.folds(tmp_path).values()) == {1, 2, 3, 4, 5}
    assert set(build(tmp_path, group="speaker")[1]["group"]) == {f"Ses0{n}{who}" for n in range(1, 6) for who in "FM"}


def test_a_turn_is_a_part_of_the_film_or_its_own_sound(tmp_path):
    corpus(tmp_path, film=[1, 2, 3], sound=[3, 4])
    manifest, table = build(tmp_path)
    film, sound, lost = (table.loc[f"Ses0{n}F_impro01_F000"] for n in (3, 4, 5))
    assert film["media"].endswith("Session3/dialog/avi/DivX/Ses03F_impro01.avi")
    assert film["audio"] is None
    assert (film["start_s"], film["end_s"]) == (6.29, 8.24)
    assert sound["media"] is None
    assert sound["audio"].endswith("sentences/wav/Ses04F_impro01/Ses04F_impro01_F000.wav")
    assert np.isnan(sound["start_s"])
    assert (lost["media"], lost["audio"]) == (None, None)
    statuses = {row.utterance_id: row.status for row in manifest.notes.ledger(table.index)}
    assert [name for name, status in statuses.items() if status is Status.MISSING_MEDIA] == [
        name for name in table.index if name.startswith("Ses05")
    ]


def test_words_and_ratings(tmp_path):
    corpus(tmp_path, sound=range(1, 6))
    manifest, table = build(tmp_path)
    assert table.loc["Ses02F_impro01_M000", "text"] == "What's wrong?"
    assert table.loc["Ses02F_impro01_F002", "text_source"] == "none"
    rated = table.loc["Ses02F_impro01_M000", ["valence", "arousal"]].tolist()
    assert rated == [3.0, pytest.approx(2.25)]  # 5 and 4.5 of 1 to 5
    assert as_target(manifest, "arousal").classes == ("arousal",)
    with pytest.raises(ValueError, match="its labels have no sentiment"):
        as_target(manifest, "sentiment")


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(LayoutError, match="no turn in a file such as Session1"):
        build(tmp_path)
    corpus(tmp_path, sessions=[1, 2])
    with pytest.raises(LayoutError, match="fold4 of 5 has no utterance; there are fold1, fold2"):
        build(tmp_path, fold=4)
    with pytest.raises(LayoutError, match="fold3 and fold4 and fold5 of 5 has no utterance"):
        build(tmp_path, fold=None)
    corpus(tmp_path, sessions=[3], turns=[*TURNS, (6.29, 8.24, "F000", "ang", "2.5, 2.5, 2.5")])
    with pytest.raises(LayoutError, match="Ses03F_impro01_F000 is listed twice, and differs"):
        build(tmp_path)


def test_an_unknown_emotion_and_a_stray_rating_are_losses_and_another_scale_is_refused(tmp_path):
    many = [(float(i), i + 0.5, f"F{i:03}", "neu", "3.0, 3.0, 3.0") for i in range(150)]
    many[0] = (0.0, 0.5, "F000", "joy", "7.0, 3.0, 3.0")
    corpus(tmp_path, sound=range(1, 6), turns=many)
    manifest, table = build(tmp_path)
    lost = [row for row in manifest.notes.ledger(table.index) if row.status is Status.NO_LABEL]
    assert [row.utterance_id for row in lost] == [f"Ses0{n}F_impro01_F000" for n in range(1, 6)]
    assert "'joy'" in lost[0].reason
    assert "valence is outside 1..5: '7'" in lost[0].reason
    assert np.isnan(table.loc["Ses01F_impro01_F000", "valence"])
    corpus(tmp_path, sound=range(1, 6), turns=[(*row[:4], "60, 50, 50") for row in many])
    with pytest.raises(LayoutError, match=r"750 of 750 values lie outside 1\.\.5; they run from 60 to 60"):
        build(tmp_path)
