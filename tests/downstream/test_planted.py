"""Planted truth through the real downstream code and tables: what must come out is known before."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch

from conclugen.data.common import hashed_split
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.data.settings import Fractions
from conclugen.downstream import raw, shuffled
from conclugen.evaluation import robustness, table
from conclugen.models import io
from conclugen.models.network import NetworkSettings
from conclugen.store.shards import write_shard
from measuring import measure, viewed

CLASSES = ("happy", "sad", "anger")
PEOPLE, EACH, DIM = 60, 12, 16
FACE = 64  # wide enough for a linear head to tell people apart
STRENGTHS = {"words": 1.2, "voice": 0.35, "person": 0.0}
FOLDS = Fractions(0.6, 0.15, 0.25)
BUDGET = {"learning_rates": [3e-3, 3e-2], "weight_decays": [0.01, 1.0], "dropout": 0.25, "epochs": 15, "batch_size": 64}
BUDGET |= {"patience": 8, "standardise": True, "label_fraction": 1.0, "target": "expression"}
TABLE = {"resamples": 200, "level": 0.95, "seed": 0, "target": "expression"}
TABLE |= {"reference": "ConCluGen", "paper": None, "seen": {}, "data": "own"}


class Study:
    """720 utterances of 60 people. Some people show more emotion than others, and the stream `person` tells who it is
    and nothing else; `words` and `voice` show the emotions themselves, the words more."""

    def __init__(self, folder, apart):
        """`apart`: folds by person; otherwise by utterance."""
        generator = np.random.default_rng(11)
        self.folder, count = folder, PEOPLE * EACH
        person = np.repeat(np.arange(PEOPLE), EACH)
        habits = np.clip(generator.beta(0.6, 0.8, (PEOPLE, len(CLASSES))), 0.05, 0.95)
        truth = (generator.random((count, len(CLASSES))) < habits[person]).astype(float)
        self.ids = [f"u{i:03d}" for i in range(count)]
        names = [f"p{i:02d}" for i in person]
        split = [hashed_split(key, FOLDS, 0) for key in (names if apart else self.ids)]
        fixed = {"media": None, "audio": None, "start_s": np.nan, "end_s": np.nan, "text": "", "text_source": "none"}
        frame = pd.DataFrame({"utterance_id": self.ids, "split": split, **fixed, "speaker": names, "group": names})
        frame = frame.assign(**dict(zip(CLASSES, truth.T, strict=True)))
        write_manifest(folder / "m.parquet", Manifest(frame, "planted", "folder", "multi", CLASSES))
        for stream, strength in STRENGTHS.items():
            signal = strength * truth @ generator.normal(size=(len(CLASSES), DIM))
            if stream == "person":
                signal = 2 * generator.normal(size=(PEOPLE, FACE))[person]
            values = (signal + generator.normal(size=signal.shape)).astype(np.float32)
            write_shard(folder / stream / "0.h5", self.ids, values, np.ones(count, bool), {"backbone": stream})

    def run(self, protocol, method, streams, seeds=3, models=()):
        """Predictions of a protocol that sees the given streams."""
        output = self.folder / "planted" / "none" / "none" / method / protocol.__name__.split(".")[-1]
        settings = {"modalities": {name: [name] for name in streams}, "evaluate": list(streams), **BUDGET}
        arguments = ["--manifest", str(self.folder / "m.parquet"), "--output-dir", str(output)]
        arguments += ["--settings", json.dumps(settings | {"seeds": list(range(seeds))})]
        arguments += ["--features", *[str(self.folder / name / "0.h5") for name in streams]]
        given = ["--models", *(str(model / "model.safetensors") for model in models)] if models else []
        protocol.main([*arguments, *given])
        return output

    def measure(self, module, folders):
        output = self.folder / "table.csv"
        arguments = [*measure(self.folder / "m.parquet", folders, TABLE), "--settings", json.dumps(viewed(TABLE))]
        if module is table:
            arguments += ["--full", str(output), "--output", str(self.folder / "short.csv")]
        else:
            arguments += ["--output", str(output)]
        module.main(arguments)
        return pd.read_csv(output, keep_default_na=False, na_values=[""])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("apart"), apart=True)


def test_the_stronger_stream_scores_higher_and_a_person_tells_nothing(study):
    rows = study.measure(table, [study.run(raw, name, [name]) for name in STRENGTHS]).set_index("method")
    score = rows["balanced_accuracy_mean"]
    assert score["words"] > score["voice"] + 0.1
    assert score["voice"] > 0.55
    assert rows.loc[["words", "voice"], "beats_chance"].tolist() == ["yes", "yes"]
    assert rows.loc["person", "beats_chance"] in ("no", "below")
    assert score["person"] < 0.56


def test_a_person_tells_much_where_folds_share_people(tmp_path):
    """The same stream with folds by utterance: what leave-person-out folds guard against, and that it was there."""
    leaky = Study(tmp_path, apart=False)
    rows = leaky.measure(table, [leaky.run(raw, "person", ["person"])]).set_index("method")
    assert rows.loc["person", "balanced_accuracy_mean"] > 0.65
    assert rows.loc["person", "beats_chance"] == "yes"


def test_the_stronger_stream_is_missed_most(study):
    folder = study.run(raw, "all", list(STRENGTHS))
    rows = study.measure(robustness, [folder])
    own = rows[rows["method"] == "all"].fillna({"without": ""}).set_index("without")
    assert own.index.tolist() == ["", *STRENGTHS]
    change = own["change"]
    assert change["words"] < change["voice"] < 0.005
    assert change["words"] < -0.1
    assert own.loc["words", "change_hi"] < 0
    assert own.loc["words", "p_holm"] < 0.05
    assert own.loc["", ["change", "p_vs_whole"]].isna().all()
    assert own.loc["words", "value"] == pytest.approx(own.loc["", "value"] + change["words"], abs=2e-4)
    assert (rows.loc[rows["protocol"] == "chance", "value"] - 0.5).abs().max() < 0.02


def test_predictions_without_masks_are_refused(study):
    with pytest.raises(ValueError, match="mask no modality"):
        study.measure(robustness, [study.run(raw, "words", ["words"])])


def test_masked_is_what_a_missing_modality_is(study, tmp_path):
    """The same head, where the words of every test utterance are absent from the shard."""
    folder = study.run(raw, "pair", ["words", "voice"], seeds=1)
    masked = pd.read_parquet(folder / "seed0.parquet").query("split == 'test'").set_index("utterance_id")
    from conclugen.store.shards import read_shard

    shard, here = read_shard(study.folder / "words/0.h5"), study.folder / "words/0.h5"
    absent = ~np.isin(shard.utterance_id, masked.index)
    write_shard(tmp_path / "words.h5", study.ids, shard.features, shard.present & absent, {"backbone": "words"})
    kept = here.read_bytes()
    try:
        here.write_bytes((tmp_path / "words.h5").read_bytes())
        lacking = study.run(raw, "lacking", ["words", "voice"], seeds=1)
    finally:
        here.write_bytes(kept)
    found = pd.read_parquet(lacking / "seed0.parquet").set_index("utterance_id").loc[masked.index]
    np.testing.assert_allclose(
        found.filter(like="score_").to_numpy(), masked.filter(like="without_words_").to_numpy(), atol=1e-5
    )


def test_shuffled_labels_end_at_chance(study):
    shape = {"input_dims": {"words": DIM, "voice": DIM}, "representation_dim": 16, "hidden_dim": 16}
    shape |= {"gated": False, "representation_relu": False, "residual": False, "narrow": (), "standardise": False}
    torch.manual_seed(0)
    io.save(io.build(NetworkSettings(**shape)), study.folder / "seed0", {"method": "untrained"})
    # One permutation may agree with the truth by chance; many do not, on average.
    folder = study.run(shuffled, "ConCluGen", ["words", "voice"], 24, [study.folder / "seed0"])
    row = study.measure(table, [folder]).set_index("protocol").loc["shuffled"]
    spread = row["headline_seed_sd"] / np.sqrt(24)
    assert row["balanced_accuracy_mean"] == pytest.approx(0.5, abs=3 * spread)
    assert spread < 0.025


def test_other_test_labels_change_the_table_and_nothing_else(study, tmp_path):
    """Labels of test are permuted: predictions and selection stay as they are, byte by byte; the table does not."""
    folder = study.run(raw, "words", ["words"])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    scored = study.measure(table, [folder]).set_index("method").loc["words"]
    kept, other = (study.folder / "m.parquet").read_bytes(), study.folder / "m.parquet"
    from conclugen.evaluation.truth import all_labels

    manifest = all_labels(other)
    test = np.flatnonzero(manifest.table["split"] == "test")
    mixed = np.random.default_rng(0).permutation(test)
    for name in CLASSES:
        column = manifest.table[name].to_numpy(copy=True)
        column[test] = column[mixed]
        manifest.table[name] = column
    try:
        write_manifest(other, manifest)
        study.run(raw, "words", ["words"])
        again = study.measure(table, [folder]).set_index("method").loc["words"]
    finally:
        other.write_bytes(kept)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert again["balanced_accuracy_mean"] < scored["balanced_accuracy_mean"] - 0.15
