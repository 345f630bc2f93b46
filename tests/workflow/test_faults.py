"""Kills, damage, full and read-only disks, two runs at once: a message or a correct rerun, never another table."""

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from tiny_project import TINY

from conclugen.store import fence

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TABLE = "results/tables/mosei.csv"
DOWNSTREAM = "results/downstream/mosei/mosei/improved"
SCORES = "results/scores/mosei/mosei/improved"  # measured once: what is to be read again must be gone
OWN = "results/pretrain/mosei/improved/Own/seed0/model.safetensors"
KILLS = 20


def remove(project, *places):
    for place in places:
        path = project.folder / place
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def restore(path, stat, content):
    """Put back a file with its time."""
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def fails(project, *arguments):
    done = project.snakemake(*arguments, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


def recorded(project):
    """By rule, one of its jobs as Snakemake recorded it: outputs and command."""
    jobs = {}
    for path in sorted((project.folder / ".snakemake/metadata").iterdir()):
        record = json.loads(path.read_text())
        output = base64.b64decode(path.name).decode()
        if record["rule"] not in jobs or record["shellcmd"] == jobs[record["rule"]][1]:
            jobs.setdefault(record["rule"], ([], record["shellcmd"]))[0].append(output)
    return jobs


def kill_midway(project, command, seconds):
    """Run a command of a rule as Snakemake does, and kill it with all it started."""
    environment = project.environment() | {"OMP_NUM_THREADS": "1", "CONCLUGEN_DEVICE": "cpu"}
    environment["PATH"] = f"{project.binaries()}:{environment['PATH']}"
    process = subprocess.Popen(
        ["bash", "-c", command], cwd=project.folder, env=environment, start_new_session=True, stdin=subprocess.DEVNULL
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_stages_killed_at_any_moment_leave_whole_files_or_none(project):
    before, draw = project.read(TABLE), random.Random(0)
    jobs = {rule: job for rule, job in recorded(project).items() if rule != "demo"}  # its speech takes too long here
    rules = sorted(jobs)
    for number in range(KILLS):
        outputs, command = jobs[rules[number % len(rules)]]
        old = {place: ((project.folder / place).stat(), project.read(place)) for place in outputs}
        remove(project, *outputs)
        kill_midway(project, command, draw.uniform(0.05, 5.0))
        for place, (stat, content) in old.items():
            path = project.folder / place
            timed = any(name in place for name in ("ledger", "history", "search"))  # these hold seconds
            if path.exists():
                assert (path.read_bytes() == content) or (
                    timed and content.count(b"\n") == path.read_bytes().count(b"\n")
                )
            restore(path, stat, content)  # other seconds would be a reason for all that follows
    remove(project, TABLE, OWN, f"{DOWNSTREAM}/Own", f"{SCORES}/Own")  # their jobs find what killed ones have left
    assert project.planned() == {"pretrain": 1, "downstream": 1, "score": 1, "table": 1}
    project.snakemake("--", TABLE)
    assert project.read(TABLE) == before
    assert project.planned() == {}


def handed_on(project):
    """What a running job was told of its run; None while there is none."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            inside = (
                os.readlink(place / "cwd") == str(project.folder) and b"conclugen." in (place / "cmdline").read_bytes()
            )
            told = dict(item.partition("=")[::2] for item in (place / "environ").read_text().split("\0"))
        except OSError:
            continue
        if inside and fence.VARIABLE in told:
            return told[fence.VARIABLE]
    return None


def test_a_job_that_outlived_its_run_replaces_nothing(project):
    """Another run has begun, as by Snakemake, since the job was started: the command is the one that a rule runs."""
    outputs, command = recorded(project)["downstream"]
    before = {place: project.read(place) for place in outputs}
    (project.folder / "results/.run").write_text("another")
    environment = project.environment() | {"CONCLUGEN_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    environment |= {fence.VARIABLE: f"mine {project.folder}/results/.run"}
    environment["PATH"] = f"{project.binaries()}:{environment['PATH']}"
    done = subprocess.run(["bash", "-c", command], cwd=project.folder, env=environment)
    assert done.returncode
    logs = (project.folder / "results/logs/downstream").rglob("*.log")
    assert "another run has begun" in max(logs, key=lambda log: log.stat().st_mtime_ns).read_text()
    assert all(not (project.folder / place).exists() or project.read(place) == old for place, old in before.items())


def test_a_killed_run_keeps_others_out_until_unlocked_and_then_goes_on(project):
    before = project.read(TABLE)
    rows = [f"raw-features-{name}" for name in ("audio", "text", "video")]
    remove(project, TABLE, *(f"{place}/{row}" for place in (DOWNSTREAM, SCORES) for row in rows))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = project.start("--", TABLE, start_new_session=True, **quiet)
    deadline = time.monotonic() + 300
    while (name := handed_on(project)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGSTOP)  # so that no job ends before what is looked at
    assert list((project.folder / ".snakemake/incomplete").iterdir())
    assert "Directory cannot be locked" in fails(project, "--", TABLE)  # two runs at once
    assert name == f"{project.read('results/.run').decode()} {project.folder}/results/.run"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert "--unlock" in fails(project, "--", TABLE)
    project.snakemake("--unlock", "--", TABLE)
    project.snakemake("--", TABLE)
    assert project.read(TABLE) == before


def flip(path):
    """Flip a bit in the middle and keep the time, so that nothing but the bytes tells."""
    stat, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_damaged_shards_models_and_predictions_are_named_and_never_used(project):
    before = project.read(TABLE)
    remove(
        project, TABLE, *(f"{place}/{name}" for place in (DOWNSTREAM, SCORES) for name in ("raw-features-text", "Own"))
    )
    places = ("results/features/mosei/text/0000.h5", OWN)
    places += (f"{DOWNSTREAM}/ConCluGen/linear/seed1.parquet",)
    whole = {place: ((project.folder / place).stat(), project.read(place)) for place in places}
    for place in places[:2]:
        flip(project.folder / place)
    said = fails(project, "--keep-going", "--", TABLE)
    assert "text/0000.h5: contents do not match their checksum; delete it and rerun" in said
    for place, (stat, content) in whole.items():
        restore(project.folder / place, stat, content)
    flip(project.folder / OWN)
    assert "model.safetensors: not the weights that settings.json describes" in fails(
        project, "--", f"{DOWNSTREAM}/Own/linear/seed0.parquet"
    )
    restore(project.folder / OWN, *whole[OWN])
    project.snakemake(
        "--", f"{DOWNSTREAM}/raw-features-text/raw/seed0.parquet", f"{DOWNSTREAM}/Own/linear/seed0.parquet"
    )
    (project.folder / places[2]).write_bytes(whole[places[2]][1][:-100])
    remove(project, f"{SCORES}/ConCluGen/linear")
    assert "linear/seed1.parquet: " in fails(project, "--", TABLE)
    assert not (project.folder / TABLE).exists()
    remove(project, places[2])
    project.snakemake("--", TABLE)
    assert project.read(TABLE) == before


def test_a_half_written_manifest_is_named_and_made_again(project):
    path = project.folder / "results/manifests/mosei.parquet"
    before = path.read_bytes()
    path.write_bytes(before[: len(before) // 2])
    said = fails(project, "--", "results/plans/mosei.csv")
    assert "results/manifests/mosei.parquet: cannot be read" in said
    assert "delete it and rerun" in said
    path.unlink()
    project.snakemake("--", "results/plans/mosei.csv")
    assert path.read_bytes() == before


@pytest.fixture
def mount(tmp_path):
    """Mount something on a folder; skips where mounting is not allowed."""
    mounted = []

    def on(folder, *options):
        done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
        mounted.append(folder)

    yield on
    for folder in reversed(mounted):
        subprocess.run(["umount", str(folder)], check=False)


@pytest.mark.skipif(not shutil.which("mount"), reason="no mount")
def test_full_and_read_only_disks_stop_the_run_and_leave_no_half_table(project, mount):
    before, folder = project.read(TABLE), project.folder / "results/tables"
    remove(project, TABLE)
    mount(folder, "-t", "tmpfs", "-o", "size=4k", "tmpfs")
    (folder / "filler").write_bytes(bytes(4096))
    said = fails(project, "--", TABLE)
    assert "No space left on device" in said
    assert [path.name for path in folder.iterdir()] == ["filler"]
    subprocess.run(["mount", "-o", "remount,size=1m,ro", str(folder)], check=True)
    assert "Read-only file system" in fails(project, "--", TABLE)
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    project.snakemake("--", TABLE)
    assert project.read(TABLE) == before


def test_a_clock_that_was_set_back_hides_no_outdated_result(project):
    future = time.time() + 1e6
    for path in (project.folder / "results").rglob("*"):
        os.utime(path, (future, future), follow_symlinks=False)
    assert project.planned() == {}
    sizes = TINY["pretrain"]["sizes"] | {"hidden": 12}
    config = TINY | {"pretrain": TINY["pretrain"] | {"sizes": sizes}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    project.snakemake("--", OWN)  # and stopped here, with everything after it from the future
    assert project.planned() == {"pretrain": 1, "control_network": 1, "downstream": 4, "score": 4, "table": 1}
