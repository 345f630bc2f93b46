"""A state is what was saved, or it is refused by name."""

import random

import pytest
import torch

from conclugen.pretrain.state import State, StateError

VALUES = {"network": {"a": torch.arange(200.0)}, "history": [{"epoch": 0, "loss": 0.25}], "clusters": None}


def test_a_state_comes_back_and_goes(tmp_path):
    state = State(tmp_path, "settings", "code")
    assert state.load() is None
    state.save(VALUES)
    found = State(tmp_path, "settings", "code").load()
    assert torch.equal(found["network"]["a"], VALUES["network"]["a"])
    assert (found["history"], found["clusters"]) == (VALUES["history"], None)
    assert State(tmp_path, "settings", "other code").load() is None
    state.remove()
    assert list(tmp_path.iterdir()) == []


def test_no_damage_goes_unnoticed(tmp_path):
    state, draw = State(tmp_path, "x"), random.Random(0)
    state.save(VALUES)
    whole = state.path.read_bytes()
    for attempt in range(200):
        data = bytearray(whole)
        if attempt % 4:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        else:
            del data[draw.randrange(len(data)) :]
        state.path.write_bytes(data)
        with pytest.raises(StateError, match=r"state\.pt: contents do not match their checksum; delete it"):
            state.load()
