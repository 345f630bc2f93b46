"""Weights as TensorFlow.js publishes them: one file of numbers and, beside it, a manifest of names, shapes and scales.

Nothing of a file is run, nothing is read but these two files, and every byte must be accounted for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.store.listing import WeightsError

PLAIN = {"float32": "<f4", "int32": "<i4"}
QUANTISED = {"uint8": "<u1", "uint16": "<u2"}


def manifest_of(path: Path) -> Path:
    """Return where the manifest of a weight file lies, by the name that the converter gives it."""
    return path.with_name(f"{path.stem}-weights_manifest.json")


def read_tfjs(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a weight file by their published names, as float32 or int32.

    What is stored in 8 or 16 bits becomes `number * scale + min`, worked out in double precision as the original does.

    Raises WeightsError where the manifest is missing, damaged or names another file than `path`, has types or shapes
    that do not exist, or where the file is shorter or longer than what it lists.
    """
    manifest = manifest_of(path)
    tensors, data, arrays, place = _tensors(manifest, path.name), path.read_bytes(), {}, 0
    for tensor in tensors:
        name, shape, stored, scale = _layout(tensor, manifest)
        if name in arrays:
            raise WeightsError(f"{manifest}: {name} is listed twice")
        end = place + math.prod(shape) * stored.itemsize
        if end > len(data):
            raise WeightsError(f"{path}: {name} would end at byte {end}, the file at {len(data)}; it was cut short")
        numbers = np.frombuffer(data[place:end], stored).reshape(shape)
        arrays[name] = numbers.copy() if scale is None else (numbers * scale[0] + scale[1]).astype(np.float32)
        place = end
    if place < len(data):
        raise WeightsError(f"{path}: {len(data) - place} bytes at its end belong to nothing that {manifest.name} lists")
    return arrays


def _tensors(manifest: Path, name: str) -> list[Any]:
    """The entries of the one group of a manifest, whose one file is `name`, beside it."""
    try:
        groups = json.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{manifest}: no such file; it is published with {name} and belongs beside it") from error
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{manifest}: cannot be read ({error})") from error
    group = groups[0] if isinstance(groups, list) and len(groups) == 1 else None
    if not isinstance(group, dict) or not isinstance(group.get("weights"), list):
        raise WeightsError(f"{manifest}: not the manifest of one group of weights")
    if group.get("paths") != [name]:
        raise WeightsError(f"{manifest}: lists the files {group.get('paths')}, not {name} alone")
    return group["weights"]


def _layout(tensor: Any, manifest: Path) -> tuple[str, tuple[int, ...], np.dtype, tuple[float, float] | None]:
    """Name, shape, stored type and, where it is quantised, (scale, min) of an entry."""
    if not isinstance(tensor, Mapping) or not isinstance(tensor.get("name"), str):
        raise WeightsError(f"{manifest}: {tensor!r} is no entry with a name")
    name, shape, kind, quantised = (tensor.get(key) for key in ("name", "shape", "dtype", "quantization"))
    if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
        raise WeightsError(f"{manifest}: {name} has the shape {shape!r}")
    if quantised is None:
        if kind not in PLAIN:
            raise WeightsError(f"{manifest}: {name} is of type {kind!r}; known are {', '.join(PLAIN)}")
        return name, tuple(shape), np.dtype(PLAIN[kind]), None
    stored = quantised.get("dtype") if isinstance(quantised, Mapping) else None
    if kind != "float32" or stored not in QUANTISED:
        raise WeightsError(f"{manifest}: {name} is {kind!r} stored as {stored!r}; known is float32 in 8 or 16 bits")
    scale = tuple(quantised.get(key) for key in ("scale", "min"))
    if not all(type(value) in (int, float) and math.isfinite(value) for value in scale):
        raise WeightsError(f"{manifest}: {name} has the scale and minimum {scale}")
    return name, tuple(shape), np.dtype(QUANTISED[stored]), (float(scale[0]), float(scale[1]))
