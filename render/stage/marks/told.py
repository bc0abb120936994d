"""What is told at places along a path, as values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Arrow:
    """A place of a path, and the way down from there."""

    place: float  # in the trajectory
    root: np.ndarray  # (2,) picture widths
    way: np.ndarray  # (2,) of length 1 in the picture, seen from above
    slope: float  # size of the gradient, loss / unit of α and β


@dataclass(frozen=True)
class Drop:
    """A logged point of a path: on the terrain, and at its own loss above or below it."""

    place: float  # in the trajectory
    foot: np.ndarray  # (3,) picture widths
    own: np.ndarray  # (3,) picture widths
