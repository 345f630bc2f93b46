"""What learned nothing here, as feature shards: what self-supervision on these images must beat.

Entry module. `untrained`: the network as it is drawn, its normalisation fitted to training images; `pixels`; `PCA` of
pixels; `HOG`; `mobilenet_v2`: a network that learned ImageNet's classes from its labels. None reads a label here.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from conclugen.images import features, shard
from conclugen.images.augment import grey, plain
from conclugen.images.hog import hog
from conclugen.images.network import ImageNetwork, drawn
from conclugen.images.splits import splits_of
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse

PIXELS = 48  # side of the pictures that pixels and HOG are taken from
COMPONENTS = 200  # of PCA
IMAGENET_SIDE = 112  # of the square that mobilenet_v2 sees
FITTED = 40  # batches that an untrained network's normalisation is fitted to


@dataclasses.dataclass(frozen=True)
class Control:
    """Keys of `conclugen.config.images.Images`, and more.

    Attributes:
        control: its name.
        size: pixels of the square that the untrained network sees.
        share: of a picture that the untrained network sees, as the pretrained ones do.
    """

    control: str
    network: str
    width: int
    size: int
    share: float


def fitted(images: shard.Images, train: np.ndarray, settings: Control, seed: int, where: torch.device) -> ImageNetwork:
    """Return a network with the weights that pretraining starts from; `train` are the rows (M,) of training images.

    Only its running means and variances are fitted, or deep layers of a drawn network would see one tiny scale.
    """
    network = drawn(settings.network, images.pixels.shape[3], settings.width, seed).to(where)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms if settings.network != "mobilenet_v2" else []:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
    rows = torch.from_numpy(train)[torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))]
    network.train(settings.network != "mobilenet_v2")
    with torch.no_grad():
        for batch in rows.split(features.AT_ONCE)[:FITTED]:
            network.represent(plain(images.shown(batch, where), settings.share, settings.size))
    return network.eval()


def untrained(images: shard.Images, train: np.ndarray, settings: Control, seed: int, where: torch.device) -> np.ndarray:
    """Return representations (N, D) of such a network."""
    network = fitted(images, train, settings, seed, where)
    return features.of_images(
        images, lambda batch: network.represent(plain(batch, settings.share, settings.size)), where
    )


def pixels(images: shard.Images, train: np.ndarray, settings: Control, seed: int, where: torch.device) -> np.ndarray:
    """Return grey pixels (N, 48²)."""
    return features.of_images(images, lambda batch: _small(batch).flatten(1), where)


def pca(images: shard.Images, train: np.ndarray, settings: Control, seed: int, where: torch.device) -> np.ndarray:
    """Return (N, 200): grey pixels along the principal components of the training images."""
    values = torch.from_numpy(pixels(images, train, settings, seed, where))
    training_values = values[torch.from_numpy(train)]
    mean = training_values.mean(0)
    covariance = (training_values - mean).T @ (training_values - mean) / len(training_values)
    axes = torch.linalg.eigh(covariance.double()).eigenvectors[:, -COMPONENTS:].flip(1).float()
    return ((values - mean) @ axes).numpy()


def gradients(images: shard.Images, train: np.ndarray, settings: Control, seed: int, where: torch.device) -> np.ndarray:
    """Return histograms of oriented gradients (N, 800)."""
    return features.of_images(images, lambda batch: hog(_small(batch)[:, 0]), where)


def imagenet(images: shard.Images, train: np.ndarray, settings: Control, seed: int, where: torch.device) -> np.ndarray:
    """Return what MobileNetV2 makes of the images (N, 1280), with the weights it learned on ImageNet."""
    network = drawn("mobilenet_v2", images.pixels.shape[3], 1, 0).to(where).eval()

    def make(batch: torch.Tensor) -> torch.Tensor:
        return network.represent(functional.interpolate(batch, (IMAGENET_SIDE,) * 2, mode="bilinear"))

    return features.of_images(images, make, where)


MADE: dict[str, Callable[..., np.ndarray]] = {
    "untrained": untrained,
    "pixels": pixels,
    "PCA": pca,
    "HOG": gradients,
    "mobilenet_v2": imagenet,
}


def training(images: shard.Images, manifest: Path) -> np.ndarray:
    """Return the rows (M,) of the training images that are there."""
    return np.flatnonzero((splits_of(images, manifest) == "train") & images.present)


def _small(images: torch.Tensor) -> torch.Tensor:
    """Grey pictures (B, 1, 48, 48)."""
    plain_grey = grey(images)
    if plain_grey.shape[-1] == PIXELS:
        return plain_grey
    return functional.interpolate(plain_grey, (PIXELS, PIXELS), mode="bilinear", antialias=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the shard of one control."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="image shard")
    parser.add_argument("--manifest", type=Path, required=True, help="of which the splits are read")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(argv)
    settings, images = parse(Control, args.settings), shard.read(args.images)
    set_threads(args.threads)
    values = MADE[settings.control](images, training(images, args.manifest), settings, args.seed, device())
    features.write(args.output, images, values, {"method": settings.control})


if __name__ == "__main__":
    main()
