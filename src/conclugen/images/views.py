"""What a step of pretraining sees: two views of each still, one perhaps swapped, and which images are related."""

from __future__ import annotations

import dataclasses

import torch

from conclugen.images import augment, regions
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
    """The stills of a data set as batches of views.

    Stills have no clip: the positive is the image itself under other changes, and no negative shares its identity.
    """

    def __init__(
        self, images: Images, settings: Pretraining, where: torch.device, descriptors: torch.Tensor | None = None
    ) -> None:
        self.images, self.settings, self.where, self.descriptors = images, settings, where, descriptors
        self.points = regions.registered().to(where) * images.pixels.shape[1]
        if "mask_fn" in settings.proposals and descriptors is None:
            raise ValueError("mask_fn compares eyes and mouths: it needs their descriptors")

    def batch(self, rows: torch.Tensor, generator: torch.Generator) -> Batch:
        """Return the views of rows (B,)."""
        count, changes, size = len(rows), self.settings.changes, self.settings.size
        plain = self.images.take(rows, self.where).float() / 255
        points = self.points.expand(count, -1, -1)
        first = augment.augment(plain, points, changes, size, generator)
        second = augment.augment(self._swapped(plain, points, generator), points, changes, size, generator)
        positive = torch.arange(2 * count, device=self.where).roll(count)
        return Batch(torch.cat([first, second]), positive, self._false_negatives(rows))

    def _swapped(self, images: torch.Tensor, points: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Some of the images with their inner face on another one of the batch."""
        cut, swap = ("cut_mix" in self.settings.proposals, "face_swap" in self.settings.proposals)
        if not (cut or swap) or len(images) < 2:
            return images
        shift = torch.randint(1, len(images), (len(images),), generator=generator)
        donors = images[((torch.arange(len(images)) + shift) % len(images)).to(self.where)]
        chosen = torch.rand(len(images), generator=generator) < self.settings.swapped
        made = face_swap.face_swap(images, donors, points, points) if swap else None
        made = face_swap.cut_mix(images, donors, points) if made is None else made
        return torch.where(chosen.to(self.where)[:, None, None, None], made, images)

    def _false_negatives(self, rows: torch.Tensor) -> torch.Tensor | None:
        if "mask_fn" not in self.settings.proposals:
            return None
        some = self.descriptors[rows.cpu()].to(self.where).float()
        eyes, mouth = some.chunk(2, dim=1)
        known = (some != 0).any(1)
        group = torch.arange(len(rows), device=self.where)
        negatives = mask_fn.most_alike(mask_fn.join(eyes, mouth, self.settings.balanced), known, group)
        # The two views of an item share its descriptor: of the false negative, the view at the same place is taken.
        return torch.cat([negatives, torch.where(negatives >= 0, negatives + len(rows), -1)])
