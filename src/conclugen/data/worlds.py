"""Worlds written from a seed, in which it is known what pretraining can gain: the controls of the whole pipeline.

Entry module. `python -m conclugen.data.worlds --settings JSON --output results/worlds/shared.npz`

Every item has a few Gaussian latents z and a class, the argmax of a random linear map of tanh(1.5 z). Three modalities
see them under private latents of their own that are three times as loud: x = A z + 3 B u + noise, or a non-linear
function of both. Rows of the split `none` have no label. What the worlds differ in is told by KINDS.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.data.settings import World as Settings
from conclugen.store.atomic import atomic_path
from conclugen.store.settings import parse

MODALITIES = ("video", "audio", "text")
CLASSES = ("a", "b", "c", "d")
SPLITS = ("test", "valid", "train", "none")  # in the order of drawing: other sizes leave the splits before as they are
STEEPNESS = 1.5  # of the labels in the latents


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a world is like.

    Attributes:
        latents: Gaussian numbers per item that decide its class; the oracle.
        shared: every modality sees all latents; otherwise each sees a part of its own, and no other one does.
        labelled: classes follow the latents; otherwise they are drawn without looking at them.
        dims: width of each modality.
        private: latents per modality that decide nothing.
        loudness: amplitude of their part relative to that of the latents.
        hidden: width of a tanh layer in the mixing; 0 for a linear mixing.
        bend: deviation of what tanh sees; the larger, the less linear.
        noise: amplitude of white noise, where the part of the latents has 1.
        varied: each stream has a scale and offsets of its own.
    """

    latents: int = 6
    shared: bool = True
    labelled: bool = True
    dims: tuple[int, int, int] = (128, 128, 128)
    private: int = 40
    loudness: float = 3.0
    hidden: int = 0
    bend: float = 1.0
    noise: float = 0.5
    varied: bool = False


KINDS = {
    "shared": Kind(),
    "shared-nonlinear": Kind(hidden=256, noise=0.1),
    "second": Kind(
        latents=5, dims=(160, 96, 64), private=12, loudness=2.0, hidden=256, bend=0.7, noise=0.1, varied=True
    ),
    "private": Kind(shared=False),
    "null": Kind(labelled=False),
}


Parameters = Mapping[str, np.ndarray]


def draw(settings: Settings) -> dict[str, np.ndarray]:
    """Return the arrays of a world, N rows each: `ids`, `split`, `label` (a class, or nothing), the three modalities
    (N, D) and `latents` (N, K), float32. Raises ValueError for an unknown kind.
    """
    if settings.kind not in KINDS:
        raise ValueError(f"worlds: kind {settings.kind!r} is unknown; allowed: {', '.join(KINDS)}")
    kind = KINDS[settings.kind]
    parameters = mixings(kind, np.random.default_rng([settings.seed, len(SPLITS)]))
    sizes = {"none": settings.unlabelled} | {name: getattr(settings, name) for name in SPLITS if name != "none"}
    parts = []
    for number, split in enumerate(SPLITS):
        part = items(kind, parameters, sizes[split], np.random.default_rng([settings.seed, number]))
        part |= {"split": np.full(sizes[split], split)}
        part |= {"ids": np.array([f"{split}-{row:07d}" for row in range(sizes[split])], dtype=str)}
        parts.append(part | ({"label": np.full(sizes[split], "")} if split == "none" else {}))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def mixings(kind: Kind, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return what all items of a world have in common: the map to classes and, by modality, the mixing."""
    seen = kind.latents if kind.shared else kind.latents // len(MODALITIES)
    parameters = {"classes": generator.normal(size=(kind.latents, len(CLASSES)))}
    for name, dim in zip(MODALITIES, kind.dims, strict=True):
        inner = kind.hidden or dim
        parameters[f"{name}.latents"] = generator.normal(size=(seen, inner)) / np.sqrt(seen)
        parameters[f"{name}.private"] = kind.loudness * generator.normal(size=(kind.private, inner))
        parameters[f"{name}.private"] /= np.sqrt(kind.private)
        parameters[f"{name}.out"] = generator.normal(size=(inner, dim)) / np.sqrt(inner)
        parameters[f"{name}.scale"] = 10 ** generator.uniform(-2, 2, size=1) if kind.varied else np.ones(1)
        spread = 3 * generator.normal(size=dim)
        parameters[f"{name}.offset"] = spread if kind.varied else np.zeros(dim)
    return parameters


def items(kind: Kind, parameters: Parameters, count: int, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return latents, modalities and class of `count` items."""
    latents = generator.normal(size=(count, kind.latents))
    arrays: dict[str, np.ndarray] = {"latents": latents.astype(np.float32)}
    parts = [latents] * len(MODALITIES) if kind.shared else np.array_split(latents, len(MODALITIES), axis=1)
    for name, seen in zip(MODALITIES, parts, strict=True):
        arrays[name] = mix(kind, parameters, name, seen, generator).astype(np.float32)
    decisive = latents if kind.labelled else generator.normal(size=latents.shape)
    arrays["label"] = np.array(CLASSES)[(np.tanh(STEEPNESS * decisive) @ parameters["classes"]).argmax(1)]
    return arrays


def mix(kind: Kind, parameters: Parameters, name: str, seen: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the features (N, D) of one modality for the latents (N, K) that it sees."""
    private = generator.normal(size=(len(seen), kind.private))
    value = seen @ parameters[f"{name}.latents"] + private @ parameters[f"{name}.private"]
    if kind.hidden:
        unit = np.sqrt(1 + kind.loudness**2) / kind.bend  # the deviation of `value` is its numerator
        value = unit * np.tanh(value / unit) @ parameters[f"{name}.out"]
    value = value + kind.noise * generator.normal(size=value.shape)
    return parameters[f"{name}.scale"] * (value + parameters[f"{name}.offset"])


def main(argv: Sequence[str] | None = None) -> None:
    """Write a world as the adapter `features` reads it."""
    parser = argparse.ArgumentParser(description="Write a world from its seed.")
    parser.add_argument("--settings", required=True, help="JSON of conclugen.data.worlds.Settings")
    parser.add_argument("--output", required=True, type=Path, help=".npz to write")
    flags = parser.parse_args(argv)
    arrays = draw(parse(Settings, flags.settings))
    with atomic_path(flags.output) as temporary:
        np.savez(temporary, **arrays)


if __name__ == "__main__":
    main()
