"""HardNeg: a frame of the same clip, far enough to show another expression, is a negative: the identity tells nothing.

Far is 12 kept frames or more, 2.88 s, as in the authors' code.
"""

from __future__ import annotations

import torch

from conclugen.images.proposals import time_aug

LEAST = 12  # kept frames


def far(times: torch.Tensor, anchor: torch.Tensor | int) -> torch.Tensor:
    """Return which frames of clips (..., T) are far enough from the anchor (...), bool.

    >>> far(torch.arange(14) / time_aug.RATE, 1).nonzero().flatten().tolist()
    [13]
    """
    return time_aug.distances(times, anchor) >= LEAST
