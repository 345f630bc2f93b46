"""Synthetic weights of FaceLandmark68Net in the published form: every name and shape, 8 bits a number."""

from __future__ import annotations

import json

import numpy as np

NAME = "face_landmark_68_model"
WIDTHS = (3, 32, 64, 128, 256)


def shapes():
    """The published names, in order, with their shapes."""
    found = {}
    for block in range(4):
        for conv in range(4):
            wide, channels = WIDTHS[block] if conv == 0 else WIDTHS[block + 1], WIDTHS[block + 1]
            at = f"dense{block}/conv{conv}"
            if (block, conv) == (0, 0):
                found[f"{at}/filters"] = [3, 3, wide, channels]
            else:
                found[f"{at}/depthwise_filter"] = [3, 3, wide, 1]
                found[f"{at}/pointwise_filter"] = [1, 1, wide, channels]
            found[f"{at}/bias"] = [channels]
    return found | {"fc/weights": [256, 136], "fc/bias": [136]}


def numbers(shape, seed):
    """Bytes of one tensor, and the scale and minimum that keep a network of such tensors in bounds."""
    fan = int(np.prod(shape[:-1])) if shape[-1] != 1 else 9
    reach = float(np.sqrt(3 / fan)) if len(shape) > 1 else 0.1
    stored = np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)
    return stored, round(2 * reach / 255, 8), round(-reach, 8)


def write(folder, changed=None):
    """Write both files; `changed` maps names to other arrays (float32, stored as they are), or None to leave one out.

    Returns the path of the weights.
    """
    changed, data, entries = changed or {}, b"", []
    names = {name: shape for name, shape in shapes().items() if changed.get(name, 0) is not None}
    for seed, name in enumerate(list(names) + [name for name in changed if name not in shapes()]):
        if name in changed:
            data += np.asarray(changed[name], "<f4").tobytes()
            entries.append({"name": name, "shape": list(np.shape(changed[name])), "dtype": "float32"})
            continue
        stored, scale, low = numbers(names[name], seed)
        data += stored.tobytes()
        quantised = {"dtype": "uint8", "scale": scale, "min": low}
        entries.append({"name": name, "shape": names[name], "dtype": "float32", "quantization": quantised})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.bin"
    path.write_bytes(data)
    (folder / f"{NAME}-weights_manifest.json").write_text(json.dumps([{"weights": entries, "paths": [path.name]}]))
    return path


def pattern(count, size=112):
    """Images (count, size, size, 3) uint8 of moving waves."""
    t, y, x = np.meshgrid(np.arange(count), np.arange(size), np.arange(size), indexing="ij")
    waves = [np.sin(0.21 * x + 0.4 * t), np.cos(0.17 * y - 0.3 * t), np.sin(0.05 * (x + y) + 0.5 * t)]
    return np.round(np.stack(waves, -1) * 127.5 + 127.5).astype(np.uint8)
