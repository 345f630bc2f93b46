"""Arrays are opened and checked before their values are read, in each kind of file."""

import zipfile

import h5py
import numpy as np
import pytest

from conclugen.data.array_files import ArrayError, open_member
from conclugen.data.arrays import read_array
from conclugen.data.text import decode, open_text

VALUES = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("values", [VALUES, np.asfortranarray(VALUES), VALUES[:, 1], np.zeros((0, 3)), np.array(["x"])])
def test_members_come_as_numpy_wrote_them(tmp_path, save, values):
    save(tmp_path / "a.npz", x=values)
    found = read_array(tmp_path / "a.npz", "x")
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


def test_a_member_that_is_no_array_is_refused_unread(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(1 << 20))
        archive.writestr("y", b"text")
    for key in ("x", "y"):
        with pytest.raises(ArrayError, match="no array that numpy saved"):
            read_array(tmp_path / "a.npz", key)


def test_damage_is_named(tmp_path):
    path = tmp_path / "a.npz"
    np.save(tmp_path / "bare.npy", VALUES)
    (tmp_path / "bare.npy").rename(tmp_path / "bare.npz")
    with pytest.raises(ArrayError, match="cannot be read"):
        read_array(tmp_path / "bare.npz", "x")
    np.savez(path, x=VALUES)
    data = bytearray(path.read_bytes())
    data[data.find(VALUES[1].tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArrayError, match="CRC"):
        read_array(path, "x")
    with zipfile.ZipFile(path, "w") as archive:
        np.savez(tmp_path / "whole.npz", x=VALUES)
        archive.writestr("x.npy", zipfile.ZipFile(tmp_path / "whole.npz").read("x.npy")[:-8])
    with pytest.raises(ArrayError, match="cut short"):
        read_array(path, "x")


def test_a_header_that_claims_more_than_the_archive_holds_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(4))
    whole = (
        zipfile.ZipFile(tmp_path / "a.npz").read("x.npy").replace(b"(4,)", b"(9999999999,)").replace(b" " * 9, b"", 1)
    )
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("x.npy", whole)
    with pytest.raises(ArrayError, match="claims 79999999992 bytes"), open_member(tmp_path / "b.npz", "x"):
        pass


@pytest.mark.parametrize("value", [np.float32(1), h5py.Empty("f4")])
def test_hdf5_without_rows_is_refused(tmp_path, value):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = value
    with pytest.raises(ArrayError, match="single value or none"):
        read_array(tmp_path / "a.h5", "x")


@pytest.mark.parametrize(
    "data",
    [
        "a\u00e9\u4e2d\r\n".encode(),
        b"\xef\xbb\xbfa,b",
        "a\u00e9\n".encode("utf-16"),
        b"It\x92s \xe9\xe2\x82 \x81\xff",
        b"",
    ],
)
def test_a_stream_of_text_is_decoded_as_the_whole(tmp_path, data):
    (tmp_path / "t").write_bytes(data)
    with open_text(tmp_path / "t") as handle:
        assert handle.read() == decode(data)


OUTSIDE = ("link", "group/x", "alias/x", "stored", "virtual", "chain")


@pytest.mark.parametrize("key", OUTSIDE)
def test_hdf5_reads_no_other_file(tmp_path, key):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = VALUES
    (tmp_path / "other.txt").write_text("of somebody else" * 4)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["link"] = h5py.ExternalLink("other.h5", "/x")
        file["group"] = h5py.ExternalLink("other.h5", "/")
        file["alias"] = h5py.SoftLink("/group")
        file["chain"] = h5py.SoftLink("/chain")
        file.create_dataset("stored", (4,), "S16", external=[(str(tmp_path / "other.txt"), 0, 64)])
        layout = h5py.VirtualLayout((2, 3), "f8")
        layout[:] = h5py.VirtualSource("other.h5", "x", (2, 3))
        file.create_virtual_dataset("virtual", layout)
    with pytest.raises(ArrayError, match="copy the values into this one"):
        read_array(tmp_path / "a.h5", key)


def test_hdf5_follows_links_within_the_file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["group/x"] = VALUES
        file["hard"] = file["group/x"]
        file["soft"], file["group/near"] = h5py.SoftLink("/group/x"), h5py.SoftLink("x")
        file["alias"], file["lost"] = h5py.SoftLink("group"), h5py.SoftLink("/nowhere")
    for key in ("hard", "soft", "group/near", "alias/near", "/alias/x"):
        np.testing.assert_array_equal(read_array(tmp_path / "a.h5", key), VALUES)
    for key in ("lost", "group/x/y", "../a.h5"):
        with pytest.raises(ArrayError, match="no array"):
            read_array(tmp_path / "a.h5", key)
