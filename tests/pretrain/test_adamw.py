import subprocess
import sys

import pytest
import torch

from conclugen.pretrain.adamw import AdamW


def networks():
    torch.manual_seed(0)
    one = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    two = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    two.load_state_dict(one.state_dict())
    return one, two


def test_every_step_is_that_of_pytorch():
    mine, theirs = networks()
    idle = torch.nn.Parameter(torch.ones(2))  # never gets a gradient, so it must not decay
    ours = AdamW([*mine.parameters(), idle], 0.01, 0.3)
    reference = torch.optim.AdamW(theirs.parameters(), 0.01, weight_decay=0.3, fused=True)
    for step in range(12):
        x = torch.randn(5, 4)
        rate = 0.01 / (1 + step)
        ours.learning_rate = reference.param_groups[0]["lr"] = rate
        for network, optimiser in ((mine, ours), (theirs, reference)):
            optimiser.zero_grad()
            network(x).square().sum().backward()
            optimiser.step()
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a, b)
    assert idle.tolist() == [1, 1]


def test_a_saved_state_goes_on_as_if_nothing_had_been():
    mine, other = networks()
    first, second = (AdamW(n.parameters(), 0.01, 0.1) for n in (mine, other))
    x = torch.randn(5, 4)
    for _ in range(3):
        first.zero_grad()
        mine(x).square().sum().backward()
        first.step()
    other.load_state_dict(mine.state_dict())
    second.load_state_dict({name: [v.clone() for v in values] for name, values in first.state_dict().items()})
    for network, optimiser in ((mine, first), (other, second)):
        optimiser.zero_grad()
        network(x).square().sum().backward()
        optimiser.step()
    assert all(torch.equal(a, b) for a, b in zip(mine.parameters(), other.parameters(), strict=True))


def test_a_state_of_another_network_is_refused():
    mine, _ = networks()
    optimiser = AdamW(mine.parameters(), 0.01, 0.1)
    with pytest.raises(ValueError, match="other parameters"):
        optimiser.load_state_dict(AdamW([torch.nn.Parameter(torch.ones(3))], 0.1, 0.1).state_dict())


def test_the_compiler_is_not_imported():
    program = """
import sys, torch
from conclugen.pretrain.adamw import AdamW
weight = torch.nn.Parameter(torch.ones(2))
optimiser = AdamW([weight], 0.1, 0.0)
weight.sum().backward()
optimiser.step()
assert weight.tolist() != [1, 1]
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
