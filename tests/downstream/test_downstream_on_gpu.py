"""On a GPU: the protocols find the planted truth, and what has no random part scores as on the CPU."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from test_protocols import run

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


@pytest.mark.parametrize("protocol", ["linear", "linear_input", "raw", "knn"])
def test_scores_are_nearly_those_of_the_cpu(protocol, single_world, tmp_path, monkeypatch):
    """A GPU draws dropout from another stream, and rounds the distances of neighbours otherwise."""
    scores, accuracy = {}, {}
    for where in ("cpu", "cuda"):
        monkeypatch.setenv("CONCLUGEN_DEVICE", where)
        path = run(single_world, protocol, tmp_path / where) / "seed0.parquet"
        scores[where] = pd.read_parquet(path).filter(like="score_").to_numpy().ravel()
        accuracy[where] = single_world.balanced_accuracy(path)
    assert np.corrcoef(scores["cuda"], scores["cpu"])[0, 1] > 0.95
    assert accuracy["cuda"] == pytest.approx(accuracy["cpu"], abs=0.08)


@pytest.mark.parametrize("protocol", ["finetune", "supervised"])
def test_networks_find_the_planted_truth(protocol, single_world, tmp_path, monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "cuda")
    run(single_world, protocol, tmp_path)
    assert single_world.balanced_accuracy(tmp_path / "seed0.parquet") > 1 / 3 + 0.2
