"""The feature files of MMSA: splits one after the other, sequences pooled over the steps that are there."""

import pickle

import numpy as np
import pytest

from conclugen.config import check
from conclugen.data import features, mmsa
from conclugen.data.array_blocks import matrix_blocks
from conclugen.data.array_files import ArrayError
from conclugen.data.arrays import read_array, size_of
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import validate
from conclugen.data.settings import Dimension, Fractions, Labels
from conclugen.data.settings import Features as Settings
from conclugen.features.imported import Settings as Imported
from conclugen.features.imported import run
from conclugen.store.shards import read_shard
from conclugen.survey.arrays import arrays

COUNTS = {"train": 6, "valid": 3, "test": 4}
STEPS = 5


def part(generator, split, count, aligned, scale=3.0):
    """One split: `text` and, aligned, all sequences are there as far as the mask says; the rest is padding of 9."""
    there = generator.integers(1, STEPS + 1, count)
    steps = np.arange(STEPS) < there[:, None]
    mask = np.stack([np.full((count, STEPS), 7), steps, np.zeros((count, STEPS))], 1).astype(np.float32)
    found = {
        "id": [f"{split}video{i // 2}$_${i}" for i in range(count)],
        "raw_text": np.array([f"what {i}" for i in range(count)], dtype=object),
        "text_bert": mask,
        "annotations": [("Negative", "Neutral", "Positive")[i % 3] for i in range(count)],
        "regression_labels": np.round(scale * generator.uniform(-1, 1, count), 1).astype(np.float32),
    }
    for name, width in (("text", 4), ("audio", 3), ("vision", 2)):
        there_too = steps if aligned or name == "text" else np.arange(2 * STEPS) < 2 * there[:, None]
        values = generator.normal(size=(*there_too.shape, width)).astype(np.float32)
        found[name] = np.where(there_too[..., None], values, 9).astype(np.float32)
        if not aligned and name != "text":
            found[f"{name}_lengths"] = (2 * there).tolist()
    return found


def write(path, aligned=True, **kept):
    generator = np.random.default_rng(0)
    held = {split: part(generator, split, count, aligned, **kept) for split, count in COUNTS.items()}
    path.write_bytes(pickle.dumps(held))
    return held


def expected(held, name):
    """The mean over steps, by hand."""
    rows = []
    for one in held.values():
        for i, values in enumerate(one[name]):
            lengths = one.get(f"{name}_lengths")
            count = int(one["text_bert"][i, 1].sum()) if lengths is None else lengths[i]
            rows.append(values[:count].mean(0))
    return np.array(rows)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("name", ["text", "audio", "vision"])
def test_sequences_are_pooled_over_the_steps_that_are_there(tmp_path, aligned, name):
    held = write(tmp_path / "x.pkl", aligned)
    found = read_array(tmp_path / "x.pkl", name)
    np.testing.assert_allclose(found, expected(held, name), rtol=1e-5)
    assert size_of(tmp_path / "x.pkl", name) == found.shape
    np.testing.assert_array_equal(np.concatenate(list(matrix_blocks(tmp_path / "x.pkl", name, numbers=7))), found)


def test_without_lengths_or_mask_steps_of_zeros_are_padding_and_infinite_entries_are_left_out(tmp_path):
    held = {s: {"id": [f"{s}$_$0", f"{s}$_$1"], "audio": np.zeros((2, 3, 2))} for s in COUNTS}
    held["train"]["audio"][0] = [[1, 4], [3, -np.inf], [0, 0]]
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(held))
    found = read_array(tmp_path / "x.pkl", "audio")
    assert found[0].tolist() == [2, 4]
    assert np.isnan(found[1:]).all()  # nothing is there: absent, not 0


def settings(**changes):
    labels = Labels("single", "annotations", ("Negative", "Neutral", "Positive"), ())
    given = {"file": "x.pkl", "ids": "id", "labels": labels, "split": "split", "group": "video", "text": "raw_text"}
    given |= {"splits": {}, "fractions": Fractions(0.7, 0.1, 0.2), "seed": 0, "speaker": None, "dimensions": {}}
    return Settings(**given | {"sentiment": "regression_labels"} | changes)


def test_a_manifest_and_a_shard_come_of_it(tmp_path):
    held = write(tmp_path / "x.pkl")
    manifest = features.build("mosi", tmp_path, settings())
    validate(manifest)
    table = manifest.table
    assert table["split"].value_counts().to_dict() == COUNTS
    assert table.loc[0, ["utterance_id", "group", "text"]].tolist() == ["trainvideo0$_$0", "trainvideo0", "what 0"]
    assert table["label"].tolist()[:3] == ["Negative", "Neutral", "Positive"]
    wanted = np.concatenate([one["regression_labels"] for one in held.values()])
    np.testing.assert_allclose(table["sentiment"].to_numpy(float), wanted, rtol=1e-6)
    ids = table["utterance_id"].tolist()
    splits = dict(zip(ids, table["split"], strict=True))
    given = Imported("x.pkl", "id", "vision", ())
    run("frames2d", tmp_path, given, ids[::-1], splits, tmp_path / "s.h5", tmp_path / "s.csv")
    shard = read_shard(tmp_path / "s.h5")
    np.testing.assert_allclose(shard.features[::-1], expected(held, "vision"), rtol=1e-3)


def test_a_sentiment_on_another_scale_is_named_with_it(tmp_path):
    write(tmp_path / "x.pkl", scale=1.0)
    dimension = {"sentiment": Dimension("regression_labels", -1.0, 1.0)}
    one = features.build("sims", tmp_path, settings(sentiment=None, dimensions=dimension)).table["sentiment"]
    other = features.build("sims", tmp_path, settings()).table["sentiment"]
    np.testing.assert_allclose(one.to_numpy(float), 3 * other.to_numpy(float), rtol=1e-6)


def test_what_is_no_feature_file_is_told(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"train": {}, "valid": {}}))
    with pytest.raises(ArrayError, match="no feature file of MMSA, which holds a dict for each of train, valid, test"):
        mmsa.fields(path)
    path.write_bytes(pickle.dumps({split: {"text": []} for split in COUNTS}))
    with pytest.raises(ArrayError, match="has no 'id'"):
        mmsa.fields(path)
    path.write_bytes(pickle.dumps({split: {"id": ["a"], "text": np.zeros((2, 1))} for split in COUNTS}))
    with pytest.raises(ArrayError, match="'text' has 2 rows, but there are 1 ids"):
        mmsa.fields(path)
    path.write_bytes(pickle.dumps({split: {"id": [1]} for split in COUNTS} | {"x": print}))
    with pytest.raises(LayoutError, match="refused"):
        features.build("mosi", tmp_path, settings())
    write(path)
    with pytest.raises(ArrayError, match="no array 'glove'; it holds"):
        read_array(path, "glove")


def test_init_understands_it(tmp_path):
    write(tmp_path / "x.pkl")
    found = arrays(tmp_path, "x.pkl", {"label": "annotations"}, [], [])
    assert found.options["streams"] == {"text": "text", "audio": "audio", "vision": "vision"}
    assert (found.options["ids"], found.options["split"]) == ("id", "split")


def test_the_configuration_takes_it_and_two_sentiments_are_refused():
    given = {"adapter": "features", "root": "/data", "file": "x.pkl", "ids": "id", "streams": {"text": "text"}}
    given |= {
        "labels": {"kind": "single", "key": "annotations"},
        "dimensions": {"valence": {"key": "v", "low": 1, "high": 5}},
    }
    whole = {"datasets": {"x": given}, "pretrain": {"dataset": "x"}, "modalities": {"text": ["text"]}}
    whole |= {"downstream": {"datasets": ["x"]}}
    assert check(whole).datasets["x"].dimensions_of() == ("valence",)
    given |= {"sentiment": "s", "dimensions": {"sentiment": {"key": "v", "low": -1, "high": 1}}}
    with pytest.raises(ValueError, match=r"sentiment and dimensions\.sentiment name two arrays"):
        check(whole)
