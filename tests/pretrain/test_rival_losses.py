"""Rivals are recipes like the others: each pretrains, learns what modalities share, and changes nobody's settings."""

from __future__ import annotations

import json

import pytest
import torch
from pretrain_data import arguments, make_corpus, make_settings

from conclugen import choices, slices
from conclugen.config import check
from conclugen.config.errors import ConfigError
from conclugen.downstream.protocols import FUSIONS
from conclugen.evaluation.benchmark import PUBLISHED
from conclugen.models import io
from conclugen.pretrain.methods import LOSSES, METHODS, clashes
from conclugen.pretrain.rivals import NOT_RERUN, RIVALS
from conclugen.pretrain.run import main
from conclugen.pretrain.settings import Settings
from conclugen.store.settings import parse
from test_configs import ROOT, config_of


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), rows=600, valid=200, noise=0.5)


@pytest.mark.parametrize("name", RIVALS)
def test_each_learns_what_modalities_share(made, tmp_path, name):
    (loss,) = RIVALS[name].losses
    main(arguments(made, make_settings(losses=(loss,), epochs=12), tmp_path))
    found = json.loads((tmp_path / "model/pretext.json").read_text())
    assert found["pretext"] == "learned"
    assert found["numbers"][f"{loss}_share"] > 0.1
    if "projection" in LOSSES[loss].heads:
        assert found["numbers"]["retrieval"] > 2 * found["numbers"]["retrieval_chance"]
    network = io.load(tmp_path / "model")
    assert network.represent({"text": torch.randn(5, 12)})["text"].shape == (5, 32)


def test_where_modalities_share_nothing_none_is_told_to_have_learned_it(tmp_path):
    made = make_corpus(tmp_path, rows=300, valid=120, noise=200.0)
    for loss in ("clip", "barlow", "masked"):
        main(arguments(made, make_settings(losses=(loss,), epochs=3), tmp_path / loss))
        found = json.loads((tmp_path / loss / "model/pretext.json").read_text())
        assert found["pretext"] in ("weak", "collapsed")


def test_names_are_nobody_elses():
    assert not set(RIVALS) & set(METHODS)
    assert {loss for recipe in RIVALS.values() for loss in recipe.losses} <= set(LOSSES)
    assert set(NOT_RERUN) <= {row[0] for row in PUBLISHED}


def test_the_page_tells_of_all_of_them_and_why_others_do_not_run():
    page = (ROOT / "docs/rivals.md").read_text()
    for name, recipe in RIVALS.items():
        assert f"| `{name}` | `{recipe.losses[0]}` |" in page
    for name in FUSIONS:
        assert f"| `{name}` |" in page
    for name, why in NOT_RERUN.items():
        assert f"| {name} | {why} |" in page


def test_by_default_none_is_pretrained():
    config = config_of("control")
    assert not set(RIVALS) & {method for method, _ in choices.table_rows(config)}


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_is_a_method_of_the_control_as_any_other(name):
    values = config_of("control").model_dump()
    values["pretrain"]["methods"] = ["ConCluGen", name]
    config = check(values)
    assert (name, "linear") in choices.table_rows(config)
    wildcards = {"corpus": "shared", "preset": config.pretrain.preset}
    own, reference = (
        parse(Settings, json.dumps(slices.stage_settings(config, "pretrain", wildcards | {"method": method})))
        for method in (name, "ConCluGen")
    )
    alike = ("epochs", "batch_size", "schedule", "candidates", "learning_rate", "weight_decay", "modalities")
    assert [getattr(own, key) for key in alike] == [getattr(reference, key) for key in alike]


def test_losses_that_bend_a_head_go_alone():
    assert clashes(("mms", "reconstruction")) == {}
    assert clashes(("mms", "clip")) == {"projection": ["mms", "clip"]}
    assert clashes(("masked", "reconstruction")) == {"decoder": ["masked", "reconstruction"]}
    own = {"datasets": {"mine": {"adapter": "folder", "root": "/data"}}, "downstream": {"datasets": ["mine"]}}
    own["pretrain"] = {"dataset": "mine", "methods": ["Own"], "recipes": {"Own": {"losses": ["clip", "mms"]}}}
    with pytest.raises(ConfigError, match=r"recipes.Own.losses: clip and mms cannot go together"):
        check(own | {"tables": {"reference": "Own"}})
