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


@pytest.fixture
def two_gpus(monkeypatch, tmp_path):
    """A machine with two GPUs, as far as PyTorch says; returns the devices that were made current."""
    chosen = []
    monkeypatch.setenv("CONCLUGEN_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(devices.lease, "folder", lambda: tmp_path)
    for name in ("SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    devices._leased.cache_clear()
    yield chosen
    devices._leased.cache_clear()


def test_a_process_computes_on_the_gpu_that_no_other_has(two_gpus, tmp_path):
    other = devices.lease.take(["0", "1"], tmp_path)
    assert devices.device() == torch.device("cuda", 1)
    assert devices.device() == torch.device("cuda", 1)  # the same to its end
    assert set(two_gpus) == {1}
    other[1].close()


def test_in_a_slurm_job_the_gpu_is_slurms_choice(two_gpus, monkeypatch, tmp_path):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert devices.device() == torch.device("cuda")
    assert not list(tmp_path.iterdir())


def test_a_gpu_that_slurm_gave_and_pytorch_does_not_see_is_an_error(monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "auto")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="PyTorch sees none"):
        devices.device()


def test_an_unknown_device_is_an_error(monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "tpu")
    with pytest.raises(RuntimeError, match="allowed are"):
        devices.device()
