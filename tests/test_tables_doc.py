"""The examples of docs/tables.md, run on data of the kind that they describe; and every key of both adapters in it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from conclugen import slices
from conclugen.config import check
from conclugen.config.datasets import Dataset, Features, Folder
from conclugen.data import features, folder
from conclugen.data.manifest import Manifest, validate
from conclugen.store.settings import parse

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/tables.md").read_text("utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def _data(root: Path) -> None:
    labels, splits = ("happy", "Sad", "angry", "other"), ("train", "dev", "held-out")
    rows = [f"c{i}.mp4,{labels[i % 4]},a{i % 2},{splits[i % 3]}\n" for i in range(12)]
    (root / "mine.csv").write_text("path,emotion,actor,split\n" + "".join(rows))
    names = np.array(["happy", "Sad", "angry"])[np.arange(12) % 3]
    arrays = {"face": np.ones((12, 3)), "voice": np.ones((12, 2)), "words": np.ones((12, 4)), "emotion": names}
    fold, speaker = np.array(["train", "dev", "test"])[np.arange(12) % 3], np.arange(12) % 4
    np.savez(root / "arrays.npz", **arrays, ids=np.arange(12), fold=fold, speaker=speaker)


def _manifest(example: dict, root: Path) -> Manifest:
    [(name, given)] = example["datasets"].items()
    config = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    update_config(config, {**example, "datasets": {name: given | {"root": str(root)}}})
    config = check(config)
    assert config.pretrain.dataset == name
    adapter = {"folder": folder, "features": features}[given["adapter"]]
    options = slices.stage_settings(config, "manifest", {"dataset": name})
    return adapter.build(name, root, parse(adapter.Settings, json.dumps(options)))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example["datasets"])))
def test_an_example_works_as_it_stands(tmp_path, example):
    _data(tmp_path)
    (tmp_path / "c0.mp4").touch()  # a root that holds none of the files named is refused
    manifest = _manifest(example, tmp_path)
    validate(manifest)
    assert manifest.classes == ("happy", "sad", "angry")
    counts = manifest.table.groupby("split")["label"].count()
    assert set(counts.index) == {"train", "valid", "test"}
    assert counts.sum() == (9 if manifest.adapter == "folder" else 12)
    assert manifest.table["group"].nunique() == (2 if manifest.adapter == "folder" else 4)


def test_every_key_is_explained():
    assert len(EXAMPLES) == 2
    for adapter in (Folder, Features):
        part = PAGE.split(f"### Adapter `{adapter.model_fields['adapter'].annotation.__args__[0]}`")[1].split("```")[0]
        own = adapter.model_fields.keys() - Dataset.model_fields.keys() - {"adapter"}
        assert [key for key in own if f"`{key}" not in part] == []
