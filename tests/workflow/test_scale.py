"""How many jobs a run has: few enough to be planned in seconds, whatever the size of the data."""

import re

import pytest
import yaml
from tiny_project import ROOT, Project

from conclugen.config.every_dataset import Plan
from conclugen.data.common import table
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.data.plan import MAX_SHARDS, Settings, plan, shard_count

SIZES = {"voxceleb2": 1_092_009, "mosei": 23_259, "meld": 13_708, "caer": 13_201}
LARGEST_ARGUMENT = 131_072  # bytes that Linux lets a shell's command have
PLAN = Settings(**Plan().model_dump())


def test_shards_grow_with_the_set_and_their_number_is_bounded():
    counts = {name: shard_count(size, PLAN) for name, size in SIZES.items()}
    assert counts == {"voxceleb2": 256, "mosei": 64, "meld": 32, "caer": 32}
    assert shard_count(250, PLAN) == 1  # the demo
    assert shard_count(10**9, PLAN) == MAX_SHARDS


def test_every_rule_asks_for_more_memory_at_each_attempt():
    asked = [
        line.strip()
        for file in (ROOT / "rules").glob("*.smk")
        for line in file.read_text().splitlines()
        if line.strip().startswith("mem_mb=")
    ]
    assert len(asked) > 15
    assert all(line.startswith("mem_mb=memory(") for line in asked), asked


@pytest.fixture(scope="module")
def planned_jobs(tmp_path_factory):
    """Jobs by rule, and the lines, of a dry run of all tables of four data sets with 8, 4, 2 and 2 shards."""
    project = Project.create(tmp_path_factory.mktemp("scale"))
    held = {"has": ["video", "audio", "text"]}
    datasets = {name: {"adapter": "folder", "root": name} | held for name in SIZES}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump({"datasets": datasets}))
    for name, shards in zip(SIZES, (8, 4, 2, 2), strict=True):
        (project.folder / name).mkdir()
        ids = [f"{name}{n:03d}" for n in range(100)]
        manifest = project.folder / f"results/manifests/{name}.parquet"
        splits, labels = ["train", "train", "valid", "test"] * 25, ["calm"] * 50 + ["tense"] * 50
        rows = table({"utterance_id": ids, "media": [f"{i}.mp4" for i in ids], "split": splits}, {"label": labels})
        write_manifest(manifest, Manifest(rows, name, "folder", "single", ("calm", "tense")))
        written = plan(
            manifest, project.folder / name, Settings(shards, 1), project.folder / f"results/plans/{name}.csv"
        )
        assert len(written) == shards
    targets = [f"results/tables/{name}.csv" for name in ("mosei", "meld", "caer")]
    done = project.snakemake("--dry-run", "--", *targets, "results/qc/leaks.csv")
    return project.counts(done.stdout + done.stderr), done.stdout.splitlines()


def test_the_four_data_sets_make_fewer_jobs_than_three_thousand(planned_jobs):
    jobs, _ = planned_jobs
    of_shards = {name: count for name, count in jobs.items() if count == 16}
    assert {"faces", "frames2d", "frames3d", "audio", "text"} <= of_shards.keys()
    others = sum(jobs.values()) - sum(of_shards.values())
    shards = sum(shard_count(size, PLAN) for size in SIZES.values())
    assert len(of_shards) * shards + others <= 3000


def test_no_command_outgrows_the_shell(planned_jobs):
    _, lines = planned_jobs
    commands = [line for line in lines if "python -m conclugen." in line]
    assert commands
    for command in commands:
        shards = [word for word in command.split() if "voxceleb2/" in word and word.endswith((".h5", ".ledger.csv"))]
        longer = sum(len(word) + 1 for word in shards) * (256 // 8)
        assert len(command) + longer < LARGEST_ARGUMENT, command[:300]


def test_every_job_has_a_log_of_its_own(planned_jobs):
    jobs, lines = planned_jobs
    commands = [line for line in lines if "python -m conclugen." in line]
    logs = {re.search(r" > (results/logs/\S+\.log) 2>&1$", command).group(1) for command in commands}
    assert len(logs) == len(commands) == sum(jobs.values())
