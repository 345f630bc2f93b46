"""The search of linear heads: what validation chooses among, and what is kept of it."""

from __future__ import annotations

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from conclugen.downstream import data, linear_input, sweep
from conclugen.downstream.draws import draws_of
from conclugen.downstream.inputs import concatenate
from conclugen.downstream.settings import Budget
from conclugen.store.shards import by_stream

MODALITIES = {"video": ("strong",), "audio": ("weak", "noise")}
BUDGET = Budget((0.01,), (0.01, 1.0), 0.5, 40, 64, 15)
USELESS = 500  # columns


@pytest.fixture(scope="module")
def given(multi_world):
    return data.read(multi_world.manifest, by_stream(multi_world.features), MODALITIES, list(MODALITIES), "expression")


def run(given, weights, folder):
    """Heads on a representation that tells nothing beside features that tell the classes, with these weights of it."""
    generator = torch.Generator().manual_seed(1)
    inputs = given.inputs.features
    useless = {m: torch.randn(len(value), USELESS, generator=generator) for m, value in inputs.items()}
    values = {m: torch.cat([useless[m], value.float()], 1) for m, value in inputs.items()}
    whole = concatenate(values, given.inputs.present, given.labelled("train"), True, torch.device("cpu"))
    choices = [(weight, whole.weighted(dict.fromkeys(values, USELESS), weight)) for weight in weights]
    rows = sweep.run(given, choices, draws_of(given, [0, 1], 1.0), BUDGET, folder, {"protocol": "linear_input"})
    return pd.DataFrame(rows), whole, values


def test_a_representation_that_tells_nothing_is_left_out_and_costs_nothing(given, multi_world, tmp_path):
    table, _, _ = run(given, (1.0, 0.1, 0.0), tmp_path / "free")
    assert table.groupby("seed")["chosen"].sum().tolist() == [1, 1]
    assert set(table[table["chosen"]]["representation_weight"]) <= {0.0, 0.1}
    run(given, (1.0,), tmp_path / "bound")
    run(given, (0.0,), tmp_path / "without")
    score = {
        name: multi_world.balanced_accuracy(tmp_path / name / "seed0.parquet") for name in ("free", "bound", "without")
    }
    assert score["free"] > score["without"] - 0.02
    assert score["free"] > score["bound"] + 0.02


def test_the_head_that_is_kept_makes_the_predictions_that_are_written(given, tmp_path):
    _, _, values = run(given, (0.0,), tmp_path)
    state = load_file(tmp_path / "seed0.head.safetensors")
    joined = torch.cat(list(values.values()), 1)
    inputs = (joined - state["mean"]) / state["scale"]
    assert not state["scale"].isfinite().all()  # infinite for columns that were taken out
    scores = (inputs @ state["weight"] + state["bias"]).sigmoid()
    found = pd.read_parquet(tmp_path / "seed0.parquet").set_index("utterance_id")
    whole = torch.stack(list(given.inputs.present.values())).all(0).numpy()
    kept = [i for i in range(len(given.ids)) if whole[i] and given.ids[i] in found.index]
    expected = torch.from_numpy(found.loc[given.ids[kept], [f"score_{name}" for name in given.classes]].to_numpy())
    torch.testing.assert_close(scores[kept], expected, atol=1e-5, rtol=0)


def test_the_input_stands_beside_the_representation_at_several_weights(multi_world, tmp_path):
    settings = multi_world.settings(epochs=2)
    linear_input.main(multi_world.arguments(tmp_path, settings, models=True))
    table = pd.read_csv(tmp_path / "selection.csv")
    assert sorted(set(table["representation_weight"])) == [0.0, 0.1, 1.0]
    assert table.groupby("seed")["chosen"].sum().tolist() == [1, 1]
