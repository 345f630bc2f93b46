"""The demo's main job through a real Slurm, with what goes wrong on clusters: the table is that of a local run.

`make slurm-test` runs it, on a machine that can have a Slurm of its own (envs/slurm-host.sh).
"""

import os
import re
import subprocess
import time

import pytest
import yaml
from tiny_project import ROOT, TINY, Project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1700),  # a busy machine takes long
    pytest.mark.skipif("CONCLUGEN_SLURM_TEST" not in os.environ, reason="make slurm-test runs it, as root"),
]
TABLE = "results/tables/mosei.csv"
HOST = ROOT / "envs/slurm-host.sh"
# The executor asks after jobs ever more seldom while they last; here they last seconds.
SNAKEMAKE = """
from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor
Executor.next_seconds_between_status_checks = property(lambda self: 2, lambda self, seconds: None)
main()
"""
PROGRAM = (str(ROOT / ".venv-slurm/bin/python"), "-c", SNAKEMAKE)
CLIPS = "results/demo/mosei/index.csv"
STAGE_ONE = ("manifest", "plan", "faces", "frames2d", "frames3d", "audio", "text", "qc")
SMALL = TINY | {
    "device": "cpu",  # the GPUs of this Slurm are names
    "pretrain": TINY["pretrain"] | {"methods": ["ConCluGen"], "seeds": [0, 1]},
    "downstream": TINY["downstream"] | {"protocols": ["linear"], "controls": []},
}


@pytest.fixture(scope="module")
def slurm():
    """A Slurm that is up; the test is skipped, with the reason, where this machine cannot have one."""
    up = subprocess.run([HOST, "up"], capture_output=True, text=True, timeout=600)
    try:
        if up.returncode == 3:
            pytest.skip(up.stderr.strip().splitlines()[-1])
        assert up.returncode == 0, up.stderr
        print("\n" + up.stdout)
        yield
    finally:
        subprocess.run([HOST, "down"], timeout=120, check=True)


@pytest.fixture
def projects(tmp_path):
    """The same project with the same clips twice, one to run on this machine and one on the cluster."""
    (tmp_path / "local").mkdir()
    local = Project.create(tmp_path / "local")
    (local.folder / "tiny.yaml").write_text(yaml.safe_dump(SMALL))
    local.snakemake("--", CLIPS)
    return local, local.clone(tmp_path / "cluster")


def write_profile(project):
    """The shipped profile, with times and memory for small jobs and, for the texts, less memory than they take."""
    path = project.folder / "profiles/slurm/config.yaml"
    profile = yaml.safe_load(path.read_text())
    for rule in (*STAGE_ONE, "pretrain", "downstream", "table"):
        profile["set-resources"].setdefault(rule, {})["mem_mb"] = f"{500 if rule == 'text' else 2500} * attempt"
    profile |= {"slurm-init-seconds-before-status-checks": 3, "latency-wait": 10}
    path.write_text(yaml.safe_dump(profile))
    return profile


class Cluster:
    """A run on the cluster, and what Slurm knows of its jobs."""

    def __init__(self, project):
        self.log = project.folder / "run.log"
        with open(self.log, "w") as log:
            arguments = ("--workflow-profile", "profiles/slurm", "--", TABLE)
            self.process = project.start(*arguments, program=PROGRAM, stdout=log, stderr=subprocess.STDOUT)

    def wait_for(self, rule):
        """The number of a running job of a rule."""
        while self.process.poll() is None:
            for line in _lines("squeue", "--noheader", "--states", "RUNNING", "--format", "%i %k"):
                job, comment = line.split(maxsplit=1)
                if comment.startswith(f"rule_{rule}_"):
                    return job
            time.sleep(0.3)
        raise AssertionError(f"no job of {rule} was seen running:\n{self.log.read_text()[-6000:]}")

    def end(self):
        """Wait for the run's end, which must be a success."""
        assert self.process.wait() == 0, self.log.read_text()[-8000:]
        return self.log.read_text()


def _lines(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()


def _jobs():
    """Every job that the controller remembers: its properties by name."""
    told = "\n".join(_lines("scontrol", "show", "job", "--details"))
    return [dict(re.findall(r"(\w[\w/:]*)=(\S+)", block)) for block in told.split("\n\n") if block.strip()]


def crash_node():
    """Stop the node's daemon and jobs until Slurm has given the node up, and start the daemon again."""
    subprocess.run([HOST, "node-down"], check=True, timeout=30)
    for _ in range(300):
        if any("down" in line for line in _lines("sinfo", "--noheader", "--format", "%T")):
            break
        time.sleep(0.2)
    subprocess.run([HOST, "node-up"], check=True, timeout=60)


def test_two_jobs_side_by_side_have_two_gpus(slurm, tmp_path):
    for number in (0, 1):
        ask = ("sbatch", "--partition", "gpu", "--gpus", "1", "--output", str(tmp_path / str(number)))
        _lines(*ask, "--wrap", "echo $CUDA_VISIBLE_DEVICES; sleep 5")
    for _ in range(300):
        if not _lines("squeue", "--noheader"):
            break
        time.sleep(0.2)
    assert sorted((tmp_path / str(number)).read_text().strip() for number in (0, 1)) == ["0", "1"]


@pytest.fixture
def run(slurm, projects):
    """A run on the cluster, which ends with the test."""
    write_profile(projects[1])
    begun = Cluster(projects[1])
    yield begun
    begun.process.kill()
    begun.process.wait()


def test_a_run_survives_what_clusters_do_and_ends_with_the_table_of_a_local_run(run, projects):
    local, remote = projects
    cancelled = run.wait_for("frames3d")
    subprocess.run(["scancel", cancelled], check=True)
    run.wait_for("pretrain")
    crash_node()
    log = run.end()
    jobs = [job for job in _jobs() if job.get("Comment", "").startswith("rule_")]
    for job in jobs:
        print(job["JobId"], job["JobState"], job["RunTime"], job["Partition"], job["TRES"], job["Comment"])
    assert f"SLURM-job '{cancelled}' failed, SLURM status is: 'CANCELLED'" in log
    assert [job["JobState"] for job in _of(jobs, "frames3d")] == ["CANCELLED", "COMPLETED"]
    _memory_grew(jobs, remote)
    _lost_with_its_node(jobs)
    _partitions(jobs)
    local.snakemake("--", TABLE)
    assert remote.read(TABLE) == local.read(TABLE)


def _of(jobs, rule):
    return [job for job in jobs if job["Comment"].startswith(f"rule_{rule}_")]


def _memory_grew(jobs, project):
    given = [int(re.search(r"mem=(\d+)M", job["TRES"])[1]) for job in _of(jobs, "text")]
    assert given == [500 * attempt for attempt in range(1, len(given) + 1)]
    assert len(given) > 1
    assert _of(jobs, "text")[-1]["JobState"] == "COMPLETED"
    kept = [path.read_text() for path in project.folder.glob("results/logs/slurm/rule_text/**/*.log")]
    assert len(kept) == len(given) - 1  # of failed jobs alone
    assert all(re.search("oom-kill|[Ee]xceeded.* memory|OUT_OF_MEMORY", text) for text in kept)


def _lost_with_its_node(jobs):
    states = [job["JobState"] for job in _of(jobs, "pretrain")]
    assert "NODE_FAIL" in states
    assert states.count("COMPLETED") == 2


def _partitions(jobs):
    on_gpus = [job for job in jobs if job["Partition"] == "gpu"]
    assert {job["Comment"].split("_")[1] for job in on_gpus} == {"faces", "frames2d", "frames3d", "pretrain"}
    for job in jobs:
        assert job.get("TresPerJob") == ("gres:gpu:1" if job in on_gpus else None)
    assert not _lines("squeue", "--noheader")
