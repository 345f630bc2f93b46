"""From several channels to one: which weigh how much, and what is done where they cancel out.

All channels count alike, but where there is a centre (5.1 and its kin), in which films keep their dialogue: then sides
and effects count less, and low frequencies alone (LFE) not at all. Two things are found out from the sound itself: a
channel with nothing in it is left out, since it would only make the rest quieter; and where channels are in opposite
phase, as by a cable wired wrongly, so that their sum is silent, the loudest one is taken alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

FRONT, LOW = ("FL", "FR", "FLC", "FRC"), ("LFE", "LFE2")
CENTRE = "FC"
DEAD = 1e-4  # of the loudest channel's power, -40 dB: below that a channel is empty
LOUDER = 10.0  # a channel of low frequencies that exceeds all others by this holds something else
CANCELLED = 0.25  # of the power that independent channels would have together, -6 dB: their correlation is below -0.75
QUIET = 0.01  # of the mean power: pieces below that say nothing of the phase
PIECE_S = 5.0


def usual_weights(names: Sequence[str]) -> np.ndarray:
    """Return the weights (C,) of channels by their places in the room, with sum 1."""
    if len(names) > 2 and CENTRE in names:
        weights = [0.0 if n in LOW else 1.0 if n == CENTRE else 0.5 if n in FRONT else 0.25 for n in names]
    else:
        weights = [0.0 if n in LOW else 1.0 for n in names]
    shares = np.asarray(weights if any(weights) else np.ones(len(names)))
    return (shares / shares.sum()).astype(np.float32)


@dataclasses.dataclass
class Loudness:
    """Power of the channels of one stretch of sound, and of their usual mixture, piece by piece.

    Args:
        names: of the channels' places, such as FL; NONE where they are not known.
        rate: samples per second.
    """

    names: tuple[str, ...]
    rate: int
    _sums: list[np.ndarray] = dataclasses.field(default_factory=list)
    _count: int = 0

    def add(self, channels: np.ndarray, mixed: np.ndarray) -> None:
        """Take the next samples of the channels (C, T) and of their mixture (T,)."""
        if self._count <= 0:
            self._sums.append(np.zeros((3, len(self.names) + 1)))
            self._count = round(PIECE_S * self.rate)
        with np.errstate(all="ignore"):  # sound that is not finite is told later
            each = np.stack((channels.sum(1, dtype=np.float64), np.einsum("ct,ct->c", channels, channels)))
            both = np.array((mixed.sum(dtype=np.float64), np.dot(mixed, mixed)))
        self._sums[-1][:2] += np.concatenate((each, both[:, None]), axis=1)
        self._sums[-1][2] += len(mixed)
        self._count -= len(mixed)

    def weights(self) -> tuple[np.ndarray, str]:
        """Return the weights (C,) with which the channels are to be mixed, and why, where that is to be told."""
        usual = usual_weights(self.names)
        if len(usual) < 2 or not self._sums:
            return usual, ""
        total, square, count = np.stack(self._sums).transpose(1, 0, 2)  # each (pieces, C + 1)
        with np.errstate(all="ignore"):
            power = square / count - (total / count) ** 2  # without a constant offset
        whole = np.where(np.isfinite(power[:, :-1]).all(0), power[:, :-1].mean(0), 0.0)
        if not whole.any():
            return usual, ""
        counted = usual
        if whole[usual == 0].max(initial=0.0) > LOUDER * whole[usual > 0].max():
            counted = np.ones_like(usual)
        counted = np.where(whole > DEAD * whole[counted > 0].max(), counted, 0)
        if self._cancel(power, usual):
            loudest = int(np.argmax(np.where(counted > 0, whole, 0)))
            counted = np.eye(len(usual), dtype=np.float32)[loudest]
            reason = f"channels in opposite phase: channel {loudest + 1} of {len(usual)} alone is used"
            return counted, reason
        return (counted / counted.sum()).astype(np.float32), ""

    @staticmethod
    def _cancel(power: np.ndarray, weights: np.ndarray) -> bool:
        """Whether the mixture of some piece that is not quiet has far less power than its channels."""
        alone = power[:, :-1] @ np.square(weights, dtype=np.float64)
        with np.errstate(all="ignore"):
            return bool(((alone > QUIET * alone.mean()) & (power[:, -1] < CANCELLED * alone)).any())
