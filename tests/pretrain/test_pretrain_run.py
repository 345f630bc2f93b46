"""The entry: files it writes, and what a kill leaves behind."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
from pretrain_data import arguments, collapsing, make_corpus, make_settings

from conclugen.models import io
from conclugen.pretrain import verdict
from conclugen.pretrain.run import main
from conclugen.store.settings import dump


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), rows=150, valid=30, test=10)


def outputs(folder):
    """Model and settings as bytes; the history without its seconds."""
    with open(folder / "model" / "history.csv") as handle:
        history = [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(handle)]
    return [(folder / "model" / name).read_bytes() for name in (io.WEIGHTS, io.SETTINGS)] + [history]


def test_writes_a_model_that_loads_and_nothing_else(made, tmp_path):
    settings = make_settings()
    main(arguments(made, settings, tmp_path))
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == [
        "history.csv",
        "model.safetensors",
        "pretext.json",
        "search.csv",
        "settings.json",
    ]
    assert list((tmp_path / "state").iterdir()) == []
    network, about = io.load(tmp_path / "model"), io.about(tmp_path / "model")
    assert network.settings.heads == ("projection", "clustering", "decoder")
    assert network.represent({"video": torch.randn(5, 40)})["video"].shape == (5, 32)
    assert about["method"] == "ConCluGen"
    assert about["seed"] == 3
    assert about["modalities"] == {"video": ["frames2d", "frames3d"], "audio": ["audio"], "text": ["text"]}
    assert about["streams"]["text"] == {"backbone": "none", "weights_sha256": "text"}
    assert about["settings"] == json.loads(dump(settings))
    pretext = verdict.read(
        tmp_path / "model", json.loads((tmp_path / "model" / io.SETTINGS).read_text())["weights_sha256"]
    )
    assert pretext["pretext"] in ("learned", "weak", "collapsed")
    assert pretext["measured_on"] == "valid"
    assert pretext["numbers"]["rows"] == 30
    history = outputs(tmp_path)[2]
    assert sum(int(row["exported"]) for row in history) == 1
    assert [row["epoch"] for row in history] == ["0", "1", "2"]
    assert history[0]["clustering"] == ""
    assert float(history[2]["clustering"]) > 0
    assert float(history[2]["valid_reconstruction"]) > 0


def test_a_collapsed_network_is_warned_of_with_its_likely_cause(made, tmp_path, capsys):
    main(arguments(made, collapsing(), tmp_path))
    assert "WARNING: this network has collapsed: " in capsys.readouterr().out
    assert json.loads((tmp_path / "model" / "pretext.json").read_text())["pretext"] == "collapsed"


def test_where_collapse_fails_nothing_is_written_and_letting_it_pass_trains_nothing_again(made, tmp_path, capsys):
    strict = {"--collapsed": ["fail"]}
    with pytest.raises(verdict.CollapsedError, match=r"likely since .* pretrain\.collapsed is fail"):
        main(arguments(made, collapsing(), tmp_path, **strict))
    assert not (tmp_path / "model").exists()
    capsys.readouterr()
    main(arguments(made, collapsing(), tmp_path))
    assert "going on after epoch" in (told := capsys.readouterr().out)
    assert "epoch 12/12" not in told
    assert io.load(tmp_path / "model")
    main(arguments(made, make_settings(epochs=25, learning_rate=2e-3), tmp_path / "other", **strict))
    assert io.load(tmp_path / "other" / "model")


@pytest.mark.parametrize("damage", ["word", "weights", "gone", "list"])
def test_what_is_told_of_another_network_is_not_believed(made, tmp_path, damage):
    main(arguments(made, make_settings(epochs=1), tmp_path))
    path, sha256 = tmp_path / "model" / "pretext.json", json.loads((tmp_path / "model" / io.SETTINGS).read_text())
    if damage == "word":
        path.write_text(path.read_text().replace('"cause": "', '"cause": "not '))
    elif damage == "gone":
        path.unlink()
    elif damage == "list":
        path.write_text("[]")
    with pytest.raises(verdict.PretextError, match=r"pretext\.json"):
        verdict.read(tmp_path / "model", "0" * 64 if damage == "weights" else sha256["weights_sha256"])


def test_a_method_without_a_head_does_not_save_it(made, tmp_path):
    main(arguments(made, make_settings("Multi-Cont-wo-audio"), tmp_path))
    network = io.load(tmp_path / "model")
    assert network.settings.heads == ("projection",)
    assert network.settings.input_dims.keys() == {"video", "text"}


def test_a_long_list_of_shards_may_come_from_a_file(made, tmp_path):
    (tmp_path / "shards.txt").write_text("\n".join(made.features))
    main(arguments(made, make_settings("Generative"), tmp_path, **{"--features": [f"@{tmp_path / 'shards.txt'}"]}))
    assert io.load(tmp_path / "model").settings.heads == ("decoder",)


def test_unknown_settings_are_refused(made, tmp_path):
    plain = json.loads(dump(make_settings()))
    with pytest.raises(ValueError, match="colour"):
        main(arguments(made, {**plain, "colour": 1}, tmp_path))


def test_other_code_or_data_starts_afresh(made, tmp_path, capsys, monkeypatch):
    from conclugen.pretrain import run

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "write_history", stop)
    settings = make_settings()
    keep = {"--checkpoint-seconds": ["0"]}
    for changes, resumed in (
        ({}, False),
        ({}, True),
        ({"--code": ["loop.py@999"]}, False),
        ({"--seed": ["4"]}, False),
        ({"--settings": [dump(make_settings(epochs=4))]}, False),
        ({"--manifest": [str(make_corpus(tmp_path / "other", rows=150).splits)]}, False),
    ):
        with pytest.raises(KeyboardInterrupt):
            main(arguments(made, settings, tmp_path, **keep, **changes))
        assert ("going on after epoch 3" in capsys.readouterr().out) is resumed


def run_and_kill(command, environment, state, delay):
    """Start the job, kill it `delay` seconds after it wrote a checkpoint of its own, and return its exit status."""
    before = {path: path.stat().st_mtime_ns for path in state.glob("*/state.pt")}
    job = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while job.poll() is None and {p: p.stat().st_mtime_ns for p in state.glob("*/state.pt")} == before:
        time.sleep(0.002)
    time.sleep(delay)
    job.send_signal(signal.SIGKILL)
    return job.wait()


@pytest.mark.slow
def test_a_job_killed_again_and_again_gives_the_same_files(made, tmp_path):
    settings = make_settings("ConCluGen", "improved", epochs=80, batch_size=16)
    environment = {**os.environ, "CONCLUGEN_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    main(arguments(made, settings, tmp_path / "whole"))
    extra = {"--checkpoint-seconds": ["0.05"]}
    command = [sys.executable, "-m", "conclugen.pretrain.run", *arguments(made, settings, tmp_path / "cut", **extra)]
    delays = random.Random(20)
    for _ in range(3):
        # At any point of an epoch or of writing a checkpoint; each run gets further than the one before.
        killed = run_and_kill(command, environment, tmp_path / "cut" / "state", delays.random() * 0.2)
        assert killed == -signal.SIGKILL
        assert not (tmp_path / "cut" / "model").exists()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "going on after epoch" in done.stdout
    assert outputs(tmp_path / "cut") == outputs(tmp_path / "whole")
    assert list((tmp_path / "cut" / "state").iterdir()) == []


def test_a_seed_gives_the_same_bytes_again_and_another_seed_others(made, tmp_path):
    settings = make_settings("ConCluGen", "improved", epochs=2)
    for name, seed in (("first", "3"), ("again", "3"), ("other", "4")):
        main(arguments(made, settings, tmp_path / name, **{"--seed": [seed]}))
    first, again, other = (outputs(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert first[0] != other[0]
