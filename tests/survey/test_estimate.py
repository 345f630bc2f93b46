"""What a run is said to cost is what the measured rates give, as docs/scale.md has it for the official data sets."""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from conclugen.config import check
from conclugen.data.manifest import Manifest
from conclugen.survey import estimate

ROOT = Path(__file__).resolve().parents[2]
COSTS = list(csv.DictReader((ROOT / "benchmarks/results/costs.csv").open(encoding="utf-8")))


def said(hours, adapter="mosei", features=None, **options):
    """The sentences about a data set whose one utterance lasts so long."""
    given = {"datasets": {"mine": {"adapter": adapter, "root": "/data", **options}}, "pretrain": {"dataset": "mine"}}
    config = check(given | {"downstream": {"datasets": ["mine"]}, "features": features or {}})
    table = pd.DataFrame({"start_s": [0.0], "end_s": [3600.0 * hours], "media": ["a.mp4"], "audio": [None]})
    return [one.text for one in estimate.costs(config, "mine", Manifest(table, "mine", adapter, "multi", ("a",)))]


@pytest.mark.parametrize("name", ["CMU-MOSEI", "MELD"])
def test_hours_and_bytes_are_those_of_the_documents(name):
    [row] = [row for row in COSTS if (row["data_set"], row["networks"]) == (name, "embedded")]
    [line] = said(float(row["film_hours"]))
    found = re.match(r"about \S+ hours of film: (\S+) core-hours of stage one, (\S+) GB of crops", line)
    assert float(found[1]) == pytest.approx(float(row["core_hours"]), rel=0.06)
    assert float(found[2]) == pytest.approx(float(row["faces_gb"]), rel=0.06)


def test_crops_that_are_not_kept_need_no_room():
    assert "0 GB of crops" in said(10.0, faces={"keep": False})[0]


def test_a_backbone_that_was_never_measured_is_named():
    _, other = said(10.0, features={"audio": {"backbone": "egemaps"}})
    assert other == "not counted, since never measured: audio"


def test_lengths_of_files_stand_for_all_and_without_any_nothing_is_said(tmp_path, monkeypatch):
    table = pd.DataFrame({"media": [f"{i}.mp4" for i in range(40)], "audio": [None] * 40})
    for name in table["media"]:
        (tmp_path / name).touch()
    manifest = Manifest(table, "mine", "folder", "none", ())
    monkeypatch.setattr(estimate, "lengths", lambda files: [3.0 if i % 2 else None for i, _ in enumerate(files)])
    assert estimate.film_seconds(tmp_path, manifest) == 120.0
    monkeypatch.setattr(estimate, "lengths", lambda files: [None for _ in files])
    assert estimate.film_seconds(tmp_path, manifest) is None
