"""What each protocol's reruns depend on."""

from __future__ import annotations

import pytest

from conclugen.downstream.protocols import PROTOCOLS
from conclugen.store.fingerprint import fingerprint


def files(module):
    return {item.split("@")[0] for item in fingerprint(module)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_metrics_and_configuration_are_no_part_of_training(protocol):
    found = files(f"conclugen.downstream.{protocol}")
    assert not [
        name for name in found if "/evaluation/" in name or "/config/" in name or name.endswith("/pretrain/loop.py")
    ]
    assert ("conclugen/models/network.py" in found) == (protocol != "raw")


def test_tables_depend_on_no_training():
    found = files("conclugen.evaluation.table")
    assert "conclugen/downstream/heads.py" not in found
    plain = {f"conclugen/pretrain/{name}.py" for name in ("__init__", "unlearned", "verdict")}  # names alone
    assert not [name for name in found - plain if "/models/" in name or "/pretrain/" in name]
