"""The scale on which a fill is made and its error is told: the loss or its logarithm, cut at a percentile.

A terrain is drawn on a scale, so an error counts as a fraction of the height that is drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from render.errors import UsageError

SAMPLED = 2**16  # cells that a percentile is taken of
ABOVE = 4  # spans above the highest height that is drawn: 1 costs 5 times the points of 4, 10 misses 6 times as far


@dataclass(frozen=True)
class Scaling:
    """The map from loss to height, as the relief of the picture will have it."""

    kind: str = "linear"  # or log
    floor: float = 0.0  # loss below which a logarithm is level
    clip: float | None = None  # percentile above which heights are level

    def __post_init__(self) -> None:
        if self.kind not in ("linear", "log"):
            raise UsageError(f"scale: {self.kind!r} is unknown; choose linear, log")
        if self.kind == "log" and not 0 < self.floor < math.inf:
            raise UsageError(f"floor: {self.floor} has no logarithm; give a loss above 0, such as 1e-4")
        if self.clip is not None and not 0 < self.clip <= 100:
            raise UsageError(f"clip: {self.clip} is no percentile; give a number above 0, up to 100")

    def up(self, loss: np.ndarray) -> np.ndarray:
        """Returns the heights of losses, float64; NaN where a loss is not finite."""
        finite = np.where(np.isfinite(loss), loss, np.nan).astype(np.float64)
        return np.log(np.maximum(finite, self.floor)) if self.kind == "log" else finite

    def down(self, height: np.ndarray) -> np.ndarray:
        """Returns the losses of heights, float32."""
        with np.errstate(over="ignore"):
            return (np.exp(height) if self.kind == "log" else height).astype(np.float32)

    def span(self, heights: np.ndarray) -> tuple[float, float]:
        """Returns the lowest height that is drawn and the highest, of heights (n_β, n_α)."""
        thinned = heights.ravel()[:: max(1, heights.size // SAMPLED)]
        thinned = thinned[np.isfinite(thinned)]
        if not thinned.size:
            return 0.0, 1.0
        low, high = float(heights[np.isfinite(heights)].min()), float(np.percentile(thinned, self.clip or 100))
        return low, max(high, low + 1e-12 * max(1.0, abs(low)))

    def limit(self, loss: np.ndarray) -> float:
        """Returns the height above which a fill is level, by losses (k,) over the whole grid; infinite without a clip.

        A spline through heights that nobody sees would swing where they are seen.
        """
        if self.clip is None:
            return math.inf
        low, high = self.span(self.up(loss))
        return high + ABOVE * (high - low)


def apart(first: np.ndarray, second: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Returns how far heights differ, as a fraction of the span that is drawn; what is cut counts as level."""
    low, high = span
    return np.abs(np.minimum(first, high) - np.minimum(second, high)) / (high - low)
