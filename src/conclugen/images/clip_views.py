"""What a step of pretraining sees of clips: frames of two moments of each and, with HardNeg, of a far one, too.

An item is a clip, so that a batch holds none twice: a frame of an anchor's own clip is its negative only where HardNeg
chose it. In an epoch each clip is drawn from once.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch

from conclugen.images import sampler
from conclugen.images.settings import Pretraining
from conclugen.images.shard import Images
from conclugen.images.views import Batch, Stills, batch_of, checked, two_views


class Clips:
    """The clips of a shard of frames as batches of views; its items are the clips. Raises ValueError for stills."""

    def __init__(
        self, images: Images, settings: Pretraining, where: torch.device, descriptors: torch.Tensor | None = None
    ) -> None:
        if images.frames is None:
            raise ValueError("the pictures are stills, which have no clip")
        self.images, self.settings, self.where = images, settings, where
        self.descriptors = checked(descriptors, settings)
        self.near_wanted, self.far_wanted = ("time_aug" in settings.proposals, "hard_neg" in settings.proposals)
        begins = np.flatnonzero(np.diff(images.frames.clip, prepend=-1))
        self.first = torch.from_numpy(begins)
        self.length = torch.from_numpy(np.diff(begins, append=len(images)))
        self.times = torch.from_numpy(images.frames.time_s.astype(np.float64))
        self.there = torch.from_numpy(images.present)
        self.near, self.far = (torch.cat(masks) for masks in zip(*map(self._fitting, self._clips()), strict=True))

    def items(self, split: np.ndarray, name: str) -> torch.Tensor:
        """Return the numbers (M,) of the items of a split, of the splits (N,) of the pictures: clips with a frame."""
        used = (split == name) & self.images.present
        return torch.from_numpy(np.flatnonzero(np.add.reduceat(used, self.first.numpy())))

    def names(self, rows: torch.Tensor) -> list[str]:
        """Return the id of the first frame of items (B,)."""
        return self.images.ids[self.first[rows].numpy()].tolist()

    def account(self, rows: torch.Tensor) -> dict[str, Any]:
        """Return how many of the items (M,) there are, and in how many an anchor fits for TimeAug and for HardNeg."""
        times_of_clips = (self.times[span][self.there[span]] for span in map(self._clip, rows.tolist()))
        return dataclasses.asdict(sampler.account(times_of_clips))

    def batch(self, rows: torch.Tensor, generator: torch.Generator) -> Batch:
        """Return the views of items (B,): anchors and far frames, then the positives of both."""
        first, length = self.first[rows][:, None], self.length[rows][:, None]
        place = torch.arange(int(length.max()))[None]
        inside, index = place < length, first + torch.minimum(place, length - 1)
        present = inside & self.there[index]
        times = torch.where(present, self.times[index], sampler.FAR_OFF)
        clips = sampler.Clips(times, present, self.near[index] & present, self.far[index] & present)
        drawn = sampler.draw(clips, self.near_wanted, self.far_wanted, generator)
        hard, first = drawn.far >= 0, first[:, 0]
        anchors = torch.cat([first + drawn.anchor, (first + drawn.far)[hard]])
        positives = torch.cat([first + drawn.positive, (first + drawn.far_positive)[hard]])
        both = torch.cat([anchors, positives])
        plain, points = self.images.shown(both, self.where), self.images.landmarks(both, self.where)
        views = two_views(plain.chunk(2), points.chunk(2), self.settings, generator)
        return batch_of(views, self.descriptors, anchors, torch.cat([rows, rows[hard]]), self.settings)

    def _clips(self) -> list[slice]:
        return [self._clip(number) for number in range(len(self.first))]

    def _clip(self, number: int) -> slice:
        begin = int(self.first[number])
        return slice(begin, begin + int(self.length[number]))

    def _fitting(self, span: slice) -> tuple[torch.Tensor, torch.Tensor]:
        """Which frames of a clip fit, those that are lost none."""
        present = self.there[span]
        fits = sampler.fitting(self.times[span][present])
        masks = torch.zeros((2, len(present)), dtype=torch.bool)
        masks[:, present] = torch.stack(fits)
        return masks[0], masks[1]


def source(
    images: Images, settings: Pretraining, where: torch.device, descriptors: torch.Tensor | None = None
) -> Stills | Clips:
    """Return what pretraining draws from: clips where the pictures are frames of them, else stills."""
    kind = Stills if images.frames is None else Clips
    return kind(images, settings, where, descriptors)
