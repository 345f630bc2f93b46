"""TimeAug: the positive of a frame is a later or earlier frame of its clip, near enough for one expression.

The authors count kept frames, of which there are 25/6 a second: 2 to 6 of them, the nearer the likelier, 5:4:3:2:1.
Frames here have times, so that clips of any rate, and with gaps, are drawn from alike.
"""

from __future__ import annotations

import torch

RATE = 25 / 6  # kept frames a second: every sixth of 25
NEAREST, FARTHEST = 2, 6  # in kept frames: 0.48 s and 1.44 s


def distances(times: torch.Tensor, anchor: torch.Tensor | int) -> torch.Tensor:
    """Return how many kept frames each of the times (..., T), seconds, lies from the anchor (...), whole numbers.

    >>> distances(torch.tensor([0.0, 0.48, 1.44, 2.88]), 0).tolist()
    [0, 2, 6, 12]
    """
    at = times.gather(-1, torch.as_tensor(anchor)[..., None])
    return ((times - at).abs() * RATE).round().long()


def weights(times: torch.Tensor, anchor: torch.Tensor | int) -> torch.Tensor:
    """Return how likely each frame of clips (..., T) is the positive of the anchor (...); all 0 where none is near.

    A distance of d kept frames has the weight 7 - d, which the frames at that distance share.

    >>> weights(torch.arange(5) / RATE, 1).tolist() # the frames two and three away: 5 to 4
    [0.0, 0.0, 0.0, 0.5555555820465088, 0.4444444477558136]
    """
    wanted = torch.arange(NEAREST, FARTHEST + 1)
    alike = distances(times, anchor)[..., None] == wanted  # (..., T, 5)
    share = (FARTHEST + 1 - wanted) / alike.sum(-2, keepdim=True).clamp_min(1)
    likelihood = (alike * share).sum(-1)
    return likelihood / likelihood.sum(-1, keepdim=True).clamp_min(1e-12)
