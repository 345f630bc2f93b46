"""Every writer of HDF5 on a disk that is full: run in a child, since what is looked for is its death by a signal."""

import subprocess
import sys
from textwrap import dedent

import h5py
import numpy as np
import pytest

from conclugen.store.new_hdf5 import new_hdf5

FACES = """
    from conclugen.faces.shard import FaceShardWriter, FaceTrack
    track = FaceTrack(4, 4, np.arange(2.0), np.zeros((2, 4)), np.zeros((2, 5, 2)), np.zeros(2), np.zeros(2, bool),
                      [bytes(50_000)] * 2)
    with FaceShardWriter(path, 4, {}) as writer:
        for i in range(12):
            writer.add(str(i), True, track)
"""
FEATURES = """
    from conclugen.store.shards import write_shard
    write_shard(path, ids, np.ones((300, 1000), np.float32), np.ones(300, bool), {})
"""
ROWS = """
    from conclugen.store.new_shards import new_shard
    with new_shard(path, ids, 1000) as shard:
        shard.put(np.arange(300), np.ones((300, 1000), np.float32))
        shard.finish(np.ones(300, bool), {})
"""


def write(body, path, most):
    """Run `body` with files of at most `most` bytes; return its exit status and the last line that it said."""
    head = f"""
        import resource
        import numpy as np
        path, ids = {str(path)!r}, [str(i) for i in range(300)]
        resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, resource.RLIM_INFINITY))
    """
    done = subprocess.run([sys.executable, "-c", dedent(head) + dedent(body)], capture_output=True, text=True)
    return done.returncode, done.stderr.strip().split("\n")[-1]


@pytest.mark.parametrize("body", [FACES, FEATURES, ROWS], ids=["faces", "features", "rows"])
@pytest.mark.parametrize("most", [0, 1000, 100_000, 1_100_000])
def test_a_full_disk_is_one_error_and_leaves_nothing(tmp_path, body, most):
    assert write(body, tmp_path / "x.h5", most) == (1, "OSError: [Errno 27] File too large")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("body", [FACES, FEATURES, ROWS], ids=["faces", "features", "rows"])
def test_so_it_is_where_the_last_bytes_do_not_fit(tmp_path, body):
    path = tmp_path / "x.h5"
    assert write(body, path, 1 << 30) == (0, "")
    size = path.stat().st_size
    path.unlink()
    for short in (1, 500, 2500, 6000):
        assert write(body, path, size - short) == (1, "OSError: [Errno 27] File too large")
        assert list(tmp_path.iterdir()) == []


def test_what_fits_is_written_and_filled_further(tmp_path):
    path = tmp_path / "x.h5"
    with new_hdf5(path) as (file, disk):
        file["a"] = np.arange(5)
        disk.check()
    with new_hdf5(path, more=True) as (file, _):
        file["b"] = np.arange(3.0)
    with h5py.File(path, "r") as file:
        assert file["a"][:].tolist() == [0, 1, 2, 3, 4]
        assert file["b"][:].tolist() == [0.0, 1.0, 2.0]
