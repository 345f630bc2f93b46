"""What is told of a run: how far, how long still, what was lost, and how a failed job's log ends."""

import pytest

from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.terminal.account import LAST, Account, duration, failure


class Clock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def run(account, clock, number, rule, seconds, output=()):
    account.started(number, rule, None, output)
    clock.now += seconds
    return account.finished(number)


def test_the_time_left_is_each_rules_own_mean(clock):
    account = Account(clock)
    account.planned({"faces": 3, "audio": 4, "total": 7})
    run(account, clock, 1, "faces", 100)
    run(account, clock, 2, "audio", 10)
    assert account.seconds_left() is None  # of two jobs nothing is concluded
    run(account, clock, 3, "audio", 20)
    account.advanced(3, 7)
    assert account.seconds_left() == pytest.approx(2 * 100 + 2 * 15)
    assert account.progress() == "3 of 7 jobs done; about 4 min left"
    account.started(4, "faces", None, [])
    clock.now += 40
    assert account.seconds_left() == pytest.approx(230 - 40)


def test_two_jobs_at_once_take_half_the_time(clock):
    account = Account(clock)
    account.planned({"faces": 8, "total": 8})
    for number in (1, 2, 3, 4):
        account.started(number, "faces", None, [])
        if number % 2 == 0:
            clock.now += 50
            account.finished(number - 1)
            account.finished(number)
    account.advanced(4, 8)
    assert account.seconds_left() == pytest.approx(100)


def test_before_shards_are_planned_the_time_is_a_lower_bound(clock):
    account = Account(clock)
    account.planned({"plan": 1, "demo": 4, "total": 5})
    for number in range(3):
        run(account, clock, number, "demo", 10)
    account.advanced(3, 5)
    assert account.progress() == "3 of 5 jobs done; at least 20 s left"


def test_an_utterance_that_several_streams_lost_for_one_reason_counts_once(tmp_path, monkeypatch, clock):
    monkeypatch.chdir(tmp_path)
    account = Account(clock)
    lost = {"a": Status.CORRUPT, "b": Status.OK, "c": Status.NO_FACE}
    paths = ["results/faces/talks/0000.ledger.csv", "results/features/talks/frames2d/0000.ledger.csv"]
    for number, path in enumerate([*paths, "results/features/others/audio/0000.ledger.csv"]):
        (tmp_path / path).parent.mkdir(parents=True)
        write_ledger(path, [LedgerRow(name, "any", status, "", 0.0) for name, status in lost.items()])
        account.started(number, "any", None, [path])
        account.finished(number)
    assert account.losses() == "lost so far: 4 utterances (2 corrupt, 2 no_face)"


def test_tables_are_told_and_jobs_at_work_named(clock):
    account = Account(clock)
    assert run(account, clock, 1, "table", 5, ["results/tables/mine.csv", "results/tables/mine.json"]) == [
        "results/tables/mine.csv"
    ]
    for number in range(6):
        account.started(number, "faces", f"Find the faces of shard {number}", [])
        clock.now += 1
    assert account.at_work()[0] == "Find the faces of shard 0 (6 s)"
    assert account.at_work()[-1] == "and 2 more"
    assert account.stopped(3) == "Find the faces of shard 3"
    assert account.failed == 1


def test_a_failure_names_the_log_and_shows_its_last_lines(tmp_path):
    log, empty = tmp_path / "log", tmp_path / "empty"
    log.write_text("".join(f"line {number}\n\n" for number in range(100_000)))
    empty.touch()
    said = failure("Find faces", [str(log), str(empty), str(tmp_path / "none")])
    assert said[:2] == ["FAILED: Find faces", f"  log: {log}, which ends:"]
    assert said[2:-2] == [f"    line {number}" for number in range(100_000 - LAST, 100_000)]
    assert said[-2:] == [f"  log: {empty}, which is empty", f"  log: {tmp_path / 'none'}, which cannot be read"]


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "1 s"), (89, "89 s"), (90, "2 min"), (5400, "2 h"), (90_000, "25 h"), (200_000, "2 d")]
)
def test_times_are_told_in_the_unit_that_suits(seconds, told):
    assert duration(seconds) == told
