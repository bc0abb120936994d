"""Colour: palettes blended in OKLab, given to the shading as a table in linear light."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from render.scene.colours import oklab
from render.scene.colours.oklab import POWER, SCALE, SHIFT, SLOPE, TOE, TOE_LIGHT
from render.scene.colours.palette import stops_of

_TO_LMS, _TO_LAB = np.array(oklab.TO_LMS), np.array(oklab.TO_LAB)
LUMA = np.array(oklab.LUMA)  # of linear red, green and blue


def linear_of(colour: str) -> np.ndarray:
    """Returns "#rrggbb" as linear RGB, (3,) in 0..1."""
    return np.array(oklab.light(colour))


def light_of(values: np.ndarray) -> np.ndarray:
    """Returns sRGB values in 0..1 as linear light."""
    return np.where(values <= TOE, values / SLOPE, ((values + SHIFT) / SCALE) ** POWER)


_LIGHT = light_of(np.arange(256) / 255)  # (256,) of every sRGB code


def srgb_of(light: np.ndarray) -> np.ndarray:
    """Returns linear light, at least 0, as sRGB values."""
    return np.where(light <= TOE_LIGHT, SLOPE * light, SCALE * light ** (1 / POWER) - SHIFT)


def decoded(codes: np.ndarray) -> np.ndarray:
    """Returns sRGB codes, uint8, as linear light in 0..1."""
    return _LIGHT[codes]


def encoded(light: np.ndarray) -> np.ndarray:
    """Returns linear light, clipped to 0..1, as sRGB codes, uint8."""
    return np.rint(255 * srgb_of(np.clip(light, 0.0, 1.0))).astype(np.uint8)


def to_oklab(rgb: np.ndarray) -> np.ndarray:
    """Returns linear RGB (..., 3) in OKLab."""
    return np.cbrt(rgb @ _TO_LMS.T) @ _TO_LAB.T


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """Returns OKLab (..., 3) in linear RGB, clipped to what can be shown."""
    return np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T, 0.0, 1.0)


def table_of(palette: str | Sequence[tuple[float, str]], places: np.ndarray) -> np.ndarray:
    """Returns a palette, by its stops or its name, at places (n,) in 0..1 as (n, 3) float32 in linear light."""
    stops = stops_of(palette)
    positions = [position for position, _ in stops]
    colours = to_oklab(np.stack([linear_of(colour) for _, colour in stops]))
    blended = np.stack([np.interp(places, positions, colours[:, k]) for k in range(3)], axis=1)
    return from_oklab(blended).astype(np.float32)


def places_of(levels: np.ndarray, gamma: float, balance: float, size: int = 1024) -> np.ndarray:
    """Returns where in the palette each of size levels from 0 to 1 falls, (size,), never decreasing.

    gamma under 1 gives more of the palette to the depth. balance mixes in the share of the drawn levels that lie
    lower, so that a surface that is mostly plateau does not take all its colour from one stop.
    """
    level = np.linspace(0.0, 1.0, size)
    counts = np.histogram(levels, bins=size, range=(0.0, 1.0))[0]
    share = np.cumsum(counts) / max(1, counts.sum())
    return (1 - balance) * level**gamma + balance * share
