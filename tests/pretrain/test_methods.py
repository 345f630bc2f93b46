"""The tables of methods and presets: whole, plain, light, and readable by the stage."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import subprocess
import sys

import pytest
from pretrain_data import SIZES, make_settings

from conclugen.models.network import HEADS as NETWORK_HEADS
from conclugen.pretrain import settings as settings_module
from conclugen.pretrain.methods import (
    HEADS,
    LOSSES,
    METHODS,
    MODALITIES,
    chosen_modules,
    clusters,
    told,
    unused_modules,
)
from conclugen.pretrain.presets import PRESETS
from conclugen.pretrain.settings import Settings
from conclugen.store.fingerprint import SOURCE, fingerprint
from conclugen.store.settings import dump, parse


def test_every_row_of_the_papers_tables_is_there():
    rows = [recipe.row for recipe in METHODS.values()]
    assert rows == [
        "ConCluGen",
        "ConClu",
        "ConGen",
        "Multi-Cont",
        "Instance-Cont",
        "Generative",
        "ConCluGen/(vision)",
        "Multi-Cont Wout/text",
        "Multi-Cont Wout/audio",
    ]


@pytest.mark.parametrize("name", METHODS)
def test_a_recipe_is_plain_and_consistent(name):
    recipe = METHODS[name]
    assert re.fullmatch(r"[\w-]+", name)
    assert json.loads(json.dumps(dataclasses.asdict(recipe)))["row"] == recipe.row
    assert set(recipe.losses) <= set(LOSSES)
    assert set(recipe.evaluate or ()) <= set(recipe.modalities) <= set(MODALITIES)
    assert recipe.others == (not recipe.views)
    assert recipe.learning_rate == (9e-5 if "clustering" in recipe.losses else 3.6e-4)
    assert recipe.weight_decay == 3.2e-4


def test_vision_is_the_same_pretraining_judged_on_less():
    vision, whole = METHODS["ConCluGen-vision"], METHODS["ConCluGen"]
    changed = {"row": vision.row, "pretrained_as": "ConCluGen", "evaluate": ("video",)}
    assert vision == dataclasses.replace(whole, **changed)


def test_every_loss_is_a_module_with_its_term_and_its_bounds():
    for name in LOSSES:
        tree = ast.parse((SOURCE / "conclugen" / "losses" / f"{name}.py").read_text())
        assert {"term", "bounds"} <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_losses_and_heads_name_keys_that_there_are():
    assert tuple(HEADS) == NETWORK_HEADS
    sizes = {field.name for field in dataclasses.fields(settings_module.Sizes)}
    for head in HEADS.values():
        assert set(head.sizes) <= sizes
        assert set(head.architecture) <= PRESETS["paper"]["architecture"].keys()
    for loss in LOSSES.values():
        assert set(loss.heads) <= set(HEADS)
        assert set(loss.switches) <= PRESETS["paper"]["objective"].keys()


def test_a_method_is_told_what_its_losses_read():
    values = {"sizes": dataclasses.asdict(SIZES), **PRESETS["paper"]}
    assert told(tuple(LOSSES), values) == {**values, "heads": list(HEADS)}
    read = told(("mms",), values)
    assert read["heads"] == ["projection"]
    assert read["clusters"] is None
    assert read["objective"].keys() == {"reduction", "margin", "normalise", "temperature"}
    assert read["sizes"].keys() == {"representation", "hidden", "projection", "projection_hidden"}
    assert values["architecture"].keys() - read["architecture"].keys() == {"decoder_relu"}
    assert read["schedule"] == values["schedule"]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_makes_settings_that_survive_json(preset):
    settings = make_settings(preset=preset)
    assert parse(Settings, dump(settings)) == settings


def test_presets_name_every_switch():
    kinds = {"architecture", "objective", "clusters", "schedule"}
    for preset in PRESETS.values():
        assert preset.keys() == kinds
        for kind in kinds:
            fields = {f.name for f in dataclasses.fields(type(getattr(make_settings(), kind)))}
            assert preset[kind].keys() == fields


@pytest.mark.parametrize(
    "changes",
    [
        {"splits": ("train", "test")},
        {"splits": ("valid",)},
        {"losses": ()},
        {"losses": ("infonce",), "views": 1},
        {"modalities": {"video": ("frames2d",)}},
    ],
)
def test_impossible_settings_are_refused(changes):
    with pytest.raises(ValueError, match=r"splits|losses|views|modalities"):
        parse(Settings, dump(make_settings(**changes)))


def test_the_tables_import_nothing_heavy():
    code = (
        "import sys, conclugen.pretrain.methods, conclugen.pretrain.presets;"
        "print([m for m in ('torch', 'numpy', 'pandas', 'faiss', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def files(losses):
    code = fingerprint("conclugen.pretrain.run", without=unused_modules(losses), plus=chosen_modules(losses))
    return {entry.split("@")[0] for entry in code}


def test_a_jobs_code_holds_only_the_losses_it_runs():
    everything = {f"conclugen/losses/{name}.py" for name in LOSSES} | {"conclugen/pretrain/kmeans.py"}
    assert everything <= files(tuple(LOSSES))
    assert clusters(("mms", "clustering"))
    assert not clusters(("mms", "infonce"))
    assert files(("mms",)) & everything == {"conclugen/losses/mms.py"}
    assert files(("mms", "clustering")) & everything == {
        "conclugen/losses/mms.py",
        "conclugen/losses/clustering.py",
        "conclugen/pretrain/kmeans.py",
    }


def test_a_jobs_code_holds_neither_the_tables_nor_the_configuration():
    for name in ("pretrain/methods.py", "pretrain/presets.py", "config/__init__.py", "config/stage_two.py"):
        assert f"conclugen/{name}" not in files(tuple(LOSSES))
