"""Every face of an utterance: which are rows, in which order, and what is told of the others."""

import numpy as np
import pytest
from make_media import write_media

from conclugen.faces import cutter
from conclugen.faces.each import cut_each, extract_each
from conclugen.faces.extract import extract
from conclugen.faces.shard import FaceShard
from conclugen.media.items import MediaItem
from conclugen.store.ledger import Status, read_ledger

ITEM = MediaItem("u", "v.mp4", None, None, None, 1, "")


@pytest.fixture
def pair(scene):
    """Draw 2 s (50 frames) with a face on the right and, in the frames `shown`, a smaller one on the left."""

    def draw(shown):
        frames = scene([(250, 20)] * 50, 240, 480)
        frames[shown, :, :240] = scene([(30, 30)], 240, 240, scale=0.8)
        return frames

    return draw


def test_faces_are_in_order_of_appearance_then_from_left_to_right(tmp_path, settings, pair):
    write_media(tmp_path / "v.mp4", pair(slice(0, 50)))
    found, note = extract_each(ITEM, str(tmp_path), settings())
    lefts = [one.track.box[:, 0].mean() for one in found]
    assert lefts[0] < 150 < 300 < lefts[1]
    assert [len(one.track.crops) for one in found] == [32, 32]
    assert note == ""
    write_media(tmp_path / "v.mp4", pair(slice(25, 50)))  # now the left one is late
    found, _ = extract_each(ITEM, str(tmp_path), settings())
    assert found[0].track.box[:, 0].mean() > 300
    assert found[1].track.time_s[0] >= 0.99


def test_the_face_that_training_takes_is_one_of_them_byte_for_byte(tmp_path, settings, pair):
    write_media(tmp_path / "v.mp4", pair(slice(0, 50)))
    chosen = extract(ITEM, str(tmp_path), settings())
    found, _ = extract_each(ITEM, str(tmp_path), settings())
    assert [one.track.crops == chosen.track.crops for one in found] == [False, True]


def test_a_short_face_is_a_note_unless_it_is_all_there_is(tmp_path, settings, pair):
    write_media(tmp_path / "v.mp4", pair(slice(0, 10)))
    found, note = extract_each(ITEM, str(tmp_path), settings())
    assert len(found) == 1
    assert note == "faces: 1 more for less than 0.5 s"
    frames = pair(slice(0, 10))
    frames[:, :, 240:] = 110
    write_media(tmp_path / "v.mp4", frames)
    found, note = extract_each(ITEM, str(tmp_path), settings())
    assert (len(found), found[0].present, note) == (1, True, "")


def test_faces_beyond_the_bound_are_told(tmp_path, settings, pair, monkeypatch):
    monkeypatch.setattr(cutter, "CANDIDATES", 1)
    write_media(tmp_path / "v.mp4", pair(slice(0, 50)))
    found, note = extract_each(ITEM, str(tmp_path), settings())
    assert found[0].track.box[:, 0].mean() > 300  # the larger one
    assert note == "faces: 1 more beside 4 that were larger or surer"


def test_a_shard_has_a_row_for_each_face_and_for_what_has_none(tmp_path, settings, pair):
    write_media(tmp_path / "v.mp4", pair(slice(0, 50)))
    write_media(tmp_path / "grey.mp4", np.full((25, 120, 160, 3), 110, np.uint8))
    names = ["grey.mp4", "v.mp4", "gone.mp4"]
    items = [MediaItem(name, name, None, None, None, 1, "") for name in names]
    made = (tmp_path / "f.h5", tmp_path / "f.ledger.csv")
    rows = cut_each(items, str(tmp_path), settings(), 1, *made)
    assert [row.item for row in rows] == [0, 1, 1, 2]
    with FaceShard(made[0]) as shard:
        assert shard.ids.tolist() == ["grey.mp4.1", "v.mp4.1", "v.mp4.2", "gone.mp4.1"]
        assert shard.present.tolist() == [False, True, True, False]
        shard.verify()
    statuses = [row.status for row in read_ledger(made[1])]
    assert statuses == [Status.NO_FACE, Status.OK, Status.OK, Status.MISSING_MEDIA]
