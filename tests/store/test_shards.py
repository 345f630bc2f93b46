import h5py
import numpy as np
import pytest

from conclugen.store.shards import ShardError, read_shard, write_shard


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "0000.h5"
    features = np.arange(12, dtype=np.float32).reshape(3, 4)
    write_shard(path, ["a", "b", "ü"], features, np.array([True, False, True]), {"backbone": "toy"})
    return path


def test_round_trip_zeroes_absent_rows(shard):
    read = read_shard(shard)
    assert read.utterance_id.tolist() == ["a", "b", "ü"]
    assert read.present.tolist() == [True, False, True]
    assert (read.features[1] == 0).all()
    assert read.features[2].tolist() == [8, 9, 10, 11]
    assert read.attributes["backbone"] == "toy"


def test_features_are_contiguous_and_uncompressed(shard):
    with h5py.File(shard) as file:
        assert file["features"].chunks is None
        assert file["features"].compression is None


@pytest.mark.parametrize("key", ["features", "present", "utterance_id"])
def test_an_altered_shard_is_refused(shard, key):
    with h5py.File(shard, "r+") as file:
        file[key][0] = {"features": 9, "present": False, "utterance_id": "z"}[key]
    with pytest.raises(ShardError, match=r"0000\.h5.*checksum"):
        read_shard(shard)


def test_a_truncated_shard_is_refused(shard):
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    with pytest.raises(ShardError, match="cannot be read"):
        read_shard(shard)


def test_a_flipped_byte_in_the_features_is_refused(shard):
    data = bytearray(shard.read_bytes())
    place = data.find(np.float32(9).tobytes())
    data[place] ^= 1
    shard.write_bytes(data)
    with pytest.raises(ShardError):
        read_shard(shard)


def test_bad_arrays_are_refused(tmp_path):
    with pytest.raises(ValueError, match="shapes"):
        write_shard(tmp_path / "x.h5", ["a"], np.zeros((2, 3), np.float32), np.ones(2, bool), {})
    with pytest.raises(ValueError, match="float64"):
        write_shard(tmp_path / "x.h5", ["a"], np.zeros((1, 3)), np.ones(1, bool), {})
    with pytest.raises(ValueError, match="finite"):
        write_shard(tmp_path / "x.h5", ["a"], np.full((1, 3), np.nan, np.float32), np.ones(1, bool), {})
    assert not (tmp_path / "x.h5").exists()
