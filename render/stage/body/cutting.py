"""Cutting: an upright plane that parts a block from one of its corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DIAGONAL = 0.5**0.5


@dataclass(frozen=True)
class Corner:
    """What is cut off: all beyond a line across a corner, the same way along both sides."""

    signs: tuple[int, int]  # of x and y
    size: float  # along both sides, picture widths
    distance: float  # of the line from the middle of the block, picture widths

    @staticmethod
    def of(signs: tuple[int, int], size: float, depth: float) -> Corner:
        """Returns the corner on a side of x and of y of a block of an extent along β, picture widths."""
        return Corner(signs, size, DIAGONAL * (0.5 + 0.5 * depth - size))

    @property
    def normal(self) -> tuple[float, float]:
        """The unit normal of the cut, outwards."""
        return DIAGONAL * self.signs[0], DIAGONAL * self.signs[1]

    def inset(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns how far places lie within the cut, negative beyond it, picture widths."""
        return np.asarray(self.distance - self.normal[0] * x - self.normal[1] * y)

    def ends(self, depth: float) -> np.ndarray:
        """Returns where the cut meets the sides along y and along x, (2, 2), picture widths."""
        x, y = self.signs[0] * 0.5, self.signs[1] * 0.5 * depth
        return np.array([(x - self.signs[0] * self.size, y), (x, y - self.signs[1] * self.size)])
