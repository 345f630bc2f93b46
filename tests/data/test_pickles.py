"""Pickles of plain data are read, and nothing that a pickle names is ever run."""

import collections
import contextlib
import os
import pickle
import struct

import numpy as np
import pytest

from conclugen.data.array_files import ArrayError
from conclugen.data.pickles import Filled, plain, read_plain

ARRAYS = {
    "floats": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "by column": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(4, dtype=">i4"),
    "words": np.array(["a", "bcd", "é"]),
    "objects": np.array(["x", None, 3], dtype=object),
    "empty": np.zeros((0, 5)),
    "truth": np.array([True, False]),
}


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_every_protocol_are_as_they_were(tmp_path, protocol, name):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"a": ARRAYS[name], "n": [1, 2.5, None, True], "t": ("b", b"c")}, protocol))
    held = read_plain(path)
    found = plain(held["a"])
    assert found.dtype == ARRAYS[name].dtype
    np.testing.assert_array_equal(found, ARRAYS[name])
    assert held["n"] == [1, 2.5, None, True]
    assert held["t"] == ("b", b"c")


def test_numbers_of_numpy_are_numbers(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps([np.float32(0.5), np.int64(-3)]))
    assert read_plain(path) == [0.5, -3]


class Runs:
    """What a hostile file does: it names a function and has it called."""

    def __init__(self, called, *arguments):
        self.given = called, arguments

    def __reduce__(self):
        return self.given


def _global(module, name):
    return b"\x80\x02c" + f"{module}\n{name}\n".encode()


HOSTILE = {
    "a call of the system": lambda mark: pickle.dumps({"train": Runs(os.system, f"touch {mark}")}),
    "a call by its name": lambda mark: b"cposix\nsystem\n(S'touch " + str(mark).encode() + b"'\ntR.",
    "an evaluation": lambda mark: pickle.dumps(Runs(eval, f"open({str(mark)!r}, 'w')")),
    "a class of the standard library": lambda mark: pickle.dumps(collections.OrderedDict(a=1)),
    "another function of numpy": lambda mark: _global("numpy", "fromfile") + b"X\x01\x00\x00\x00xq\x00\x85R.",
    "load of numpy": lambda mark: _global("numpy.core.multiarray", "fromstring") + b"U\x01x\x85R.",
    "an old instance": lambda mark: b"(S'touch " + str(mark).encode() + b"'\nios\nsystem\n.",
    "a new object": lambda mark: pickle.dumps(complex(1, 2)) + b"",
    "a registered extension": lambda mark: b"\x80\x02\x82\x01.",
    "a person of another file": lambda mark: b"\x80\x02U\x01xQ.",
    "a state for what is only named": lambda mark: _global("numpy", "dtype") + b"}U\x01xK\x01sb.",
    "a call of an array": lambda mark: _global("numpy", "ndarray") + b")R.",
    "a name inside a name": lambda mark: b"\x80\x04\x8c\x05numpy\x8c\x0cdtype.mro.im\x93.",
    "an array of another class": lambda mark: _global("numpy", "dtype") + b"U\x04V9xxK\x00K\x01\x87R.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_runs_code_is_refused_unrun(tmp_path, name):
    mark, path = tmp_path / "ran", tmp_path / "x.pkl"
    path.write_bytes(HOSTILE[name](mark))
    with pytest.raises(ArrayError, match=r"x\.pkl: refused, since it holds more than dicts.*nothing of it was run"):
        read_plain(path)
    assert not mark.exists()


def test_the_hostile_files_do_what_they_say_where_they_are_not_refused(tmp_path):
    """Without this the test above could pass for files that harm nobody."""
    mark = tmp_path / "ran"
    pickle.loads(HOSTILE["a call by its name"](mark))  # noqa: S301
    assert mark.exists()


CLAIMS = {
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x.",
    "a string": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"x.",
    "an array of bytes": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"x.",
    "a frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b"N.",
    "a number": b"\x80\x02\x8b" + struct.pack("<i", (1 << 31) - 1) + b"\x01.",
    "an array": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    b"(K\x01\x8a\x06\x00\x00\x00\x00\x00\x01\x85cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R\x89U\x08\x00\x00\x00\x00\x00\x00\x00\x00tb.",
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_file_that_claims_more_than_it_holds_is_refused(tmp_path, name):
    path = tmp_path / "x.pkl"
    path.write_bytes(CLAIMS[name])
    with pytest.raises(ArrayError, match="refused"):
        read_plain(path)


def test_a_far_place_of_the_memo_asks_for_no_memory(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(b"\x80\x02Nr" + struct.pack("<I", 0xFFFFFFFE) + b".")  # some 64 GB, of the reader in C
    assert read_plain(path) is None


@pytest.mark.parametrize("data", [b"", b"not a pickle", b"\x80\x04", pickle.dumps([1, 2])[:-3], b"\x80\x63N."])
def test_a_damaged_file_is_refused(tmp_path, data):
    path = tmp_path / "x.pkl"
    path.write_bytes(data)
    with pytest.raises(ArrayError, match=r"x\.pkl: refused"):
        read_plain(path)


def test_a_file_cut_anywhere_is_refused_or_plain(tmp_path):
    whole = pickle.dumps({"a": np.arange(4.0), "b": ["x"]}, 4)
    path = tmp_path / "x.pkl"
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(ArrayError):
            read_plain(path)
    for place in range(2, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        with contextlib.suppress(ArrayError):
            assert isinstance(read_plain(path), dict | list | tuple | str | bytes | int | float | None | set | Filled)
