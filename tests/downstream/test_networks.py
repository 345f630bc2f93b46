"""What predictions tell of their networks, from a network that collapsed to the flag in the table."""

from __future__ import annotations

import json

import pytest

from conclugen.downstream import finetune, knn, linear, raw
from conclugen.downstream.networks import origin
from conclugen.models import io
from conclugen.pretrain import verdict
from conclugen.store.tables import read_table


def make_network(world, folder, word="learned", **numbers):
    """A network of the world's shape whose pretext has this word."""
    given = io.save(io.build(io.load(world.models[0]).settings), folder, {"method": "Multi-Cont"})
    numbers = {"effective_rank": 3.0, **numbers}
    verdict.write(
        folder, verdict.Pretext(verdict.Verdict(word, "for a test"), 1, 3, "valid", numbers, numbers, numbers), given
    )
    return folder


def test_a_network_is_told_with_its_pretext_and_a_control_without(multi_world, tmp_path):
    found = origin(make_network(multi_world, tmp_path / "seed7", "weak", retrieval=float("nan")))
    assert (found["name"], found["pretext"]["pretext"]) == ("seed7", "weak")
    assert found["pretext"]["numbers"] == {"effective_rank": 3.0, "retrieval": None}
    assert origin(multi_world.models[0]) == {"name": "seed0", "pretext": None}
    assert origin(None) is None


def test_a_network_without_its_record_or_with_that_of_another_is_refused(multi_world, tmp_path):
    folder = make_network(multi_world, tmp_path / "seed0")
    record = (folder / verdict.FILE).read_text()
    (folder / verdict.FILE).unlink()
    with pytest.raises(verdict.PretextError, match="cannot be read"):
        origin(folder)
    (folder / verdict.FILE).write_text(record.replace("learned", "weak"))
    with pytest.raises(verdict.PretextError, match="do not match their checksum"):
        origin(folder)
    make_network(multi_world, folder, "collapsed")
    (folder / verdict.FILE).write_text(record)
    with pytest.raises(verdict.PretextError, match="other weights"):
        origin(folder)


@pytest.mark.parametrize("protocol", [linear, knn, finetune])
def test_predictions_keep_it_seed_by_seed(protocol, multi_world, tmp_path):
    models = [make_network(multi_world, tmp_path / f"seed{n}", word) for n, word in enumerate(("learned", "collapsed"))]
    settings = multi_world.settings(seeds=[0, 1, 2], epochs=2)
    if protocol is knn:
        kept = ("modalities", "evaluate", "target", "seeds", "standardise", "label_fraction")
        found = {name: json.loads(settings)[name] for name in kept}
        settings = json.dumps(found | {"neighbours": [3]})
    arguments = multi_world.arguments(tmp_path / "out", settings, models=False)
    protocol.main([*arguments, "--models", *(str(path / "model.safetensors") for path in models)])
    told = [read_table(tmp_path / "out" / f"seed{n}.parquet")[1]["network"] for n in range(3)]
    assert [(one["name"], one["pretext"]["pretext"]) for one in told] == [
        ("seed0", "learned"),
        ("seed1", "collapsed"),
        ("seed0", "learned"),
    ]


def test_raw_features_come_from_no_network(multi_world, tmp_path):
    raw.main(multi_world.arguments(tmp_path / "out", multi_world.settings(epochs=2), models=False))
    assert read_table(tmp_path / "out" / "seed0.parquet")[1]["network"] is None
