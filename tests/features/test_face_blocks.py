"""Face crops read in blocks."""

import functools

import numpy as np
import pytest
from face_fixture import write_faces

from conclugen.faces.shard import FaceShard
from conclugen.features import faces
from conclugen.features.common import Collector
from conclugen.features.frames3d import window_indices
from conclugen.store.ledger import Status
from conclugen.store.shards import ShardError


def moving(count):
    rng = np.random.default_rng(count)
    return rng.integers(0, 255, (count, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize("fps", [16.0, 5.0])
@pytest.mark.parametrize("stride", [4, 3])
@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_joined_are_the_windows_of_the_whole_clip(tmp_path, monkeypatch, fps, stride, threads):
    path = write_faces(tmp_path / "0.h5", {"a": moving(41), "b": None, "c": moving(3)}, 8)
    index, most = functools.partial(window_indices, window=4, stride=stride), []
    whole = FaceShard.read
    monkeypatch.setattr(faces.devices, "spare_threads", lambda: threads)
    monkeypatch.setattr(
        FaceShard, "read", lambda self, i, chosen, each=map: most.append(len(chosen)) or whole(self, i, chosen, each)
    )
    with FaceShard(path) as shard:
        collector = Collector("frames3d", shard.ids, 1)
        found = list(faces.Clips(shard, {}).blocks(fps, collector, index, 2))
        assert max(most) <= 8
        assert all(len(block) <= 2 for _, block in found)
        assert {row for row, _ in found} == {0, 2}
        for row in (0, 2):
            frames = shard.frames(row, fps)[1]
            joined = np.concatenate([block for r, block in found if r == row])
            np.testing.assert_array_equal(joined, frames[index(len(frames))])
    assert collector.losses == {1: (Status.NO_FACE, "no face was found")}
    assert collector.seconds[0] > 0


def test_a_damaged_crop_is_named_whatever_thread_decodes_it(tmp_path, monkeypatch):
    path = write_faces(tmp_path / "0.h5", {"a": moving(9)}, 8)
    monkeypatch.setattr(faces.devices, "spare_threads", lambda: 3)
    with FaceShard(path) as shard:
        end = int(shard._crop_offset[5])
        monkeypatch.setattr(shard, "_crop", np.concatenate([shard._crop[:end], np.zeros_like(shard._crop[end:])]))
        clips = faces.Clips(shard, {}).whole(16.0, Collector("frames2d", shard.ids, 1))
        with pytest.raises(ShardError, match="a crop of a is damaged"):
            list(clips)
