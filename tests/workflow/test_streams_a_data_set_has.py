"""Streams and recipes that a configuration adds: what is made of them, and that nothing else is."""

import json
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
    assert sorted(set(ran)) == ["downstream", "pretrain"]  # the own recipe has had them made
    shard = read_shard(project.folder / "results/features/mosei/keypoints/0000.h5")
    faces = read_shard(project.folder / "results/features/mosei/frames2d/0000.h5")
    assert shard.present.tolist() == faces.present.tolist()  # where a face was found
    about = (project.folder / "results/pretrain/mosei/improved/ConCluGen/seed0/settings.json").read_text()
    assert '"keypoints"' in about
    for target in targets:
        assert len(pd.read_parquet(project.folder / target)) > 5


def test_a_recipe_of_ones_own_is_trained_and_stands_in_the_table(ran):
    own = ran.folder / "results/pretrain/mosei/improved/Own/seed0"
    about = json.loads((own / "settings.json").read_text())["about"]
    assert about["modalities"] == {"face": ["frames2d", "keypoints"], "words": ["text"]}
    assert (about["settings"]["losses"], about["settings"]["learning_rate"]) == (["reconstruction"], 0.01)
    history = pd.read_csv(own / "history.csv")
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    assert history["learning_rate"].max() == 0.01
    table = pd.read_csv(ran.folder / "results/tables/mosei.full.csv").set_index(["method", "protocol"])
    row = table.loc[("Own", "linear")]
    assert row["streams"] == "frames2d+keypoints+text"
    assert (row["contaminated"], row["seeds"]) == ("no", 2)
    assert 0 < row["balanced_accuracy_mean"] < 1
    few = row["groups"] < 10  # the demo is small
    assert pd.isna(row["p_vs_ConCluGen"]) == few
    assert (row["beats_chance"] == "unknown") == few
    assert row["caution"].endswith("2 seeds: fewer than 5")
