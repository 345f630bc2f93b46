"""On a GPU: the same code learns the same, goes on where it was, and takes features from main memory if it must."""

from __future__ import annotations

import csv

import pytest
import torch
from pretrain_data import arguments, make_corpus, make_settings

from conclugen.models import io
from conclugen.pretrain import loop, run, step
from conclugen.pretrain.kmeans import fit

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), rows=400, valid=80)


def trained(made, settings, folder, where, monkeypatch):
    """Pretrain on `where`; the history and the network."""
    monkeypatch.setenv("CONCLUGEN_DEVICE", where)
    run.main(arguments(made, settings, folder))
    with open(folder / "model" / "history.csv") as handle:
        return list(csv.DictReader(handle)), io.load(folder / "model").state_dict()


@pytest.mark.parametrize("preset", ["paper", "improved"])
def test_losses_fall_as_on_the_cpu(made, tmp_path, monkeypatch, preset):
    """bfloat16 against float32: the course is the same within a few hundredths."""
    settings = make_settings(preset=preset, epochs=6, learning_rate=2e-3)
    gpu, _ = trained(made, settings, tmp_path / "gpu", "cuda", monkeypatch)
    cpu, _ = trained(made, settings, tmp_path / "cpu", "cpu", monkeypatch)
    for name in ("mms", "reconstruction"):
        assert float(gpu[-1][name]) < float(gpu[0][name])
        assert float(gpu[-1][name]) == pytest.approx(float(cpu[-1][name]), rel=0.05)


def test_features_in_main_memory_train_the_same_network(made, tmp_path, monkeypatch):
    settings = make_settings(epochs=3)
    resident = trained(made, settings, tmp_path / "resident", "cuda", monkeypatch)
    monkeypatch.setattr(step, "GPU_SHARE", 0.0)
    streamed = trained(made, settings, tmp_path / "streamed", "cuda", monkeypatch)
    assert float(streamed[0][-1]["loss"]) == pytest.approx(float(resident[0][-1]["loss"]), rel=1e-3)


def test_the_same_seed_gives_the_same_network(made, tmp_path, monkeypatch):
    settings = make_settings(epochs=3)
    _, first = trained(made, settings, tmp_path / "first", "cuda", monkeypatch)
    _, second = trained(made, settings, tmp_path / "second", "cuda", monkeypatch)
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=1e-2, atol=1e-3)


def test_a_kill_before_the_end_changes_nothing(made, tmp_path, monkeypatch):
    """The checkpoint is read to main memory; the centroids of the best epoch are compared with batches on the GPU."""
    settings = make_settings(preset="paper", epochs=3)
    _, whole = trained(made, settings, tmp_path / "whole", "cuda", monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "conclude", killed)
        with pytest.raises(KeyboardInterrupt):
            trained(made, settings, tmp_path / "killed", "cuda", monkeypatch)
    _, resumed = trained(made, settings, tmp_path / "killed", "cuda", monkeypatch)
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, rtol=1e-2, atol=1e-3)


def killed(*arguments):
    raise KeyboardInterrupt


def test_kmeans_finds_the_centroids_that_the_cpu_finds():
    points = torch.randn(3000, 8, generator=torch.Generator().manual_seed(0))
    start = points[:5]
    there = fit(points.cuda(), 5, seed=0, spherical=False, iterations=50, start=start.cuda())
    assert there.device.type == "cuda"
    torch.testing.assert_close(there.cpu(), fit(points, 5, seed=0, spherical=False, iterations=50, start=start))
