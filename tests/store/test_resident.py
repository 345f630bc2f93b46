import tracemalloc

import numpy as np
import pytest
import torch

from conclugen.store.resident import load, load_modalities
from conclugen.store.shards import ShardError, write_shard


def _write(path, ids, start, dim=2, absent=()):
    features = (start + np.arange(len(ids) * dim, dtype=np.float32)).reshape(len(ids), dim)
    write_shard(path, ids, features, np.array([i not in absent for i in ids]), {"weights_sha256": "w"})
    return path


def test_rows_follow_the_ids_asked_for(tmp_path):
    shards = [_write(tmp_path / "0.h5", ["a", "c"], 0), _write(tmp_path / "1.h5", ["b"], 10)]
    resident = load({"text": shards}, ["c", "b", "a"])
    assert resident.features["text"].tolist() == [[2, 3], [10, 11], [0, 1]]
    assert load({"text": shards}, ["b"]).features["text"].tolist() == [[10, 11]]


def test_missing_utterances_and_mixed_dimensions_are_errors(tmp_path):
    one = _write(tmp_path / "0.h5", ["a"], 0)
    with pytest.raises(ShardError, match="1 of 2 utterances are in no shard"):
        load({"text": [one]}, ["a", "b"])
    other = _write(tmp_path / "1.h5", ["b"], 0, dim=3)
    with pytest.raises(ShardError, match="differs"):
        load({"text": [one, other]}, ["a", "b"])


def test_a_shard_of_another_stream_is_an_error(tmp_path):
    write_shard(tmp_path / "0.h5", ["a"], np.ones((1, 2), np.float32), [True], {"stream": "audio"})
    load({"audio": [tmp_path / "0.h5"]}, ["a"])
    with pytest.raises(ShardError, match=r"0\.h5: holds features of the stream audio, not of frames3d"):
        load({"frames3d": [tmp_path / "0.h5"]}, ["a"])


def test_a_modality_is_present_where_all_its_streams_are(tmp_path):
    ids = ["a", "b"]
    first = _write(tmp_path / "0.h5", ids, 1)
    second = _write(tmp_path / "1.h5", ids, 5, dim=1, absent=["b"])
    joined = load_modalities({"x": [first], "y": [second]}, {"video": ["x", "y"], "audio": ["x"]}, ids)
    assert joined.features["video"].tolist() == [[1, 2, 5], [0, 0, 0]]
    assert joined.present["video"].tolist() == [True, False]
    assert joined.present["audio"].all()
    assert torch.equal(joined.rows(torch.tensor([1])).features["audio"], torch.tensor([[3.0, 4.0]]))


def test_a_stream_without_shards_and_a_file_that_is_none_are_errors(tmp_path):
    with pytest.raises(ShardError, match="2 of 2 utterances are in no shard"):
        load({"text": []}, ["a", "b"])
    (tmp_path / "0.h5").write_bytes(b"not a shard")
    with pytest.raises(ShardError, match="cannot be read"):
        load({"text": [tmp_path / "0.h5"]}, ["a"])


def test_memory_beyond_the_features_is_bounded_by_a_shard(tmp_path):
    """Two streams of eight shards joined: what is allocated at most is the features and little more than one shard."""
    rows, dim = 400, 250
    ids = [f"u{i}" for i in range(8 * rows)]
    shards = {
        stream: [
            _write(tmp_path / f"{stream}{n}.h5", ids[n * rows : (n + 1) * rows], n, dim=dim, absent=ids[:3])
            for n in range(8)
        ]
        for stream in ("x", "y")
    }
    load_modalities({"x": shards["x"][:1]}, {"x": ["x"]}, ids[:rows])  # what HDF5 keeps for itself
    tracemalloc.start()
    loaded = load_modalities(shards, {"video": ["x", "y"]}, ids[::-1])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    features, shard = loaded.features["video"].numel() * 4, rows * dim * 4
    assert features == 16 * shard
    assert most < features + 3 * shard
