"""The second task: which labels it takes, of which split, and that a network learns both."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from test_protocols import HEADS, check_sentiment

from conclugen.data.manifest import as_written, write_manifest
from conclugen.downstream import supervised
from conclugen.downstream.second import second_of

# Stretches of up to a hundred clips that have nothing to do with each other.
ORDERED = {"fusion": "cia", "needs_order": True, "order": r"(clip\d\d)(\d\d)", "learning_rates": [2e-2], "seeds": [0]}


def ids_of(world):
    return as_written(world.manifest).table["utterance_id"].to_numpy(dtype=str)


def test_it_is_sentiment_beside_expression_and_expression_beside_sentiment(multi_world):
    ids = ids_of(multi_world)
    train = (as_written(multi_world.manifest).table["split"] == "train").to_numpy().copy()
    values = second_of(multi_world.manifest, ids, "expression", None)
    assert (values.name, values.task, values.targets.shape) == ("sentiment", "regression", (len(ids), 1))
    expected = multi_world.sentiment[ids].to_numpy()
    np.testing.assert_allclose(values.targets[torch.from_numpy(train), 0], expected[train], atol=1e-6)
    assert values.targets[~train].isnan().all()
    classes = second_of(multi_world.manifest, ids[::2], "sentiment", None)
    assert (classes.name, classes.task) == ("expression", "multi")
    assert classes.targets[train[::2]].numpy().tolist() == multi_world.truth.loc[ids[::2][train[::2]]].values.tolist()
    assert classes.targets[~train[::2]].isnan().all()


def test_its_cost_is_the_loss_of_the_rows_asked(single_world):
    second = second_of(single_world.manifest, ids_of(single_world), "sentiment", None)
    rows = (~second.targets.isnan()).any(1).nonzero()[:2, 0]
    logits = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.cross_entropy(logits, second.targets[rows].argmax(1))
    assert float(second.cost(logits, rows)) == pytest.approx(float(expected))


def test_labels_of_one_kind_alone_have_none(single_world, tmp_path):
    manifest = as_written(single_world.manifest)
    without = dataclasses.replace(manifest, table=manifest.table.drop(columns="sentiment"))
    write_manifest(tmp_path / "m.parquet", without)
    assert second_of(tmp_path / "m.parquet", ids_of(single_world), "expression", None) is None


@pytest.mark.parametrize("target", ["expression", "sentiment"])
def test_both_tasks_are_learned(target, multi_world, tmp_path):
    settings = multi_world.settings(**HEADS, standardise_inputs=True, target=target, epochs=25, patience=25, **ORDERED)
    supervised.main(multi_world.arguments(tmp_path, settings, models=False))
    if target == "sentiment":
        check_sentiment(tmp_path, multi_world)
    else:
        assert multi_world.balanced_accuracy(tmp_path / "seed0.parquet") > 0.7
