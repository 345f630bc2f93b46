"""The tables of methods and presets: whole, plain, light, and readable by the stage."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys

import pytest
from pretrain_data import make_settings

from conclugen.pretrain.methods import LOSSES, METHODS, MODALITIES, unused_modules
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


def test_every_loss_is_a_module():
    assert all((SOURCE / "conclugen" / "losses" / f"{name}.py").is_file() for name in LOSSES)


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
        make_settings(**changes)


def test_the_tables_import_nothing_heavy():
    code = (
        "import sys, conclugen.pretrain.methods, conclugen.pretrain.presets;"
        "print([m for m in ('torch', 'numpy', 'pandas', 'faiss', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def files(losses):
    return {entry.split("@")[0] for entry in fingerprint("conclugen.pretrain.run", without=unused_modules(losses))}


def test_a_jobs_code_holds_only_the_losses_it_runs():
    everything = {f"conclugen/losses/{name}.py" for name in LOSSES} | {"conclugen/pretrain/kmeans.py"}
    assert everything <= files(LOSSES)
    assert files(("mms",)) & everything == {"conclugen/losses/mms.py"}
    assert files(("mms", "clustering")) & everything == {
        "conclugen/losses/mms.py",
        "conclugen/losses/clustering.py",
        "conclugen/pretrain/kmeans.py",
    }


def test_a_jobs_code_holds_neither_the_tables_nor_the_configuration():
    for name in ("pretrain/methods.py", "pretrain/presets.py", "config/__init__.py", "config/stage_two.py"):
        assert f"conclugen/{name}" not in files(LOSSES)
