"""Weights of TensorFlow.js: what is read, and every way in which a pair of files can be wrong."""

import json

import numpy as np
import pytest

from conclugen.store.listing import WeightsError
from conclugen.store.tfjs import manifest_of, read_tfjs

EIGHT = {"dtype": "uint8", "scale": 0.5, "min": -3.0}
SIXTEEN = {"dtype": "uint16", "scale": 0.001, "min": 1.0}
ENTRIES = [
    {"name": "a/filters", "shape": [2, 3], "dtype": "float32", "quantization": EIGHT},
    {"name": "a/bias", "shape": [2], "dtype": "float32", "quantization": SIXTEEN},
    {"name": "plain", "shape": [2], "dtype": "float32"},
    {"name": "counter", "shape": [], "dtype": "int32"},
]
DATA = b"".join(
    [
        np.arange(6, dtype=np.uint8).tobytes(),
        np.array([0, 65535], "<u2").tobytes(),
        np.array([1.5, -2.5], "<f4").tobytes(),
        np.array(-7, "<i4").tobytes(),
    ]
)


def write(folder, entries=ENTRIES, data=DATA, paths=("net.bin",)):
    path = folder / "net.bin"
    path.write_bytes(data)
    manifest_of(path).write_text(json.dumps([{"weights": entries, "paths": list(paths)}]))
    return path


def test_every_type_is_read_and_put_back_to_its_scale(tmp_path):
    found = read_tfjs(write(tmp_path))
    assert list(found) == ["a/filters", "a/bias", "plain", "counter"]
    np.testing.assert_array_equal(found["a/filters"], [[-3, -2.5, -2], [-1.5, -1, -0.5]])
    np.testing.assert_allclose(found["a/bias"], [1, 66.535], rtol=1e-7)
    np.testing.assert_array_equal(found["plain"], [1.5, -2.5])
    assert found["counter"].shape == ()
    assert found["counter"] == -7
    assert [one.dtype.name for one in found.values()] == ["float32"] * 3 + ["int32"]
    assert all(one.flags.writeable for one in found.values())


def changed(index, **fields):
    return [entry | fields if i == index else entry for i, entry in enumerate(ENTRIES)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"data": DATA[:-1]}, r"net\.bin: counter would end at byte 22, the file at 21; it was cut short"),
        ({"data": DATA[:3]}, "a/filters would end at byte 6"),
        ({"data": DATA + b"xy"}, r"2 bytes at its end belong to nothing"),
        ({"entries": ENTRIES[:-1]}, "4 bytes at its end"),
        ({"entries": changed(1, name="plain")}, "plain is listed twice"),
        ({"entries": changed(0, shape=[1 << 60, 1 << 60])}, "would end at byte"),
        ({"entries": changed(0, shape=[2, -3])}, r"a/filters has the shape \[2, -3\]"),
        ({"entries": changed(0, shape=[2, 3.0])}, "has the shape"),
        ({"entries": changed(0, shape=[True, 6])}, "has the shape"),
        ({"entries": changed(0, shape="23")}, "has the shape"),
        ({"entries": changed(2, dtype="string")}, "plain is of type 'string'; known are float32, int32"),
        ({"entries": changed(2, dtype="complex64")}, "is of type"),
        ({"entries": changed(0, quantization={"dtype": "float16"})}, "stored as 'float16'"),
        ({"entries": changed(0, dtype="int32")}, "is 'int32' stored as 'uint8'"),
        ({"entries": changed(0, quantization=EIGHT | {"scale": None})}, "has the scale and minimum"),
        ({"entries": changed(0, quantization=EIGHT | {"min": float("nan")})}, "has the scale and minimum"),
        ({"entries": changed(0, quantization="uint8")}, "stored as None"),
        ({"entries": changed(0, name=3)}, "no entry with a name"),
        ({"entries": ["a"]}, "no entry with a name"),
        ({"paths": ["net.bin", "net2.bin"]}, r"not net\.bin alone"),
        ({"paths": ["../net.bin"]}, r"lists the files \['\.\./net\.bin'\]"),
        ({"paths": ["/etc/passwd"]}, "lists the files"),
        ({"paths": []}, "lists the files"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, given, message):
    with pytest.raises(WeightsError, match=message):
        read_tfjs(write(tmp_path, **given))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[1]", '[{"paths": ["net.bin"]}]', "[" * 100_000, "[{}, {}]", "\udcff"]
)
def test_a_damaged_manifest_is_refused(tmp_path, text):
    path = write(tmp_path)
    manifest_of(path).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(WeightsError, match=r"net-weights_manifest\.json: (cannot be read|not the manifest)"):
        read_tfjs(path)


def test_a_missing_manifest_is_asked_for(tmp_path):
    path = write(tmp_path)
    manifest_of(path).unlink()
    with pytest.raises(WeightsError, match=r"net-weights_manifest\.json: no such file; it is published with net\.bin"):
        read_tfjs(path)
