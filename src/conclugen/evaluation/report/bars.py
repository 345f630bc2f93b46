"""Where values and intervals lie on a common scale, as shares of its width, for bars that the page draws by itself."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from matplotlib.ticker import MaxNLocator


@dataclasses.dataclass(frozen=True)
class Scale:
    """A scale from `low` to `high` with marks at `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: Iterable[float], marks: int = 5) -> Scale:
        """Return the scale that holds all finite values, from one round mark to another."""
        known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        ticks = MaxNLocator(marks, steps=[1, 2, 2.5, 5, 10]).tick_values(min(known), max(known))
        return cls(float(ticks[0]), float(ticks[-1]), tuple(float(tick) for tick in ticks))

    def at(self, value: float) -> float:
        """Return where a value lies, in per cent of the width."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)

    def labels(self) -> list[tuple[float, str]]:
        """Return where each mark lies and what stands at it."""
        digits = next(n for n in range(9) if n == 8 or all(abs(round(tick, n) - tick) < 1e-9 for tick in self.ticks))
        return [(self.at(tick), f"{tick + 0.0:.{digits}f}".replace("-", "−")) for tick in self.ticks]


@dataclasses.dataclass(frozen=True)
class Bar:
    """A value and its interval on a scale, in per cent; without an interval `low` is `high`."""

    at: float
    low: float
    high: float

    @classmethod
    def of(cls, scale: Scale, value: float, low: float, high: float) -> Bar | None:
        """Return the bar; none where the value is not defined."""
        if not math.isfinite(value):
            return None
        known = math.isfinite(low) and math.isfinite(high)
        return cls(scale.at(value), scale.at(low if known else value), scale.at(high if known else value))
