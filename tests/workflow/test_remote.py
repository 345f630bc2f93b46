"""Jobs that run elsewhere: submitted, watched, failed, lost and cancelled, with a stand-in for a scheduler."""

import os
import signal
import time
from pathlib import Path

import pytest
import yaml
from tiny_project import TINY, Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SHARD = "results/features/talks/text/0000.h5"
STAND_IN = Path(__file__).parent / "stand_in"


@pytest.fixture(scope="module")
def talks(tmp_path_factory):
    """A project whose texts alone are asked for: three jobs, one of them a checkpoint."""
    project = Project.create(tmp_path_factory.mktemp("talks"))
    root = project.folder / "talks"
    root.mkdir()
    rows = ["file,text,split"]
    for clip in range(3):
        (root / f"{clip}.mp4").touch()
        rows.append(f"{clip}.mp4,word {clip},train")
    (root / "talks.csv").write_text("\n".join(rows) + "\n")
    datasets = {"talks": {"adapter": "folder", "root": "talks", "table": "talks.csv"}}
    config = TINY | {"datasets": datasets, "pretrain": TINY["pretrain"] | {"dataset": "talks"}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    return project


@pytest.fixture
def project(talks, tmp_path, monkeypatch):
    (tmp_path / "scheduler").mkdir()
    monkeypatch.setenv("STAND_IN", str(tmp_path / "scheduler"))
    return talks.clone(tmp_path / "project")


def remotely(retries, every=1):
    """What makes a run use the stand-in and ask it for the states of jobs `every` so many seconds."""
    submit = f"{STAND_IN / 'submit'} {{rule}} {{resources.attempt}} {{resources.mem_mb}}"
    return [
        *("--executor", "cluster-generic", "--jobs", "2", "--cluster-generic-submit-cmd", submit),
        *("--cluster-generic-status-cmd", str(STAND_IN / "status")),
        *("--cluster-generic-cancel-cmd", str(STAND_IN / "cancel")),
        *("--seconds-between-status-checks", str(every), "--retries", str(retries)),
        *("--default-resources", "attempt=attempt"),
    ]


def faults(*words):
    Path(os.environ["STAND_IN"], "faults").write_text(" ".join(words))


def asked():
    """What was submitted, in order: rule, attempt, memory in MB."""
    jobs = sorted(Path(os.environ["STAND_IN"]).glob("job*"), key=lambda path: int(path.name[3:]))
    return [(path / "asked").read_text().split() for path in jobs]


def test_a_lost_and_a_failed_job_come_again_with_more_memory(project):
    faults("manifest.1:lose", "plan.1:fail")
    project.snakemake(*remotely(retries=1), "--", SHARD)
    assert asked() == [
        ["manifest", "1", "4000"],
        ["manifest", "2", "8000"],
        ["plan", "1", "4000"],
        ["plan", "2", "8000"],
        ["text", "1", "4000"],
    ]
    assert project.planned(target=SHARD) == {}


def test_a_job_that_keeps_failing_ends_the_run(project):
    faults("manifest.1:fail")
    done = project.snakemake(*remotely(retries=0), "--", SHARD, check=False)
    assert done.returncode == 1
    assert "Error in rule manifest" in done.stdout + done.stderr
    assert not (project.folder / "results/plans").exists()


def test_an_interrupted_run_cancels_its_jobs_and_goes_on_later(project):
    faults("manifest.1:hang")
    running = project.start(*remotely(retries=0, every=4), "--", SHARD)
    job = Path(os.environ["STAND_IN"], "job1")
    _until((job / "watched").exists)
    time.sleep(1)  # not while it asks: Snakemake forgets a job whose state it is asking for
    process = int((job / "pid").read_text())
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) != 0
    assert (job.parent / "cancelled").read_text().split() == ["1"]
    _until(lambda: not Path(f"/proc/{process}").exists())
    faults()
    project.snakemake(*remotely(retries=1), "--", "results/plans/talks.csv")
    assert project.planned(target="results/plans/talks.csv") == {}


def _until(condition, seconds=60):
    for _ in range(seconds * 10):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to pass")
