import io

import h5py
import numpy as np
import pytest
from PIL import Image

from conclugen.faces.contact_sheet import main as contact_sheet
from conclugen.faces.crops import centre_square, cut
from conclugen.faces.shard import FaceShard, FaceShardWriter, FaceTrack, nearest
from conclugen.store.shards import ShardError


def track(count, first=0, rate=16.0, size=32):
    """A track whose crop j is grey of level first + j."""
    crops = []
    for j in range(count):
        data = io.BytesIO()
        Image.fromarray(np.full((size, size, 3), first + j, np.uint8)).save(data, "JPEG", quality=95)
        crops.append(data.getvalue())
    times = np.arange(count) / rate
    return FaceTrack(
        64,
        48,
        times,
        np.full((count, 4), 3.0),
        np.full((count, 5, 2), 4.0),
        np.ones(count),
        np.arange(count) % 4 == 0,
        crops,
    )


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "0000.h5"
    with FaceShardWriter(path, 32, {"settings": "x"}) as writer:
        writer.add("a", True, track(32))
        writer.add("b", False, FaceTrack.empty())
        writer.add("ü c", False, track(5, first=100))
    return path


def test_what_is_written_is_read(shard):
    with FaceShard(shard) as faces:
        assert faces.ids.tolist() == ["a", "b", "ü c"]
        assert faces.present.tolist() == [True, False, False]
        assert faces.size.tolist() == [[64, 48], [0, 0], [64, 48]]
        assert faces.frames_offset.tolist() == [0, 32, 32, 37]
        assert faces.box.shape == (37, 4)
        assert faces.landmarks.shape == (37, 5, 2)
        assert faces.detected.sum() == 10
        assert faces.attributes["settings"] == "x"
        assert len(faces) == 3
        faces.verify()
        times, crops = faces.frames(2)
        np.testing.assert_allclose(times, np.arange(5) / 16)
        assert crops.shape == (5, 32, 32, 3)
        assert crops.dtype == np.uint8
        assert crops[:, 0, 0, 0].tolist() == [100, 101, 102, 103, 104]
        times, crops = faces.frames(1, 1.0)
        assert times.shape == (0,)
        assert crops.shape == (0, 32, 32, 3)
        assert faces.frames(0, 1.0)[1][:, 0, 0, 0].tolist() == [8, 24]


def test_nearest_rows():
    times = np.arange(48) / 16
    assert nearest(times, 1.0).tolist() == [8, 24, 40]
    assert nearest(times, 16.0).tolist() == list(range(48))
    assert nearest(times, 100.0).tolist() == list(range(48))
    assert len(nearest(times, 8.0)) == 24
    assert nearest(times, 0.1).tolist() == [23]
    assert nearest(times[:1], 1.0).tolist() == [0]
    assert nearest(times[:2], 1.0).tolist() == [0]
    assert nearest(times[:0], 1.0).tolist() == []
    assert nearest(np.array([0.0, 0.1, 5.0]), 1.0).tolist() == [1, 2]
    assert nearest(np.array([0.0, 0.1, 5.0]), 16.0).tolist() == [0, 1, 2]


def test_a_failed_writer_leaves_nothing(tmp_path):
    def fail():
        with FaceShardWriter(tmp_path / "x.h5", 32, {}) as writer:
            writer.add("a", True, track(2))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_malformed_tracks_are_refused(tmp_path):
    with pytest.raises(ValueError, match="crops"), FaceShardWriter(tmp_path / "x.h5", 32, {}) as writer:
        writer.add("a", True, FaceTrack.empty())


def test_an_empty_shard(tmp_path):
    with FaceShardWriter(tmp_path / "x.h5", 32, {}):
        pass
    with FaceShard(tmp_path / "x.h5") as faces:
        assert len(faces) == 0


def test_damage_is_noticed(shard, tmp_path):
    data = shard.read_bytes()
    (tmp_path / "cut.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(ShardError, match=r"cut\.h5"):
        FaceShard(tmp_path / "cut.h5")
    with h5py.File(shard, "a") as file:
        file["time_s"][3] = 7.0
    with pytest.raises(ShardError, match="checksum"):
        FaceShard(shard)


def test_a_damaged_crop_is_noticed(shard):
    with h5py.File(shard, "a") as file:
        file["crop"][: file["crop_offset"][1]] = 0
    with FaceShard(shard) as faces:
        with pytest.raises(ShardError, match="checksum"):
            faces.verify()
        with pytest.raises(ShardError, match="damaged"):
            faces.frames(0)


def test_contact_sheet(shard, tmp_path):
    contact_sheet(["--shards", str(shard), "--output", str(tmp_path / "sheet.png"), "--columns", "1", "--crops", "4"])
    with Image.open(tmp_path / "sheet.png") as sheet:
        pixels = np.asarray(sheet)
    height = pixels.shape[0] // 3
    assert pixels[height - 20, 50].tolist() == [0, 0, 0]
    assert pixels[3 * height - 20, 50].tolist() == pytest.approx([100] * 3, abs=2)
    assert pixels[2 * height - 20, 50].tolist() != [0, 0, 0]


def test_a_contact_sheet_of_several_shards_spreads_its_rows_over_them(shard, tmp_path):
    given = ["--shards", str(shard), str(shard), "--columns", "1", "--crops", "4"]
    for name, rows in (("all.png", "24"), ("some.jpg", "4")):
        contact_sheet([*given, "--output", str(tmp_path / name), "--rows", rows])
    heights = [Image.open(tmp_path / name).size[1] // (64 + 14) for name in ("all.png", "some.jpg")]
    assert heights == [6, 4]
    with pytest.raises(SystemExit):
        contact_sheet([*given, "--output", str(tmp_path / "sheet.gif")])


def test_crops_beyond_the_edge_repeat_it():
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :30] = 200
    crop = np.asarray(Image.open(io.BytesIO(cut(image, np.array([-20.0, -20, 40, 40]), 60, 95))))
    assert crop.shape == (60, 60, 3)
    assert crop[5, 5, 0] == pytest.approx(200, abs=3)
    assert crop[55, 57, 0] == pytest.approx(0, abs=3)
    outside = np.asarray(Image.open(io.BytesIO(cut(image, np.array([100.0, 100, 110, 110]), 60, 95))))
    assert outside.max() < 4


def test_crops_keep_the_aspect_and_the_place():
    image = np.zeros((100, 100, 3), np.uint8)
    image[40:60, 40:60] = 255
    crop = np.asarray(Image.open(io.BytesIO(cut(image, np.array([30.0, 30, 70, 70]), 80, 95)))).astype(int)
    assert crop[22:58, 22:58].min() > 230
    assert crop[:18].max() < 25
    np.testing.assert_allclose(centre_square(320, 240), [40, 0, 280, 240])
