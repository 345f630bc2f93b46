"""What a step of pretraining sees: two views of each still, one perhaps swapped, and which images are related."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from conclugen.images import augment
from conclugen.images.proposals import face_swap, mask_fn
from conclugen.images.settings import Pretraining
from conclugen.images.shard import Images


@dataclasses.dataclass(frozen=True)
class Batch:
    """Views of B items.

    Attributes:
        images: (2 B, C, S, S): anchors, then positives.
        positive: (2 B,) the positive of each.
        false_negative: (2 B,) the false negative of each, -1 for none; None without MaskFN.
    """

    images: torch.Tensor
    positive: torch.Tensor
    false_negative: torch.Tensor | None


class Stills:
    """The stills of a data set as batches of views; its items are the pictures.

    Stills have no clip: the positive is the image itself under other changes, and no negative shares its identity.
    """

    def __init__(
        self, images: Images, settings: Pretraining, where: torch.device, descriptors: torch.Tensor | None = None
    ) -> None:
        self.images, self.settings, self.where = images, settings, where
        self.descriptors = checked(descriptors, settings)

    def items(self, split: np.ndarray, name: str) -> torch.Tensor:
        """Return the numbers (M,) of the items of a split, of the splits (N,) of the pictures."""
        return torch.from_numpy(np.flatnonzero((split == name) & self.images.present))

    def names(self, rows: torch.Tensor) -> list[str]:
        """Return the ids of items (B,)."""
        return self.images.ids[rows.numpy()].tolist()

    def batch(self, rows: torch.Tensor, generator: torch.Generator) -> Batch:
        """Return the views of items (B,)."""
        plain = self.images.shown(rows, self.where)
        points = self.images.landmarks(rows, self.where)
        views = two_views((plain, plain), (points, points), self.settings, generator)
        return batch_of(views, self.descriptors, rows, torch.arange(len(rows)), self.settings)


def checked(descriptors: torch.Tensor | None, settings: Pretraining) -> torch.Tensor | None:
    """Return the descriptors; raise ValueError where MaskFN lacks them."""
    if "mask_fn" in settings.proposals and descriptors is None:
        raise ValueError("mask_fn compares eyes and mouths: it needs their descriptors")
    return descriptors


def two_views(
    plain: tuple[torch.Tensor, torch.Tensor],
    points: tuple[torch.Tensor, torch.Tensor],
    settings: Pretraining,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return (2 B, C, S, S): changed anchors, then changed positives, some of these swapped.

    `plain` are the pictures (B, C, H, W) of anchors and positives in [0, 1], `points` their landmarks (B, 68, 2).
    """
    changes, size = settings.changes, settings.size
    first = augment.augment(plain[0], points[0], changes, size, generator)
    second = augment.augment(_swapped(plain[1], points[1], settings, generator), points[1], changes, size, generator)
    return torch.cat([first, second])


def batch_of(
    views: torch.Tensor,
    descriptors: torch.Tensor | None,
    rows: torch.Tensor,
    group: torch.Tensor,
    settings: Pretraining,
) -> Batch:
    """Return views (2 B, …) with their relations; anchors are the pictures `rows` (B,) of the items `group` (B,)."""
    count = len(rows)
    positive = torch.arange(2 * count, device=views.device).roll(count)
    if "mask_fn" not in settings.proposals or descriptors is None:
        return Batch(views, positive, None)
    vectors = descriptors[rows.cpu()].to(views.device).float()
    eyes, mouth = vectors.chunk(2, dim=1)
    known = (vectors != 0).any(1)
    joined = mask_fn.join(eyes, mouth, settings.balanced)
    negatives = mask_fn.most_alike(joined, known, group.to(views.device))
    # The two views of an item share its descriptor: of the false negative, the view at the same place is taken.
    return Batch(views, positive, torch.cat([negatives, torch.where(negatives >= 0, negatives + count, -1)]))


def _swapped(
    images: torch.Tensor, points: torch.Tensor, settings: Pretraining, generator: torch.Generator
) -> torch.Tensor:
    """Some of the images with their inner face on another one of the batch."""
    cut, swap = ("cut_mix" in settings.proposals, "face_swap" in settings.proposals)
    if not (cut or swap) or len(images) < 2:
        return images
    shift = torch.randint(1, len(images), (len(images),), generator=generator)
    giver = ((torch.arange(len(images)) + shift) % len(images)).to(images.device)
    taken = torch.nonzero(torch.rand(len(images), generator=generator) < settings.swapped)[:, 0].to(images.device)
    if not len(taken):
        return images
    donors = giver[taken]
    if swap:
        made = face_swap.face_swap(images[taken], images[donors], points[taken], points[donors])
    else:
        made = face_swap.cut_mix(images[taken], images[donors], points[taken])
    return images.index_copy(0, taken, made)
