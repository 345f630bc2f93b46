"""The corpus: who trains, who validates, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from pretrain_data import make_corpus, make_settings

from conclugen.data.manifest import COLUMNS, Manifest, write_manifest
from conclugen.pretrain.corpus import CorpusError, choose, load_corpus, read_splits
from conclugen.store.seals import SealError, write_sealed
from conclugen.store.shards import read_shard


def ids(corpus, rows):
    return set(corpus.data.ids[rows.numpy()].tolist())


def test_only_training_rows_train_and_test_rows_are_not_even_loaded(tmp_path):
    made = make_corpus(tmp_path, rows=60, valid=20, test=20)
    corpus = load_corpus(made.splits, made.shards, make_settings())
    table = pd.read_csv(made.splits).set_index("utterance_id")["split"]
    assert set(table[list(ids(corpus, corpus.train))]) == {"train"}
    assert set(table[list(ids(corpus, corpus.valid))]) == {"valid"}
    assert "test" not in set(table[corpus.data.ids.tolist()])
    assert corpus.input_dims == {"video": 40, "audio": 20, "text": 12}
    assert corpus.streams["audio"] == {"backbone": "none", "weights_sha256": "audio"}


def test_without_a_valid_split_whole_groups_are_held_out(tmp_path):
    made = make_corpus(tmp_path, rows=400)
    corpus = load_corpus(made.splits, made.shards, make_settings(validation_fraction=0.2))
    group = pd.read_csv(made.splits).set_index("utterance_id")["group"]
    train, valid = ids(corpus, corpus.train), ids(corpus, corpus.valid)
    assert not train & valid
    assert not set(group[list(train)]) & set(group[list(valid)])
    assert 40 < len(valid) < 120
    again = load_corpus(made.splits, made.shards, make_settings(validation_fraction=0.2))
    assert torch.equal(corpus.valid, again.valid)
    assert corpus.checksum == again.checksum


def test_what_is_learned_from_where_utterances_are_of_no_fold():
    """By default the training fold alone; all of no fold where nobody made folds; never validation or test."""

    def learned(splits: str, asked: tuple[str, ...] = ("train",)) -> str:
        table = pd.DataFrame(
            {"split": splits.split(), "group": "g", "utterance_id": list("abcdef"[: splits.count(" ") + 1])}
        )
        chosen = choose(table, make_settings(splits=asked, validation_fraction=0.0))
        return "".join(chosen.loc[~chosen["held"], "utterance_id"])

    assert learned("train none valid test") == "a"
    assert learned("train none valid test", ("train", "none")) == "ab"
    assert learned("none none none") == "abc"
    assert learned("none test valid none") == "ad"
    assert learned("valid test") == ""


def test_rows_without_any_modality_are_left_out(tmp_path):
    made = make_corpus(tmp_path, rows=80, absent=0.7)
    corpus = load_corpus(made.splits, made.shards, make_settings(validation_fraction=0.0))
    some = torch.stack(list(corpus.data.present.values())).any(0)
    assert 0 < len(corpus.train) == int(some.sum()) < 80
    assert len(corpus.valid) == 0


def test_splits_that_are_not_what_the_plan_wrote_are_refused(tmp_path):
    made = make_corpus(tmp_path, rows=20)
    text = made.splits.read_text()
    write_sealed(made.splits, text)
    assert len(read_splits(made.splits)) == 20
    made.splits.write_text(text.replace("clip00003,train", "clip00003,trail"))  # of the same size
    with pytest.raises(SealError, match=r"splits\.csv: contents do not match"):
        load_corpus(made.splits, made.shards, make_settings())


def test_a_manifest_serves_as_well_as_a_table_of_splits(tmp_path):
    made = make_corpus(tmp_path, rows=40)
    table = pd.read_csv(made.splits)
    for column in COLUMNS:
        if column not in table:
            table[column] = np.nan if column in ("start_s", "end_s") else None
    table["text_source"], table["text"] = "none", ""
    write_manifest(tmp_path / "m.parquet", Manifest(table, "synthetic", "features", "none", ()))
    pd.testing.assert_frame_equal(read_splits(tmp_path / "m.parquet"), read_splits(made.splits))


def test_utterances_without_a_group_are_their_own(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("utterance_id,split,group\nb,train,\na,train,film\n")
    assert read_splits(path)["group"].tolist() == ["film", "b"]


def test_a_tiny_corpus_is_not_held_out_whole():
    table = pd.DataFrame({"utterance_id": ["a"], "split": ["train"], "group": ["g"]})
    assert not choose(table, make_settings(validation_fraction=1.0))["held"].any()


def test_a_changed_feature_or_split_changes_the_checksum(tmp_path):
    one = make_corpus(tmp_path / "a", rows=30)
    two = make_corpus(tmp_path / "b", rows=30, seed=1)
    settings = make_settings()
    first = load_corpus(one.splits, one.shards, settings).checksum
    assert load_corpus(two.splits, two.shards, settings).checksum != first
    text = one.splits.read_text().replace("clip00003,train", "clip00003,valid")
    one.splits.write_text(text)
    assert load_corpus(one.splits, one.shards, settings).checksum != first


def test_missing_streams_and_empty_corpora_are_told(tmp_path):
    made = make_corpus(tmp_path, rows=10)
    shards = {k: v for k, v in made.shards.items() if k != "audio"}
    with pytest.raises(CorpusError, match="ConCluGen needs the stream audio"):
        load_corpus(made.splits, shards, make_settings())
    with pytest.raises(CorpusError, match="augmented views"):
        load_corpus(made.splits, made.shards, make_settings("Instance-Cont"))
    with pytest.raises(CorpusError, match="no utterance"):
        load_corpus(made.splits, made.shards, make_settings(splits=("none",)))


def test_augmented_views_are_unfolded(tmp_path):
    made = make_corpus(tmp_path, rows=12, views=3, absent=0)
    corpus = load_corpus(made.splits, made.shards, make_settings("Instance-Cont"))
    assert corpus.data.features["video"].shape == (12, 3, 16)
    shard = read_shard(made.shards["frames3d_views"][0])
    np.testing.assert_array_equal(corpus.data.features["video"][0, 1].numpy(), shard.features[0, 16:32])
    with pytest.raises(CorpusError, match="not 5 views"):
        load_corpus(made.splits, made.shards, make_settings("Instance-Cont", views=5))
