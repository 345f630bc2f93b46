"""Scores of made predictions, measured as the rule does it, for tests of what is made of them."""

from __future__ import annotations

import json
from pathlib import Path

from conclugen.data.manifest import read_manifest
from conclugen.evaluation import score
from conclugen.evaluation.scores import read_one
from conclugen.store import places

MEASURED = ("resamples", "level", "seed", "target")
VIEWED = ("target", "reference", "paper", "seen", "data")
SETTINGS = {
    "resamples": 200,
    "level": 0.95,
    "seed": 0,
    "target": "expression",
    "reference": "ConCluGen",
    "paper": None,
    "seen": {},
    "data": "own",
}


def viewed(settings):
    """What a table reads of these settings; `score` reads the rest."""
    return {name: settings[name] for name in VIEWED}


def measure(manifest, folders, settings, splits=("test",)):
    """The flags that name the scores of chance and of folders of predictions, measured beside the manifest."""
    manifest, found = Path(manifest), {"--chance": [], "--scores": []}
    dataset = read_manifest(manifest).dataset + ("-sentiment" if settings["target"] == "sentiment" else "")
    kept = {name: settings[name] for name in MEASURED}
    for split in splits:
        common = ["--manifest", str(manifest), "--split", split, "--settings"]
        lucky = manifest.parent / "scores" / dataset / f"chance.{split}.npz"
        score.main([*common, json.dumps(kept), "--output", str(lucky)])
        found["--chance"].append(str(lucky))
        for folder in map(Path, folders):
            depth = 5 + (places.base_of(folder) != folder)
            output = manifest.parent / "scores" / Path(*folder.parts[-depth:]) / f"{split}.npz"
            score.main([*common, json.dumps(kept), "--predictions", str(folder), "--output", str(output)])
            found["--scores"].append(str(output))
    return [word for flag, paths in found.items() if paths for word in (flag, *paths)]


def scored(manifest, folders, settings, split="test"):
    """The scores that `measure` measures."""
    named = [word for word in measure(manifest, folders, settings, (split,)) if not word.startswith("--")]
    return read_one([Path(word) for word in named])
