"""Another try for what failed in the transcripts."""

import numpy as np
import pytest
from make_media import tone, write_media
from test_transcripts import transcribe, write_lists

from conclugen.features import transcripts
from conclugen.features.asr.heard import Heard
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.retries import ask

MEDIA = {name: (f"{name}.wav", "", "", "") for name in ("gone", "official", "silent", "spoken")}


@pytest.fixture
def engine(monkeypatch):
    """An engine that hears how long a window is, in tenths of a second, and counts the windows."""
    heard = []

    def recognise(waves):
        heard.extend(waves)
        return [Heard(f"{len(wave) // 1600} tenths", 0.0, 0.0) for wave in waves]

    recognise.multilingual = True  # what it hears changes with the tempo
    monkeypatch.setitem(transcripts.ENGINES, "whisper_tiny_en", lambda *_: (recognise, "0" * 64))
    return heard


@pytest.fixture
def folder(tmp_path, engine):
    """A shard in which one file was missing, and is there now; the words of another would be others now."""
    write_media(tmp_path / "silent.wav", sound=np.zeros(16000, np.float32), sound_rate=16000)
    write_media(tmp_path / "spoken.wav", sound=tone(1.0))
    write_lists(tmp_path, MEDIA, {"official": "As it is written."})
    found = transcribe(tmp_path, ["--version", "v1"], speech=None)
    assert found["spoken"] == ("10 tenths", "asr")
    write_media(tmp_path / "gone.wav", sound=tone(0.5))
    write_media(tmp_path / "spoken.wav", sound=tone(2.0))
    engine.clear()
    return tmp_path


def ask_again(folder):
    target = folder / "retries" / "0.csv"
    assert ask(target, folder / "0.csv", folder / "0.media.csv", [Status.MISSING_MEDIA]) == ["gone"]
    return ["--retries", target]


def test_what_failed_is_tried_again_and_the_rest_is_kept(folder, engine):
    lines, ledger = (folder / "0.csv").read_text().splitlines(), (folder / "0.ledger.csv").read_text().splitlines()
    asked = ask_again(folder)
    assert transcribe(folder, ["--version", "v1", *asked], speech=None)["gone"] == ("5 tenths", "asr")
    assert len(engine) == 1
    assert (folder / "0.csv").read_text().splitlines()[2:] == lines[2:]
    assert (folder / "0.ledger.csv").read_text().splitlines()[2:] == ledger[2:]
    row = read_ledger(folder / "0.ledger.csv")[0]
    assert (row.status, row.tries) == (Status.OK, 2)
    assert [path.name for path in (folder / "retries").iterdir()] == ["0.csv"]
    assert ask(asked[1], folder / "0.csv", folder / "0.media.csv", [Status.MISSING_MEDIA]) == []


def test_other_settings_or_code_recognise_everything_anew(folder, engine):
    found = transcribe(folder, ["--version", "v2", *ask_again(folder)], speech=None)
    assert found["spoken"] == ("20 tenths", "asr")
    assert len(engine) == 2


def test_texts_that_came_or_went_meanwhile_are_those_of_the_list(folder, engine):
    asked = ask_again(folder)
    write_lists(folder, MEDIA, {"spoken": "Now we know."})
    write_media(folder / "official.wav", sound=tone(1.5))
    found = transcribe(folder, ["--version", "v1", *asked], speech=None)
    assert found["spoken"] == ("Now we know.", "official")
    assert found["official"] == ("15 tenths", "asr")
    assert {row.utterance_id: row.status for row in read_ledger(folder / "0.ledger.csv")}["spoken"] is Status.OK
