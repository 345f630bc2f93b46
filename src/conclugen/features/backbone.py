"""What a backbone is: a constructor, a weight file with its sha256, a preprocessing, a dimension and its history."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from conclugen.features.settings import WeightFile
from conclugen.store.listing import WeightsError, beside, listing_text, read_listing
from conclugen.store.packaged import verify
from conclugen.store.pointers import pointer
from conclugen.store.provenance import file_sha256

SHORTEST_HASH = 8


class Weights(Protocol):
    """A weight file that can be found and verified."""

    def locate(self) -> Path:
        """Return the verified path; raises WeightsError."""


@dataclasses.dataclass(frozen=True)
class StagedWeights:
    """A published weight file under `weights/`: what it is, where it comes from and what to use without it; whether the
    network is built from its folder, too (a tokenizer, a configuration)."""

    file: WeightFile
    source: str
    instead: str
    folder: bool = False

    def locate(self) -> Path:
        """Return the verified path.

        Raises WeightsError that names the file, its source and the embedded backbone that needs no file. What a
        listing beside it names (a tokenizer, a configuration) is verified, too.
        """
        path, expected = Path(self.file.path), self.file.sha256.lower()
        if not path.is_file():
            raise WeightsError(
                f"{path}: no such weight file. Get it from {self.source} and put it there, "
                f"or go on with the embedded one: set backbone to {self.instead} and weights to null."
            )
        if len(expected) < SHORTEST_HASH:
            raise WeightsError(f"{path}: sha256 is given as {expected!r}; at least {SHORTEST_HASH} digits are needed")
        sha256 = file_sha256(path)
        if not sha256.startswith(expected):
            reason = pointer(path) or "the file was replaced or cut short"
            raise WeightsError(f"{path}: sha256 is {sha256}, expected {expected}; {reason}")
        for name, listed in read_listing(path.parent).items():
            if name != path.name:
                verify(path.parent / name, listed)
        return path


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A frozen network that turns one kind of input into vectors.

    Attributes:
        name: its name in the configuration.
        weights: the file, which knows how to find and verify itself.
        construct: builds the module from the verified file, with a strict load. What the module takes depends on the
            stream: `frames2d` images (N, 3, S, S) and `frames3d` clips (N, 3, T, S, S), both RGB in [0, 1]; `audio` a
            list of waves (T,) in [-1, 1] at `rate`; `text` a list of strings. It returns (N, dim).
        preprocessing: what the module does to its input, in a few words.
        dim: length of the vector; None where only the constructed module knows it, as its attribute `dim`.
        licence: of the weights.
        rate: audio only, samples per second.
        size: visual only, pixels of the square input where the settings leave it open.
    """

    name: str
    weights: Weights
    construct: Callable[[Path], nn.Module]
    preprocessing: str
    dim: int | None
    licence: str
    rate: int = 0
    size: int | None = None

    def load(self, where: torch.device) -> tuple[nn.Module, str]:
        """Return the frozen module on a device and the sha256 of its weights. Raises WeightsError."""
        path = self.weights.locate()
        module = self.construct(path).eval().requires_grad_(False).to(where)
        return module, file_sha256(path)

    def width(self, module: nn.Module) -> int:
        """Return the length of the vector that the constructed module gives."""
        return module.dim if self.dim is None else self.dim

    def attributes(self, sha256: str) -> dict[str, str]:
        """Return what a shard records of the backbone."""
        values = {
            "backbone": self.name,
            "weights_sha256": sha256,
            "preprocessing": self.preprocessing,
            "licence": self.licence,
        }
        if isinstance(self.weights, StagedWeights) and self.weights.folder:
            companions = listing_text(beside(Path(self.weights.file.path)))
            values["beside_sha256"] = hashlib.sha256(companions.encode()).hexdigest()
        return values


def embedded(name: str, file: WeightFile | None) -> None:
    """Raise ValueError when a weight file is given for a backbone that brings its own."""
    if file is not None:
        raise ValueError(f"{name} brings its own weights; set weights to null instead of {file.path}")


def staged(name: str, file: WeightFile | None, source: str, instead: str, folder: bool = False) -> StagedWeights:
    """Return the staged weights of a published backbone; raises WeightsError when none are named."""
    if file is None:
        raise WeightsError(
            f"{name} needs a weight file: set weights to its path and sha256 (it comes from {source}), "
            f"or go on with the embedded backbone: {instead}."
        )
    return StagedWeights(file, source, instead, folder)


def chosen(settings: Any) -> Backbone:
    """Return the backbone that a stream's settings name: `build` of the module of that name in `features/backbones/`,
    given those settings that it asks for. Raises ValueError where there is no such module.
    """
    name = f"conclugen.features.backbones.{settings.backbone}"
    if importlib.util.find_spec(name) is None:
        raise ValueError(f"backbone is {settings.backbone!r}; there is no module {name}")
    build = importlib.import_module(f"conclugen.features.backbones.{settings.backbone}").build
    return build(**{asked: getattr(settings, asked) for asked in inspect.signature(build).parameters})


def required(name: str, model: str | None) -> str:
    """Return the model that a backbone by name is told to use; raises ValueError when there is none."""
    if model is None:
        raise ValueError(f"{name} is a family of networks: set model to the name of one")
    return model


def load_strictly(module: nn.Module, state: dict[str, Any], what: str) -> nn.Module:
    """Load every parameter by name; raises WeightsError naming the file when names or shapes differ."""
    try:
        module.load_state_dict(state, strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:500]
        raise WeightsError(f"{what}: not the weights of this network. {reason}") from error
    return module


def published_state(state: dict[str, Any], unused: tuple[str, ...]) -> dict[str, Any]:
    """Return a checkpoint's parameters without those of `unused` modules and without DataParallel's `module.`."""
    plain = {name.removeprefix("module."): value for name, value in state.items()}
    return {name: value for name, value in plain.items() if name.split(".")[0] not in unused}
