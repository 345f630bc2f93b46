"""Streams that a configuration adds to a project that has run: only they and what reads them is made."""

import re

import pandas as pd
import pytest
import yaml
from tiny_project import TINY

from conclugen.store.shards import read_shard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_keypoints_are_pretrained_with_and_evaluated_on(project):
    streams = {"video": ["frames2d", "frames3d"], "audio": ["audio"], "text": ["text"], "keypoints": ["keypoints"]}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(TINY | {"modalities": streams}))
    folder = "results/downstream/mosei/mosei/improved"
    targets = [f"{folder}/{row}/seed0.parquet" for row in ("ConCluGen/linear", "raw-features-keypoints/raw")]
    done = project.snakemake("--", *targets)
    ran = re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", done.stdout + done.stderr)
    assert sorted(set(ran)) == ["downstream", "keypoints", "pretrain"]
    shard = read_shard(project.folder / "results/features/mosei/keypoints/0000.h5")
    faces = read_shard(project.folder / "results/features/mosei/frames2d/0000.h5")
    assert shard.present.tolist() == faces.present.tolist()  # where a face was found
    about = (project.folder / "results/pretrain/mosei/improved/ConCluGen/seed0/settings.json").read_text()
    assert '"keypoints"' in about
    for target in targets:
        assert len(pd.read_parquet(project.folder / target)) > 5
