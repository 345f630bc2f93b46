"""A retry plans the shards that lost something, and once run, nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tiny_project import Project

from conclugen.faces.shard import FaceShard, FaceShardWriter, FaceTrack
from conclugen.store.ledger import Status, read_ledger, write_ledger

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAMES = [f"clip{i}" for i in range(6)]
CONFIG = {
    "datasets": {"own": {"adapter": "folder", "root": "media", "detector": "none", "plan": {"shards": 2}}},
    "faces": {"min_frames": 1},
    "pretrain": {"dataset": "own"},
    "downstream": {"datasets": []},
}


def lose(shard, name):
    """Make a shard one in which an utterance timed out, at the same time of modification."""
    ledger = shard.with_suffix(".ledger.csv")
    times = {path: path.stat() for path in (shard, ledger)}
    with FaceShard(shard) as faces:
        about = {k: v for k, v in faces.attributes.items() if k not in ("crop_size", "crop_sha256", "sha256")}
        with FaceShardWriter(shard, faces.crop_size, about) as writer:
            for i, other in enumerate(faces.ids):
                lost = other == name
                writer.add(other, not lost and bool(faces.present[i]), FaceTrack.empty() if lost else faces.track(i))
    rows = read_ledger(ledger)
    for i, row in enumerate(rows):
        if row.utterance_id == name:
            rows[i] = type(row)(name, row.stage, Status.TIMEOUT, "not decoded within 120 s", 120.0)
    write_ledger(ledger, rows)
    for path, stat in times.items():
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_a_retry_reruns_the_affected_shards_alone(tmp_path):
    from make_media import moving_bars, write_media

    project = Project.create(tmp_path)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(CONFIG))
    (tmp_path / "media").mkdir()
    for i, name in enumerate(NAMES):
        write_media(tmp_path / "media" / f"{name}.mp4", moving_bars(8 + 2 * i))
    shards = [tmp_path / f"results/faces/own/{i:04d}.h5" for i in range(2)]
    targets = [str(path.relative_to(tmp_path)) for path in shards]
    project.snakemake("--", *targets)
    with FaceShard(shards[0]) as faces:
        names = faces.ids.tolist()
    assert 0 < len(names) < len(NAMES)
    whole = [shards[0].with_suffix(".ledger.csv").read_text().splitlines(), shards[1].read_bytes()]
    lose(shards[0], names[0])
    damaged = shards[0].with_suffix(".ledger.csv").read_text().splitlines()

    def ask():
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "src")}
        command = [sys.executable, "-m", "conclugen.data.retry", "--dataset", "own"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    assert ask() == "own, faces/0000: 1 to be tried again\n"
    assert project.planned(target=" ".join(targets)) == {"faces": 1}
    project.snakemake("--", *targets)
    after = shards[0].with_suffix(".ledger.csv").read_text().splitlines()
    assert after[2:] == damaged[2:] == whole[0][2:]
    assert after[1].startswith(f"{names[0]},faces,ok,")
    assert after[1].endswith(",2")
    assert shards[1].read_bytes() == whole[1]
    with FaceShard(shards[0]) as faces:
        assert faces.present.all()
        faces.verify()
    assert project.planned(target=" ".join(targets)) == {}
    assert ask() == "own: nothing to try again (crashed, timeout)\n"
