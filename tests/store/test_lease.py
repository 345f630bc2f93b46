"""Processes side by side spread over the devices; a killed one leaves its device to the next."""

import subprocess
import sys

import pytest

from conclugen.store import lease

HOLD = """
import pathlib, sys
from conclugen.store import lease
number, lock = lease.take(lease.names(2, {}), pathlib.Path(sys.argv[1]))
print(number, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold(tmp_path):
    """Start a process that leases one of two devices until it is ended; returns it and the device's number."""
    started = []

    def start():
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_four_processes_share_two_devices_evenly_and_a_killed_one_frees_its_own(hold):
    held = [hold() for _ in range(4)]
    assert sorted(number for _, number in held[:2]) == [0, 1]
    assert sorted(number for _, number in held) == [0, 0, 1, 1]
    process, number = held[2]
    process.kill()  # SIGKILL: nothing of the process's own runs any more
    process.wait()
    assert hold()[1] == number
    assert hold()[1] == 0  # all are taken twice again, so a third job goes to the first


def test_processes_that_start_at_once_spread_too(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    numbers = [int(process.stdout.readline()) for process in started]
    for process in started:
        process.communicate()
    assert sorted(numbers) == [0, 0, 1, 1]


def test_a_closed_lease_is_free(tmp_path):
    first, lock = lease.take(["0", "1"], tmp_path)
    second, other = lease.take(["0", "1"], tmp_path)
    assert (first, second) == (0, 1)
    lock.close()
    third, again = lease.take(["0", "1"], tmp_path)
    assert third == 0
    other.close()
    again.close()


def test_a_device_has_one_name_whatever_a_process_sees_of_the_machine():
    assert lease.names(2, {}) == ["0", "1"]
    assert lease.names(2, {"CUDA_VISIBLE_DEVICES": "3,1"}) == ["3", "1"]
    assert lease.names(1, {"CUDA_VISIBLE_DEVICES": "GPU-8a/b"}) == ["GPU-8a/b"]
    assert lease.names(2, {"CUDA_VISIBLE_DEVICES": ""}) == ["0", "1"]


def test_a_name_is_no_path(tmp_path):
    lease.take(["../../GPU-8a"], tmp_path)[1].close()
    assert [path.name for path in tmp_path.iterdir()] == ["gpu-______GPU-8a.0.lock"]


def test_devices_that_slurm_or_torchrun_chose_are_not_leased():
    assert lease.assigned({"SLURM_JOB_ID": "7", "CUDA_VISIBLE_DEVICES": "1"})
    assert lease.assigned({"LOCAL_RANK": "0"})
    assert not lease.assigned({"SLURM_JOB_ID": "7"})
    assert not lease.assigned({"CUDA_VISIBLE_DEVICES": "1"})


def test_without_devices_there_is_no_lease(tmp_path):
    with pytest.raises(ValueError, match="no device"):
        lease.take([], tmp_path)


def test_the_folder_of_locks_is_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(lease.tempfile, "gettempdir", lambda: str(tmp_path))
    assert lease.folder().stat().st_mode & 0o777 == 0o700
    lease.folder().rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"conclugen-gpus-{lease.os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RuntimeError, match="another user"):
        lease.folder()
