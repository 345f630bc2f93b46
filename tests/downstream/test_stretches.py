"""Batches of whole stretches: every row once, no neighbour of another video or split, no label but of its own row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from conclugen.data.cross_validation import Fold
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.downstream.order import LONGEST, Alone, Stretches, each_alone, stretches_of

LENGTHS = [1, 5, 3, 9, 1, 7, 2, 30, 4]


def made(lengths=LENGTHS, seed=0):
    """Stretches over rows that stand in any order in the data set."""
    rows = np.random.default_rng(seed).permutation(sum(lengths))
    return Stretches(np.split(rows, np.cumsum(lengths)[:-1]), [np.arange(length) % 3 for length in lengths])


@pytest.mark.parametrize("size", [1, 4, 10, 64, 1000])
def test_batches_hold_each_row_once_and_whole_stretches(size):
    shown, rows = made(), torch.arange(sum(LENGTHS))[::2]
    torch.manual_seed(0)
    batches = list(shown.batches(rows, size))
    assert torch.cat(batches).sort().values.tolist() == rows.tolist()
    assert len(batches) <= -(-len(rows) // size)  # the schedule counts on it
    for one in batches:
        others = torch.cat([other for other in batches if other is not one] or [rows[:0]])
        assert not set(shown.of[one].tolist()) & set(shown.of[others].tolist())
        assert len(one) < size + max(LENGTHS)


def test_batches_are_drawn_from_the_seed():
    shown, rows = made(), torch.arange(sum(LENGTHS))
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(torch.cat(list(shown.batches(rows, 8))).tolist())
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("shown", [made(), Alone()])
def test_blocks_hold_each_place_once(shown):
    rows = torch.arange(sum(LENGTHS)).flip(0)[3:40]
    blocks = list(shown.blocks(rows, 16))
    assert torch.cat(blocks).sort().values.tolist() == list(range(len(rows)))
    assert len(blocks) > 1


def test_what_is_shown_is_the_stretch_around_and_asked_is_what_was_asked():
    shown = made()
    rows = torch.tensor([int(shown.stretches[3][4]), int(shown.stretches[3][1]), int(shown.stretches[6][0])])
    around, (order,) = shown.around(rows)
    assert around.tolist() == [*shown.stretches[3].tolist(), *shown.stretches[6].tolist()]
    assert around[order.asked].tolist() == order.rows.tolist() == rows.tolist()
    assert order.lengths.tolist() == [9, 2]
    spread = order.spread(around + 1)
    assert spread[1].tolist() == [*(shown.stretches[6] + 1).tolist(), *[0] * 7]
    assert order.speaker[0].tolist() == [0, 1, 2] * 3
    torch.testing.assert_close(order.collect(spread), around + 1)
    assert order.backwards(spread)[1].tolist() == [*(shown.stretches[6].flip(0) + 1).tolist(), *[0] * 7]
    assert order.backwards(order.backwards(spread)).tolist() == spread.tolist()


def test_alone_is_a_stretch_of_one():
    order = each_alone(3, torch.device("cpu"))
    values = torch.randn(3, 2)
    assert order.spread(values).shape == (3, 1, 2)
    torch.testing.assert_close(order.collect(order.spread(values)), values)


def manifest(tmp_path, count, split="train", parts=1):
    ids = [f"v{i % parts}_{i}" for i in range(count)]
    frame = pd.DataFrame({"utterance_id": ids, "split": split, "media": None, "audio": None})
    frame = frame.assign(start_s=np.nan, end_s=np.nan, text="", text_source="none", speaker=None, group=ids, label="a")
    path = tmp_path / "m.parquet"
    write_manifest(path, Manifest(frame, "mine", "folder", "single", ("a",)))
    return path, np.array(ids)


def test_a_long_film_is_cut_evenly_without_losing_its_order(tmp_path):
    path, ids = manifest(tmp_path, 2 * LONGEST + 1)
    shown = stretches_of(path, ids, r"(.+)_(\d+)", None)
    assert shown.lengths.tolist() == [86, 86, 85]
    assert torch.cat(shown.stretches).tolist() == list(range(len(ids)))


def test_folds_part_a_film_in_their_turn(tmp_path):
    path, ids = manifest(tmp_path, 12, [f"fold{1 + i % 3}" for i in range(12)])
    shown = stretches_of(path, ids, r"(.+)_(\d+)", Fold(1, 3))
    assert sorted(map(len, shown.stretches)) == [4, 4, 4]
    assert all(len({row % 3 for row in rows.tolist()}) == 1 for rows in shown.stretches)


def test_a_data_set_without_order_is_refused_with_the_key_to_change(tmp_path):
    path, ids = manifest(tmp_path, 5)
    with pytest.raises(ValueError, match=r"mine: no two utterances .* set datasets\.mine\.order, or leave out"):
        stretches_of(path, ids, None, None)
