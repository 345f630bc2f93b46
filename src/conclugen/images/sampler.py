"""Draws from clips by their times: an anchor, TimeAug's positive, and HardNeg's far frame with a positive of its own.

The authors draw the anchor first and drop the clip where nothing fits it. Here anchors are drawn among those that fit,
so a clip is too short only where none does. Such a clip serves on: without a positive near enough it has another view
of the anchor itself, without a far frame none. How many there are is counted, and told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import torch

from conclugen.images.proposals import hard_neg, time_aug
from conclugen.images.proposals.time_aug import FARTHEST, NEAREST, RATE

FAR_OFF = 1e9  # seconds: the time of frames that fill up shorter clips, near to none


@dataclasses.dataclass(frozen=True)
class Clips:
    """B clips, filled up to T frames.

    Attributes:
        times: (B, T) seconds, `FAR_OFF` where a clip has no more frames.
        there: (B, T) bool: frames that can be used.
        near: (B, T) bool: those that have a positive (`fitting`).
        far: (B, T) bool: those that have a positive, and a far frame that has one, too.
    """

    times: torch.Tensor
    there: torch.Tensor
    near: torch.Tensor
    far: torch.Tensor


@dataclasses.dataclass(frozen=True)
class Frames:
    """Frames of B clips, by number in each, (B,): `far` and `far_positive` are -1 where a clip has none."""

    anchor: torch.Tensor
    positive: torch.Tensor
    far: torch.Tensor
    far_positive: torch.Tensor


@dataclasses.dataclass(frozen=True)
class Account:
    """How many clips there are, and in how many of them an anchor fits for TimeAug, and for HardNeg, too."""

    clips: int
    time_aug: int
    hard_neg: int


def fitting(times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which frames of a clip at seconds (T,) have a positive, and which a far frame that has one, too, (T,)."""
    away = ((times[:, None] - times[None]).abs() * RATE).round()
    near = ((away >= NEAREST) & (away <= FARTHEST)).any(1)
    return near, near & ((away >= hard_neg.LEAST) & near[None]).any(1)


def draw(clips: Clips, near: bool, hard: bool, generator: torch.Generator) -> Frames:
    """Draw from each clip: with a positive of another moment where `near`, with a far frame where `hard`.

    Anchor and far frame are uniform among those that fit, positives as TimeAug weighs them.
    """
    nobody = torch.zeros_like(clips.there)
    far, close = clips.far if hard else nobody, clips.near if near else nobody
    anchor = _drawn(_first(far, close, clips.there), generator)
    usable = far.any(1)
    positive = _positive(clips, anchor, near, generator)
    others = hard_neg.far(clips.times, anchor) & clips.near & clips.there
    chosen = _drawn(_first(others & usable[:, None], clips.there), generator)
    partner = _positive(clips, chosen, near, generator)
    return Frames(anchor, positive, torch.where(usable, chosen, -1), torch.where(usable, partner, -1))


def account(clips: Iterable[torch.Tensor]) -> Account:
    """Count for how many clips, each given by its seconds (T,), the proposals have frames."""
    whole = near = far = 0
    for times in clips:
        with_positive, with_far = fitting(times)
        whole += 1
        near += bool(with_positive.any())
        far += bool(with_far.any())
    return Account(whole, near, far)


def _positive(clips: Clips, anchor: torch.Tensor, near: bool, generator: torch.Generator) -> torch.Tensor:
    """The positive (B,) of each anchor; the anchor itself where no other moment is near enough."""
    itself = torch.nn.functional.one_hot(anchor, clips.times.shape[1]).float()
    likelihood = time_aug.weights(clips.times, anchor) * clips.there if near else torch.zeros_like(itself)
    return _drawn(torch.where(likelihood.sum(1, keepdim=True) > 0, likelihood, itself), generator)


def _first(*masks: torch.Tensor) -> torch.Tensor:
    """The first of the masks (B, T) that has a frame, for each clip, as weights."""
    chosen = masks[-1]
    for mask in masks[-2::-1]:
        chosen = torch.where(mask.any(1, keepdim=True), mask, chosen)
    return chosen.float()


def _drawn(weights: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.multinomial(weights, 1, generator=generator)[:, 0]
