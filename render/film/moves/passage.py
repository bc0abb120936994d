"""A passage: what a camera does over a shot, worked out at ticks, and smooth between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

TICKS = 40  # a second


@dataclass(frozen=True)
class Passage:
    """Numbers (n, k) at shares (n,) of a shot."""

    shares: np.ndarray
    numbers: np.ndarray

    def at(self, share: float) -> np.ndarray:
        """Returns the numbers (k,) at a share of the shot."""
        return np.array([np.interp(share, self.shares, column) for column in self.numbers.T])


def ticks_of(duration: float) -> np.ndarray:
    """Returns shares (n,) of a shot of a duration in seconds, evenly."""
    return np.linspace(0, 1, max(2, round(duration * TICKS) + 1))


def ticks_in(seconds: float, duration: float, count: int) -> float:
    """Returns how many of a count of ticks lie in some seconds of a shot."""
    return seconds * (count - 1) / duration


def smoothed(track: np.ndarray, ticks: float) -> np.ndarray:
    """Returns a track (n, …) smoothed in time over so many ticks."""
    return gaussian_filter1d(track, max(ticks / 2, 1e-3), axis=0, mode="nearest")
