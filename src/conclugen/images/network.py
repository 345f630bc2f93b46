"""A network for images with its projection head, and the folder that keeps one."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from conclugen.features.backbone import load_strictly
from conclugen.images import shape
from conclugen.images.augment import channelled
from conclugen.store.atomic import atomic_path, write_text
from conclugen.store.provenance import file_sha256

WEIGHTS, ABOUT = "model.safetensors", "settings.json"
PROJECTION = 128


class ImageModelError(RuntimeError):
    """A folder of a network that is missing, altered, or about other weights."""


class ImageNetwork(nn.Module):
    """Pictures (N, 1 or 3, S, S) in [0, 1] to representations (N, D) and, by a head that is dropped later, projections.

    Grey pictures are colour without colour, and a network of grey ones sees the brightness of others.
    """

    def __init__(self, name: str, channels: int, width: int) -> None:
        super().__init__()
        build = importlib.import_module(f"conclugen.images.networks.{name}").build
        self.channels = channels
        self.trunk, self.dim = build(channels, width)
        self.head = nn.Sequential(nn.Linear(self.dim, self.dim), nn.ReLU(), nn.Linear(self.dim, PROJECTION))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return projections (N, 128) of unit length."""
        return functional.normalize(self.head(self.represent(images)).float(), dim=1)

    def represent(self, images: torch.Tensor) -> torch.Tensor:
        """Return representations (N, D)."""
        return self.trunk(channelled(images, self.channels).contiguous(memory_format=torch.channels_last)).float()


def drawn(name: str, channels: int, width: int, seed: int) -> ImageNetwork:
    """Return a network with the weights that it starts from: of this seed, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ImageNetwork(name, channels, width)


def save(network: ImageNetwork, folder: Path, about: dict[str, Any]) -> str:
    """Write weights, which say their `Shape` themselves, and what is told of them; return the sha256 of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with atomic_path(folder / WEIGHTS) as temporary:
        save_file(state, temporary, shape.of(about).texts())
    sha256 = file_sha256(folder / WEIGHTS)
    write_text(folder / ABOUT, json.dumps(about | {"weights_sha256": sha256}, indent=2, sort_keys=True) + "\n")
    return sha256


def about(folder: Path) -> dict[str, Any]:
    """Return what is told of a network. Raises ImageModelError."""
    try:
        return json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ImageModelError(f"{folder / ABOUT}: cannot be read ({error}); pretrain again") from error


def load(folder: Path) -> tuple[ImageNetwork, dict[str, Any]]:
    """Return a network and what is told of it. Raises ImageModelError for weights that are missing or others."""
    description, path = about(folder), folder / WEIGHTS
    if not path.is_file() or file_sha256(path) != description["weights_sha256"]:
        raise ImageModelError(f"{path}: is not the file that {ABOUT} tells of; delete the folder and pretrain again")
    network = drawn(description["network"], description["channels"], description["width"], 0)
    return load_strictly(network, load_file(path), str(path)), description
