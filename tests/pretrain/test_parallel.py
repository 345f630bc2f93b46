"""Two processes give what one gives."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import torch
from pretrain_data import make_corpus, make_settings
from safetensors.torch import load_file

from conclugen.pretrain import parallel
from conclugen.pretrain.run import main
from conclugen.store.settings import dump


def test_alone_nothing_changes():
    rows = torch.arange(6)
    assert parallel.part(rows) is rows
    assert parallel.world() == 1
    assert parallel.is_first()


def test_parts_come_together_in_the_order_of_the_batch(monkeypatch):
    """Three processes played one after the other: each sees the whole, with gradients through its own part alone."""
    monkeypatch.setattr(parallel, "world", lambda: 3)
    batch, views = torch.arange(12), torch.stack([torch.arange(12), torch.arange(12) + 100])
    for rank in range(3):
        monkeypatch.setattr(parallel.dist, "get_rank", lambda rank=rank: rank)
        assert parallel.part(batch).tolist() == list(range(4 * rank, 4 * rank + 4))
        assert parallel.part(views)[1].tolist() == list(range(100 + 4 * rank, 104 + 4 * rank))
    for halves, whole in ((1, batch.float()), (2, views.reshape(-1).float())):
        owned = [part.reshape(-1) for part in whole.reshape(halves, 12).chunk(3, dim=1)]

        def all_gather(parts, own, owned=owned):
            for slot, part in zip(parts, owned, strict=True):
                slot.copy_(part)

        monkeypatch.setattr(parallel.dist, "all_gather", all_gather)
        own = owned[2].clone().requires_grad_()  # the last rank is still played
        found = parallel._whole(own, halves)
        assert found.tolist() == whole.tolist()
        found.sum().backward()
        assert (own.grad == 1).all()


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(tmp_path):
    made = make_corpus(tmp_path, rows=90, absent=0.2)
    settings = make_settings("ConCluGen", "improved", epochs=3)
    words = ["--splits", str(made.splits), "--features", *made.features, "--settings", dump(settings), "--seed", "1"]
    words += ["--threads", "1", "--code", "x"]
    main([*words, "--state", str(tmp_path / "s1"), "--output-dir", str(tmp_path / "one")])
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "conclugen.pretrain.run", *words]
    command += ["--state", str(tmp_path / "s2"), "--output-dir", str(tmp_path / "two")]
    environment = {**os.environ, "CONCLUGEN_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=200)
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    # A bias in front of batch normalisation does nothing: its gradient is rounding noise, which AdamW scales up. The
    # variances show that batch normalisation saw the rows of both.
    idle = [name for name in one if re.fullmatch(r"projection\.\w+\.(0\.bias|1\.running_mean)", name)]
    assert len(idle) == 6
    for name in one.keys() - set(idle):
        torch.testing.assert_close(
            two[name], one[name], atol=5e-4, rtol=2e-3, msg=lambda text, name=name: f"{name}: {text}"
        )
    assert (tmp_path / "two" / "settings.json").is_file()
    assert len((tmp_path / "two" / "history.csv").read_text().splitlines()) == 4
