import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from conclugen.features.backbone import Backbone
from conclugen.features.common import Collector, ahead, embed, packs
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import read_shard

BACKBONE = Backbone("toy", None, lambda path: torch.nn.Identity(), "none", 2, "MIT")


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 7))
def test_packs_keep_every_item_once_within_the_budget(lengths, budget):
    items = [(row, np.stack([[row, i] for i in range(n)]) if n else np.zeros((0, 2))) for row, n in enumerate(lengths)]
    seen, found = [], list(packs(items, budget))
    for pack in found:
        assert 0 < len(pack.data) <= budget
        rows = [row for row, size in pack.parts for _ in range(size)]
        assert rows == pack.data[:, 0].tolist()
        seen += pack.data.tolist()
    assert seen == [[row, i] for row, n in enumerate(lengths) for i in range(n)]
    assert all(len(pack.data) == budget for pack in found[:-1])


def test_items_of_another_shape_start_a_new_pack():
    items = [(0, np.zeros((2, 4))), (1, np.zeros((2, 5))), (2, np.zeros((1, 5)))]
    assert [pack.data.shape for pack in packs(items, 10)] == [(2, 4), (3, 5)]


def test_collector_pools_over_packs_and_keeps_account(tmp_path):
    collector = Collector("frames2d", ["a", "b", "c"], 2)
    collector.add([(0, 2), (2, 1)], torch.tensor([[1.0, 0.0], [3.0, 0.0], [5.0, 7.0]]), 3.0)
    collector.add([(2, 1)], torch.tensor([[7.0, 9.0]]), 0.5)
    collector.lose(1, Status.NO_FACE, "no face")
    collector.write(tmp_path / "0.h5", tmp_path / "0.ledger.csv", BACKBONE, "ab" * 32, "float16")
    shard = read_shard(tmp_path / "0.h5")
    assert shard.utterance_id.tolist() == ["a", "b", "c"]
    assert shard.features.dtype == np.float16
    np.testing.assert_array_equal(shard.features, [[2, 0], [0, 0], [6, 8]])
    assert shard.present.tolist() == [True, False, True]
    assert shard.attributes["weights_sha256"] == "ab" * 32
    assert shard.attributes["licence"] == "MIT"
    assert "torch" in shard.attributes["versions"]
    rows = read_ledger(tmp_path / "0.ledger.csv")
    assert [row.status for row in rows] == [Status.OK, Status.NO_FACE, Status.OK]
    assert [row.seconds for row in rows] == [2.0, 0.0, 1.5]


def test_what_does_not_fit_the_dtype_is_lost(tmp_path):
    collector = Collector("text", ["a", "b"], 1)
    collector.add([(0, 1), (1, 1)], torch.tensor([[1e6], [1.0]]), 0.0)
    collector.write(tmp_path / "0.h5", tmp_path / "0.ledger.csv", BACKBONE, "", "float16")
    assert read_shard(tmp_path / "0.h5").present.tolist() == [False, True]
    assert read_ledger(tmp_path / "0.ledger.csv")[0].status is Status.NON_FINITE


def test_an_utterance_that_nobody_accounts_for_stops_the_write(tmp_path):
    collector = Collector("text", ["a", "b"], 1)
    collector.add([(0, 1)], torch.ones(1, 1), 0.0)
    with pytest.raises(RuntimeError, match="b has neither"):
        collector.write(tmp_path / "0.h5", tmp_path / "0.ledger.csv", BACKBONE, "", "float32")
    assert not (tmp_path / "0.h5").exists()


def test_embed_needs_no_gradients_and_gives_float32():
    vectors = embed(torch.nn.Linear(3, 2).double(), torch.ones(4, 3).double(), torch.device("cpu"))
    assert vectors.dtype is torch.float32
    assert not vectors.requires_grad


def test_items_are_worked_out_ahead_but_not_far():
    begun = []
    source = (begun.append(i) or i for i in range(20))
    found = []
    for item in ahead(source, count=2):
        found.append(item)
        assert len(begun) <= item + 4
    assert found == list(range(20))
    assert list(ahead([])) == []


def test_an_error_ahead_is_raised_in_its_place_and_leaving_early_is_allowed():
    def broken():
        yield from range(3)
        raise KeyError("of the reader")

    found = []
    with pytest.raises(KeyError, match="of the reader"):
        found.extend(iter(ahead(broken())))
    items = ahead(iter(range(100)))
    assert next(items) == 0
    items.close()


def test_images_go_a_few_at_a_time_on_a_cpu_and_nothing_else_is_cut():
    sizes = []

    def module(batch):
        sizes.append(len(batch))
        return torch.stack([one.float().mean((-1, -2)) for one in batch]).flatten(1)

    images = torch.rand(10, 3, 224, 224)
    found = embed(module, images, torch.device("cpu"))
    assert sizes == [4, 4, 2]
    torch.testing.assert_close(found, images.mean((2, 3)))
    sizes.clear()
    windows = torch.rand(3, 3, 2, 300, 300)
    assert embed(module, windows, torch.device("cpu")).shape == (3, 6)
    assert embed(module, [torch.rand(2, 4, 4)] * 5, torch.device("cpu")).shape == (5, 2)
    assert embed(module, torch.rand(2, 3, 900, 900), torch.device("cpu")).shape == (2, 3)
    assert sizes == [3, 5, 1, 1]
