import csv
import json

import numpy as np
import pytest
from make_media import moving_bars, write_media
from speech_fixture import noise, plain, say

from conclugen.features import text, transcripts
from conclugen.media.items import FIELDS
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import read_shard

SETTINGS = {
    "engine": "whisper_tiny_en",
    "weights": None,
    "language": None,
    "beams": 1,
    "speech": 0.5,
    "min_steady": 0.33,
    "min_language": 0.5,
    "batch_windows": 2,
    "max_seconds": 60.0,
    "timeout_s": 60.0,
}
FIRST, SECOND = "This is the best day of my life.", "He was very angry about the news."


def write_lists(folder, media, texts):
    with open(folder / "0.media.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(FIELDS)
        writer.writerows([name, *row, "1", "0"] for name, row in media.items())
    with open(folder / "0.text.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(transcripts.COLUMNS)
        writer.writerows([name, texts.get(name, ""), "official" if name in texts else "none"] for name in media)


def transcribe(folder, more=(), **changes):
    argv = ["--media-list", folder / "0.media.csv", "--text-list", folder / "0.text.csv", "--root", folder]
    argv += ["--settings", json.dumps(SETTINGS | changes), "--threads", "2"]
    argv += ["--output", folder / "0.csv", "--ledger", folder / "0.ledger.csv"]
    transcripts.main([str(one) for one in (*argv, *more)])
    with open(folder / "0.csv", encoding="utf-8", newline="") as handle:
        return {row["utterance_id"]: (row["text"], row["text_source"]) for row in csv.DictReader(handle)}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("transcripts")
    first, second, quiet = say(FIRST), say(SECOND, 1), noise(32.0, 0.0005)
    write_media(folder / "two.mp4", sound=np.concatenate([first, quiet, second]), sound_rate=16000)
    write_media(folder / "noise.wav", sound=noise(3.0), sound_rate=16000)
    write_media(folder / "silent.wav", sound=np.zeros(16000, np.float32), sound_rate=16000)
    write_media(folder / "mute.mp4", moving_bars(10))
    (folder / "broken.mp4").write_bytes(b"not a film" * 100)
    media = {
        "broken": ("broken.mp4", "", "", ""),
        "first": ("two.mp4", "", "0.0", str(len(first) / 16000 + 1)),
        "gone": ("nowhere.mp4", "", "", ""),
        "long": ("two.mp4", "", "", ""),
        "mute": ("mute.mp4", "", "", ""),
        "noise": ("mute.mp4", "noise.wav", "", ""),
        "official": ("broken.mp4", "", "", ""),
        "silent": ("silent.wav", "", "", ""),
    }
    write_lists(folder, media, {"official": "What  it says,\nword for word."})
    return folder, transcribe(folder)


def test_only_what_has_no_text_is_recognised(ran):
    found = ran[1]
    assert found["official"] == ("What it says, word for word.", "official")
    assert (plain(found["first"][0]), found["first"][1]) == (plain(FIRST), "asr")
    assert {name: source for name, (_, source) in found.items()} == {
        "broken": "none",
        "first": "asr",
        "gone": "none",
        "long": "asr",
        "mute": "none",
        "noise": "none",
        "official": "official",
        "silent": "none",
    }


def test_words_more_than_thirty_seconds_apart_are_heard_in_windows_of_their_own(ran):
    assert plain(ran[1]["long"][0]) == plain(f"{FIRST} {SECOND}")


def test_what_has_no_words_has_a_reason(ran):
    ledger = {row.utterance_id: row for row in read_ledger(ran[0] / "0.ledger.csv")}
    assert {name: row.status for name, row in ledger.items() if row.status is not Status.OK} == {
        "broken": Status.CORRUPT,
        "gone": Status.MISSING_MEDIA,
        "mute": Status.NO_AUDIO,
        "noise": Status.NO_TEXT,
        "silent": Status.SILENT,
    }
    assert ledger["noise"].reason == "no speech found in 3.0 s of sound"
    assert {row.stage for row in ledger.values()} == {"transcripts"}
    assert ledger["official"].seconds == 0
    assert ledger["first"].seconds > 0


def test_the_text_stream_reads_them_and_keeps_the_reasons(ran, tmp_path):
    argv = ["--text-list", ran[0] / "0.csv", "--transcripts-ledger", ran[0] / "0.ledger.csv"]
    argv += ["--output", tmp_path / "0.h5", "--ledger", tmp_path / "0.ledger.csv"]
    settings = json.dumps({"backbone": "minilm", "model": None, "weights": None, "batch_texts": 8, "dtype": "float32"})
    text.main([*(str(one) for one in argv), "--settings", settings])
    shard = read_shard(tmp_path / "0.h5")
    assert shard.utterance_id[shard.present].tolist() == ["first", "long", "official"]
    before, after = read_ledger(ran[0] / "0.ledger.csv"), read_ledger(tmp_path / "0.ledger.csv")
    assert [(row.status, row.reason) for row in after] == [(row.status, row.reason) for row in before]


def test_without_the_detector_of_speech_noise_is_doubted_by_what_is_heard(ran, tmp_path):
    write_lists(tmp_path, {"noise": (str((ran[0] / "noise.wav").relative_to(ran[0])), "", "", "")}, {})
    (tmp_path / "noise.wav").symlink_to(ran[0] / "noise.wav")
    assert transcribe(tmp_path, speech=None)["noise"] == ("", "none")
    [row] = read_ledger(tmp_path / "0.ledger.csv")
    assert row.status is Status.NO_TEXT
    assert row.reason.startswith("no ")


def test_lists_of_other_utterances_are_refused(ran, tmp_path):
    write_lists(tmp_path, {"a": ("x.mp4", "", "", "")}, {})
    (tmp_path / "0.text.csv").write_text("utterance_id,text,text_source\nb,,none\n")
    with pytest.raises(ValueError, match="plan the data set anew"):
        transcribe(tmp_path)


def test_an_unknown_engine_is_refused(tmp_path):
    with pytest.raises(ValueError, match="engine: 'parrot' is none of"):
        transcribe(tmp_path, engine="parrot")
