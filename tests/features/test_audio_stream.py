import csv
import json
import wave

import av
import numpy as np
import pytest
import torch

from conclugen.features import audio
from conclugen.features.backbone import chosen
from conclugen.media.items import MediaItem
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.settings import parse
from conclugen.store.shards import read_shard

RATE = 16_000
SETTINGS = {
    "backbone": "soundnet",
    "model": None,
    "weights": None,
    "max_seconds": 20.0,
    "batch_seconds": 4.0,
    "timeout_s": 60.0,
    "dtype": "float32",
}


def write_wave(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def write_aac(path, samples):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def tone(hertz, seconds):
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audio")
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE)
    write_aac(folder / "two.mp4", np.concatenate([tone(300, 2), noise]))
    write_wave(folder / "tone.wav", tone(300, 2))
    write_wave(folder / "noise.wav", noise)
    write_wave(folder / "silent.wav", np.zeros(RATE))
    (folder / "broken.mp4").write_bytes(b"not a film" * 100)
    rows = [
        ("broken", "broken.mp4", "", "", ""),
        ("first", "two.mp4", "", "0.0", "2.0"),
        ("gone", "nowhere.wav", "", "", ""),
        ("noise", "nowhere.mp4", "noise.wav", "", ""),
        ("second", "two.mp4", "", "2.0", "4.0"),
        ("silent", "silent.wav", "", "", ""),
        ("tone", "tone.wav", "", "", ""),
    ]
    with open(folder / "0000.media.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["utterance_id", "media", "audio", "start_s", "end_s", "bytes", "modified"])
        writer.writerows([*row, "1", "0"] for row in rows)
    argv = ["--media-list", str(folder / "0000.media.csv"), "--root", str(folder), "--threads", "2"]
    argv += ["--output", str(folder / "0.h5"), "--ledger", str(folder / "0.ledger.csv")]
    audio.main([*argv, "--settings", json.dumps(SETTINGS)])
    return read_shard(folder / "0.h5"), read_ledger(folder / "0.ledger.csv"), [row[0] for row in rows]


def test_bad_input_becomes_a_row(run):
    shard, ledger, ids = run
    assert shard.utterance_id.tolist() == ids
    assert {row.utterance_id: row.status for row in ledger if row.status is not Status.OK} == {
        "broken": Status.CORRUPT,
        "gone": Status.MISSING_MEDIA,
        "silent": Status.SILENT,
    }
    assert shard.present.tolist() == [row.status is Status.OK for row in ledger]
    assert all(row.reason for row in ledger if row.status is not Status.OK)


def test_segments_and_separate_sound_files_are_what_they_name(run):
    shard, _, ids = run
    vector = dict(zip(ids, shard.features, strict=True))

    def apart(a, b):
        return float(np.linalg.norm(vector[a] - vector[b]))

    assert apart("first", "tone") < 0.35 * apart("tone", "noise")
    assert apart("second", "noise") < 0.35 * apart("tone", "noise")


def test_long_sound_goes_in_equal_pieces_without_the_silent_ones():
    samples = np.arange(1, 11, dtype=np.float32)
    cut = list(audio.pieces([(3, samples), (5, samples[:4])], longest=4))
    assert [(row, part.tolist()) for row, part in cut] == [
        (3, [1, 2, 3, 4]), (3, [5, 6, 7]), (3, [8, 9, 10]), (5, [1, 2, 3, 4]),
    ]  # fmt: skip
    samples[4:7] = 1e-4
    assert [part[0] for _, part in audio.pieces([(0, samples)], longest=4)] == [1, 8]
    assert [len(part) for _, part in audio.pieces([(0, samples * 1e-5)], longest=5)] == [5, 5]


def test_the_vector_of_long_sound_is_the_mean_of_its_pieces(tmp_path, monkeypatch):
    parts = [tone(300, 2), tone(900, 2)]
    for name, samples in (("both", np.concatenate(parts)), ("low", parts[0]), ("high", parts[1])):
        write_wave(tmp_path / f"{name}.wav", samples)
    items = [MediaItem(name, f"{name}.wav", None, None, None, 1, "0") for name in ("both", "high", "low")]
    settings = parse(audio.Audio, json.dumps(SETTINGS))
    backbone = chosen(settings)
    module, _ = backbone.load(torch.device("cpu"))
    monkeypatch.setattr(audio, "PIECE_S", 2.0)
    both, high, low = audio.extract(items, tmp_path, settings, backbone, module).means("float32")[0]
    np.testing.assert_allclose(both, (high + low) / 2, rtol=1e-4, atol=1e-5)
    assert np.abs(high - low).max() > 0.01


def test_batches_stay_within_the_budget():
    lengths = [5, 4, 9, 1, 1, 30, 2]
    found = list(audio.batches(((row, np.zeros(n)) for row, n in enumerate(lengths)), 20))
    assert [row for rows, _ in found for row in rows] == list(range(7))
    for _, waves in found:
        assert max(map(len, waves)) * len(waves) <= 20 or len(waves) == 1
    assert len(found) < 7
