"""Made dialogues of two modalities, each of whose vectors holds one of two codes; labels follow the codes of `kind`:
`before`: those of the utterance before (of the first, of the last); `own`: its own; `nothing`: none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd

from conclugen.data.manifest import Manifest, write_manifest
from conclugen.store.shards import write_shard

CLASSES = ("calm", "glad")
DIMS = {"video": 6, "text": 4}
PATTERN = r"(.+)_utt(\d+)"
SETTINGS = {
    "modalities": {name: [name] for name in DIMS},
    "evaluate": list(DIMS),
    "target": "expression",
    "seeds": [0],
    "learning_rates": [1e-2],
    "weight_decays": [0.01],
    "dropout": 0.1,
    "epochs": 15,
    "batch_size": 64,
    "patience": 15,
    "standardise": True,
    "label_fraction": 1.0,
    "representation_dim": 16,
    "hidden_dim": 16,
    "gated": False,
    "representation_relu": False,
    "residual": False,
    "narrow": [],
    "standardise_inputs": True,
}


@dataclasses.dataclass(frozen=True)
class Dialogues:
    """Files of the data set, and the class of each utterance."""

    manifest: Path
    features: list[str]
    truth: pd.Series

    def settings(self, fusion: str, **changes: object) -> str:
        """Return JSON settings of `supervised` with a fusion."""
        order = {} if fusion == "late" else {"needs_order": True, "order": PATTERN}
        return json.dumps(SETTINGS | {"fusion": fusion} | order | changes)

    def arguments(self, output: Path, settings: str) -> list[str]:
        """Return the command line."""
        given = ["--manifest", str(self.manifest), "--features", *self.features, "--settings", settings]
        return [*given, "--output-dir", str(output)]

    def recall(self, predictions: Path) -> float:
        """Return the mean recall of the classes on test."""
        table = pd.read_parquet(predictions).query("split == 'test'").set_index("utterance_id")
        said = table[[f"score_{name}" for name in CLASSES]].to_numpy().argmax(1)
        true = self.truth[table.index].to_numpy()
        return float(np.mean([(said[true == number] == number).mean() for number in range(len(CLASSES))]))


def make_dialogues(folder: Path, kind: str, count: int = 240, seed: int = 3) -> Dialogues:
    """Write dialogues of 2 to 9 utterances; 2 % of the vectors are absent, and one utterance has none."""
    generator = np.random.default_rng(seed)
    ids, split, code, before = [], [], [], []
    for number in range(count):
        length = int(generator.integers(2, 10))
        mine = generator.integers(2, size=length)
        ids += [f"dia{number:03d}_utt{place}" for place in range(length)]
        split += [("train", "train", "train", "valid", "test")[number % 5]] * length
        code, before = [*code, *mine], [*before, mine[-1], *mine[:-1]]
    code, before = np.array(code), np.array(before)
    truth = {"before": before, "own": code, "nothing": generator.integers(2, size=len(code))}[kind]
    table = pd.DataFrame({"utterance_id": ids, "split": split, "media": [f"{name}.mp4" for name in ids], "audio": None})
    table = table.assign(
        start_s=np.nan, end_s=np.nan, text="", text_source="none", group=[i.split("_")[0] for i in ids]
    )
    table = table.assign(speaker=generator.choice(["a", "b"], len(ids)), label=np.array(CLASSES)[truth])
    mixed = table.iloc[generator.permutation(len(table))]
    write_manifest(folder / "manifest.parquet", Manifest(mixed, "made", "features", "single", CLASSES))
    features = []
    for name, dim in DIMS.items():
        ends = generator.normal(size=(2, dim))
        values = (3 * ends[code] + 0.7 * generator.normal(size=(len(ids), dim))).astype(np.float16)
        present = generator.random(len(ids)) > 0.02
        present[1] = False
        write_shard(folder / name / "0.h5", np.array(ids), values, present, {"backbone": name})
        features.append(str(folder / name / "0.h5"))
    return Dialogues(folder / "manifest.parquet", features, pd.Series(truth, index=ids))
