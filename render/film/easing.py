"""Easings: how a move begins and ends. Each maps 0 to 0 and 1 to 1 and never turns back.

smooth(t) = 3t² − 2t³           no speed at the ends
smoother(t) = 6t⁵ − 15t⁴ + 10t³  no acceleration there either (Perlin, Improving Noise, 2002)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

Eased = TypeVar("Eased", float, np.ndarray)  # of a move, 0 to 1


def clamp(share: Eased) -> Eased:
    """Returns a share, or the nearer of 0 and 1."""
    return np.clip(share, 0.0, 1.0)


def linear(share: Eased) -> Eased:
    """Moves at one speed: for full turns that loop."""
    return clamp(share)


def smooth(share: Eased) -> Eased:
    """Starts and stops gently: for most moves."""
    t = clamp(share)
    return t * t * (3 - 2 * t)


def smoother(share: Eased) -> Eased:
    """Starts and stops more gently and is faster between: for long, slow moves."""
    t = clamp(share)
    return np.minimum(t * t * t * (t * (t * 6 - 15) + 10), 1.0)  # rounding would pass 1 by one part in 10¹⁶


EASINGS: dict[str, Callable] = {"linear": linear, "smooth": smooth, "smoother": smoother}
