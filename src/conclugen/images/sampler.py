"""Draws from a clip by its times: an anchor, TimeAug's positive, and HardNeg's far frame with a positive of its own.

The authors draw the anchor first and drop the clip where nothing fits it. Here anchors are drawn among those that fit,
so a clip is too short only where none does: that is counted, and told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import torch

from conclugen.images.proposals import hard_neg, time_aug


@dataclasses.dataclass(frozen=True)
class Frames:
    """Frames of one clip, by number: `far` and `far_positive` are None without HardNeg."""

    anchor: int
    positive: int
    far: int | None = None
    far_positive: int | None = None


@dataclasses.dataclass(frozen=True)
class Account:
    """How many clips there are, and in how many of them an anchor fits for TimeAug, and for HardNeg, too."""

    clips: int
    time_aug: int
    hard_neg: int


def with_positive(times: torch.Tensor) -> torch.Tensor:
    """Return which frames of a clip, at seconds (T,), have a positive, (T,) bool."""
    return torch.tensor([bool(time_aug.weights(times, n).sum() > 0) for n in range(len(times))], dtype=torch.bool)


def with_far(times: torch.Tensor) -> torch.Tensor:
    """Return which frames have a positive and a far frame that has one itself, (T,) bool."""
    near = with_positive(times)
    enough = [bool(near[n] and (hard_neg.far(times, n) & near).any()) for n in range(len(times))]
    return torch.tensor(enough, dtype=torch.bool)


def draw(times: torch.Tensor, hard: bool, generator: torch.Generator) -> Frames | None:
    """Draw from a clip at seconds (T,), with HardNeg where it is asked for; None where the clip is too short.

    Anchor and far frame are uniform among those that fit, positives as TimeAug weighs them.
    """
    fitting = with_far(times) if hard else with_positive(times)
    if not bool(fitting.any()):
        return None
    anchor = _one(fitting.float(), generator)
    positive = _one(time_aug.weights(times, anchor), generator)
    if not hard:
        return Frames(anchor, positive)
    far = _one((hard_neg.far(times, anchor) & with_positive(times)).float(), generator)
    return Frames(anchor, positive, far, _one(time_aug.weights(times, far), generator))


def account(clips: Iterable[torch.Tensor]) -> Account:
    """Count for how many clips, each given by its seconds (T,), the proposals have frames."""
    whole = near = far = 0
    for times in clips:
        whole += 1
        near += bool(with_positive(times).any())
        far += bool(with_far(times).any())
    return Account(whole, near, far)


def _one(weights: torch.Tensor, generator: torch.Generator) -> int:
    return int(torch.multinomial(weights, 1, generator=generator))
