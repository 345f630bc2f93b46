import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from make_media import tone, write_media
from processes import decoders
from worker_tasks import act, arrays, fail, listen, shot, wait_a_while

from conclugen.media.worker import DecodePool
from conclugen.store.ledger import Status


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_outcomes_come_in_order_and_the_job_survives_every_kind_of_item(capfd):
    items = ["a", "sleep", "b", "exit", "c", "segfault", "stop", "spin", "d", "flood", "media", "bug", "half", "e"]
    expected = {
        "sleep": Status.TIMEOUT,
        "stop": Status.TIMEOUT,
        "spin": Status.TIMEOUT,
        "half": Status.TIMEOUT,
        "exit": Status.CRASHED,
        "segfault": Status.CRASHED,
        "bug": Status.CRASHED,
        "media": Status.SILENT,
    }
    with DecodePool(3, 1.0) as pool:
        found = list(pool.imap(act, items))
        assert [item for item, _ in found] == items
        for item, outcome in found:
            assert outcome.status == expected.get(item, Status.OK), item
            assert (outcome.value is None) == (item in expected)
        by_item = dict(found)
        assert len(by_item["flood"].value) == 30_000_000
        assert by_item["segfault"].reason == "the decoding process was killed by signal 11, twice"
        assert by_item["exit"].reason == "the decoding process ended with code 3, twice"
        assert by_item["media"].reason == "nothing to hear"
        assert "KeyError" in by_item["bug"].reason
        assert 1.0 <= by_item["sleep"].seconds < 5
        assert [outcome.value[0] for _, outcome in pool.imap(act, ["again"])] == ["again"]
    assert decoders() == []
    assert "KeyError" in capfd.readouterr().err  # a bug leaves its trace in the log


def test_a_process_serves_one_item_after_another_and_is_replaced_when_it_dies():
    with DecodePool(1, 60.0) as pool:
        a, b, lost, c, d = (outcome for _, outcome in pool.imap(act, ["a", "b", "exit", "c", "d"]))
    assert lost.status == Status.CRASHED
    assert a.value[1] == b.value[1] != c.value[1] == d.value[1]


def test_an_item_whose_process_is_killed_from_outside_is_tried_once_more_alone(tmp_path):
    items = [(name, str(tmp_path)) for name in ("a", "shot-b", "c", "shot-d", "shot-e", "f")]
    with DecodePool(3, 60.0) as pool:
        found = list(pool.imap(shot, items))
    assert [item for item, _ in found] == items
    assert [outcome.status for _, outcome in found] == [Status.OK] * 6
    for (name, _), outcome in found:
        value, others = outcome.value
        assert value == name
        assert name[:4] != "shot" or others == 0  # nobody else was at work
        assert outcome.seconds >= 0.2 * (name[:4] == "shot")  # both tries count


def test_arrays_arrive_whole_and_can_be_written_to():
    with DecodePool(1, 60.0) as pool:
        ((_, outcome),) = pool.imap(act, ["arrays"])
    for found, sent in zip(outcome.value, arrays(), strict=True):
        np.testing.assert_array_equal(found, sent)
        assert found.dtype == sent.dtype
        found[...] = 0


def test_leaving_early_leaves_no_process():
    with DecodePool(2, 100.0) as pool:
        results = pool.imap(act, ["a", "sleep", "sleep", "b"])
        assert next(results)[0] == "a"
        assert decoders()
        results.close()
    assert decoders() == []


def test_a_worker_that_cannot_start_is_the_jobs_failure_and_not_the_items():
    with DecodePool(1, 5.0, fail) as pool, pytest.raises(RuntimeError, match="could not start"):
        list(pool.imap(act, ["a"]))
    assert decoders() == []


def test_preparation_does_not_count_against_the_limit():
    with DecodePool(1, 1.0, wait_a_while) as pool:
        ((_, outcome),) = pool.imap(act, ["a"])
    assert outcome.status == Status.OK
    assert outcome.seconds < 1


def test_a_slow_reader_of_results_turns_none_into_a_timeout():
    with DecodePool(1, 1.0) as pool:
        statuses = []
        for _, outcome in pool.imap(act, ["a", "flood", "flood"]):
            statuses.append(outcome.status)
            time.sleep(1.3)
    assert statuses == [Status.OK] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is set on Linux alone")
def test_an_item_that_wants_too_much_memory_fails_alone(capfd):
    with DecodePool(1, 60.0) as pool:
        greedy, good = (outcome for _, outcome in pool.imap(act, ["greed", "a"]))
        again = [outcome.value[1] for _, outcome in pool.imap(act, ["b"])]
    assert (greedy.status, good.status) == (Status.CRASHED, Status.OK)
    assert "MemoryError" in greedy.reason
    assert again == [good.value[1]]  # the process has lived on
    assert "MemoryError" in capfd.readouterr().err


def test_no_items():
    with DecodePool(2, 1.0) as pool:
        assert list(pool.imap(act, [])) == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_workers_die_with_a_killed_parent(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
        "from worker_tasks import act\n"
        "from conclugen.media.worker import DecodePool\n"
        "if __name__ == '__main__':\n"
        "    with DecodePool(1, 1000.0) as pool:\n"
        "        for item, outcome in pool.imap(act, ['a', 'spin']):\n"
        "            print(outcome.value[1], flush=True)\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        assert alive(worker)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(worker)


def test_sound_is_read_in_a_worker(tmp_path):
    good = write_media(tmp_path / "good.wav", sound=tone(1.0))
    os.mkfifo(tmp_path / "pipe.wav")  # opening it would wait for ever
    with DecodePool(1, 60.0) as pool:
        found = [outcome for _, outcome in pool.imap(listen, [str(good), str(tmp_path / "pipe.wav"), str(good)])]
    assert [outcome.status for outcome in found] == [Status.OK, Status.CORRUPT, Status.OK]
    assert found[1].reason == "pipe.wav: not a regular file"
    assert found[1].seconds < 2
    assert found[2].value == 16000


def test_a_worker_takes_one_thread_and_does_not_import_the_main_module_again(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys\n"
        "import xmlrpc.client  # stands for what only the parent needs\n"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
        "from worker_tasks import surroundings\n"
        "from conclugen.media.worker import DecodePool\n"
        "def own(item):\n"
        "    return surroundings(item)\n"
        "if __name__ == '__main__':\n"
        "    for task in (surroundings, own):\n"
        "        with DecodePool(1, 60.0) as pool:\n"
        "            threads, modules = next(iter(pool.imap(task, ['a'])))[1].value\n"
        "            print(threads, 'xmlrpc.client' in modules, os.environ['OMP_NUM_THREADS'])\n"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "7"}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["1 False 7", "1 True 7"], done.stderr
