"""On a GPU: the protocols find the planted truth, and what has no random part scores as on the CPU."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from test_protocols import run

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


@pytest.mark.parametrize("protocol", ["linear", "linear_input", "raw", "knn"])
def test_scores_are_those_of_the_cpu(protocol, single_world, tmp_path, monkeypatch):
    scores = {}
    for where in ("cpu", "cuda"):
        monkeypatch.setenv("CONCLUGEN_DEVICE", where)
        found = pd.read_parquet(run(single_world, protocol, tmp_path / where) / "seed0.parquet")
        scores[where] = found.filter(like="score_").to_numpy()
    np.testing.assert_allclose(scores["cuda"], scores["cpu"], atol=0.02)


@pytest.mark.parametrize("protocol", ["finetune", "supervised"])
def test_networks_find_the_planted_truth(protocol, single_world, tmp_path, monkeypatch):
    monkeypatch.setenv("CONCLUGEN_DEVICE", "cuda")
    run(single_world, protocol, tmp_path)
    assert single_world.balanced_accuracy(tmp_path / "seed0.parquet") > 1 / 3 + 0.2
