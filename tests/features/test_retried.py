"""Another try for what failed in the audio stream."""

import json

import numpy as np
import pytest
from test_audio_stream import RATE, SETTINGS, tone, write_wave

from conclugen.features import audio
from conclugen.features.common import Collector
from conclugen.features.retried import joined
from conclugen.media.items import FIELDS
from conclugen.store.ledger import LedgerRow, Status, read_ledger
from conclugen.store.retries import Attempt, ask
from conclugen.store.shards import ShardError, read_shard


def test_sound_that_appears_is_tried_again_and_the_rest_is_kept(tmp_path):
    write_wave(tmp_path / "high.wav", tone(900, 1))
    write_wave(tmp_path / "silent.wav", np.zeros(RATE))
    rows = [f"{name},{name}.wav,,,,1,1" for name in ("gone", "high", "silent")]
    media_list, output = tmp_path / "0000.media.csv", tmp_path / "audio" / "0000.h5"
    media_list.write_text("\n".join([",".join(FIELDS), *rows]) + "\n")
    ledger, target = output.with_suffix(".ledger.csv"), tmp_path / "retries" / "0000.csv"
    arguments = ["--media-list", str(media_list), "--root", str(tmp_path), "--settings", json.dumps(SETTINGS)]
    arguments += ["--output", str(output), "--ledger", str(ledger), "--version", "v1"]
    audio.main(arguments)
    before, lines = read_shard(output), ledger.read_text().splitlines()
    assert before.present.tolist() == [False, True, False]

    write_wave(tmp_path / "gone.wav", tone(200, 1))
    write_wave(tmp_path / "high.wav", tone(500, 1))  # would give another vector if it were read again
    assert ask(target, output, media_list, [Status.MISSING_MEDIA]) == ["gone"]
    audio.main([*arguments, "--retries", str(target)])
    after = read_shard(output)
    assert after.present.tolist() == [True, True, False]
    assert after.features[1:].tobytes() == before.features[1:].tobytes()
    assert ledger.read_text().splitlines()[2:] == lines[2:]
    row = read_ledger(ledger)[0]
    assert (row.status, row.tries) == (Status.OK, 2)
    assert after.attributes["made_by"] == "v1"


def test_vectors_of_another_length_are_refused(tmp_path):
    from conclugen.store.shards import write_shard

    write_shard(tmp_path / "0.h5", ["a"], np.ones((1, 3), np.float32), np.ones(1, bool), {})
    attempt = Attempt(tmp_path / "0.h5", {"a": (0, LedgerRow("a", "audio", Status.OK, "", 0.0))})
    with pytest.raises(ShardError, match="vectors of 3"):
        joined(["a"], Collector("audio", [], 4), attempt)
