"""Colour: palettes blended in OKLab, given to the shading as a table in linear light.

OKLab: Björn Ottosson, "A perceptual color space for image processing" (2020).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colour: str) -> np.ndarray:
    """Returns "#rrggbb" as linear RGB, (3,) in 0..1."""
    code = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def to_oklab(rgb: np.ndarray) -> np.ndarray:
    """Returns linear RGB (..., 3) in OKLab."""
    return np.cbrt(rgb @ _TO_LMS.T) @ _TO_LAB.T


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """Returns OKLab (..., 3) in linear RGB, clipped to what can be shown."""
    return np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T, 0.0, 1.0)


def table(stops: Sequence[tuple[float, str]], places: np.ndarray) -> np.ndarray:
    """Returns a palette at places (n,) in 0..1, from deep to high, as (n, 3) float32 in linear light."""
    positions = [position for position, _ in stops]
    colours = to_oklab(np.stack([linear(colour) for _, colour in stops]))
    blended = np.stack([np.interp(places, positions, colours[:, k]) for k in range(3)], axis=1)
    return from_oklab(blended).astype(np.float32)


def places(levels: np.ndarray, gamma: float, balance: float, size: int = 1024) -> np.ndarray:
    """Returns where in the palette each of size levels from 0 to 1 falls, (size,), never decreasing.

    gamma under 1 gives more of the palette to the depth. balance mixes in the share of the drawn levels that lie
    lower, so that a surface that is mostly plateau does not take all its colour from one stop.
    """
    level = np.linspace(0.0, 1.0, size)
    counts = np.histogram(levels, bins=size, range=(0.0, 1.0))[0]
    share = np.cumsum(counts) / max(1, counts.sum())
    return (1 - balance) * level**gamma + balance * share
