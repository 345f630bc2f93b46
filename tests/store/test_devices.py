import pytest
import torch

from conclugen.store import devices


def test_cpu_is_cpu(monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "cpu")
    assert devices.device() == torch.device("cpu")
    assert devices.compute_dtype(devices.device()) == torch.float32


def test_a_gpu_asked_for_and_missing_is_an_error(monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="no GPU"):
        devices.device()


def test_auto_takes_what_there_is(monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "auto")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.device().type == "cpu"


def test_an_unknown_device_is_an_error(monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "tpu")
    with pytest.raises(RuntimeError, match="allowed are"):
        devices.device()
