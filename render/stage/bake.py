"""Light that does not depend on the camera, baked on the height-field once per relief.

Sky: for each of K azimuths the horizon angle is the largest slope among S distances, growing geometrically; the
cosine-weighted visible part of the sky above it is a closed form (horizon-based ambient light, Bavoil & Sainz 2008).
Sun: a cell is lit where no cell towards the sun rises above the ray; the highest ray so far is carried along by
max-plus doubling, log2(N) passes for each sample of the solar disc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

ABYSS = -1e3  # height of what is cut away: it casts no shadow
REACH = 0.25  # picture widths that the sky bake looks far


@dataclass(frozen=True)
class Sun:
    """A soft disc in the sky, in the picture's coordinates."""

    azimuth: float  # degrees, clockwise from +β
    elevation: float  # degrees above the horizon
    size: float  # degrees, angular radius

    @property
    def direction(self) -> np.ndarray:
        """The unit vector towards it."""
        azimuth, elevation = math.radians(self.azimuth), math.radians(self.elevation)
        flat = math.cos(elevation)
        return np.array([math.sin(azimuth) * flat, math.cos(azimuth) * flat, math.sin(elevation)])


def normals(heights: np.ndarray, cell: float) -> np.ndarray:
    """Returns unit normals (n_β, n_α, 3) float32 of a height-field with square cells."""
    along_beta, along_alpha = np.gradient(heights, cell)
    up = np.stack([-along_alpha, -along_beta, np.ones_like(heights)], axis=-1)
    return (up / np.linalg.norm(up, axis=-1, keepdims=True)).astype(np.float32)


def bake_sky(
    heights: Tensor, occluders: Tensor, normal: Tensor, cell: float, colours: Tensor, distances: int = 18
) -> tuple[Tensor, Tensor]:
    """Returns openness (H, W) in 0..1 and sky light (H, W, 3).

    colours (K, 3) is the radiance of the sky towards K azimuths, counter-clockwise from +α; occluders are the heights
    with whatever is cut away at ABYSS.
    """
    height, width = heights.shape
    azimuths = len(colours)
    steps = np.unique(np.round(np.geomspace(1, max(2, REACH * width), distances)).astype(int))
    reach = int(steps[-1]) + 1
    padded = torch.nn.functional.pad(occluders, (reach,) * 4, value=ABYSS)
    openness, light = torch.zeros_like(heights), torch.zeros(3, height, width)
    for k in range(azimuths):
        angle = (k + 0.5) / azimuths * 2 * math.pi
        dx, dy = math.cos(angle), math.sin(angle)
        slope = torch.zeros_like(heights)
        for step in steps:
            across, up = round(dx * step), round(dy * step)
            there = padded[reach + up : reach + up + height, reach + across : reach + across + width]
            torch.maximum(slope, (there - heights) / (math.hypot(across, up) * cell), out=slope)
        visible = _visible(slope, normal[..., 2], normal[..., 0] * dx + normal[..., 1] * dy) * (2 / azimuths)
        openness += visible
        light += visible * colours[k][:, None, None]
    return openness.clamp_(max=1), light.permute(1, 2, 0)


def _visible(slope: Tensor, normal_z: Tensor, normal_along: Tensor) -> Tensor:
    cosine = torch.rsqrt(1 + slope * slope)
    sine = slope * cosine
    elevation = torch.asin(sine)
    visible = 0.5 * normal_z * cosine * cosine + normal_along * 0.5 * ((math.pi / 2 - elevation) - sine * cosine)
    return visible.clamp_(min=0)


def bake_sun(heights: Tensor, occluders: Tensor, cell: float, sun: Sun, across: int = 3, up: int = 5) -> Tensor:
    """Returns the visible share of the sun's disc, (H, W) in 0..1, from across × up samples of it."""
    lit = torch.zeros_like(heights)
    radius = math.radians(sun.size)
    for i in range(across):
        offset = (i + 0.5) / across * 2 - 1
        azimuth = math.radians(sun.azimuth) + offset * radius
        half_chord = math.sqrt(1 - offset * offset) * radius
        for j in range(up):
            elevation = math.radians(sun.elevation) + ((j + 0.5) / up * 2 - 1) * half_chord
            drop = math.tan(max(elevation, 0.005)) * cell
            ceiling = _ray_ceiling(occluders, math.sin(azimuth), math.cos(azimuth), drop)
            lit += ((heights - ceiling) / (1.5 * cell) + 0.8).clamp_(0, 1)
    return lit / (across * up)


def _ray_ceiling(occluders: Tensor, dx: float, dy: float, drop: float) -> Tensor:
    """Returns the height that every cell must exceed to see past all others towards (dx, dy)."""
    ceiling = _shifted(occluders, dx, dy) - drop
    relief = float(occluders.max() - occluders[occluders > ABYSS / 2].min())
    reach = 1
    while reach < max(occluders.shape) and reach * drop < relief:
        x, y = (dx * reach, dy * reach) if reach < 8 else (round(dx * reach), round(dy * reach))
        ceiling = torch.maximum(ceiling, _shifted(ceiling, x, y) - reach * drop)
        reach *= 2
    return ceiling


def _shifted(field: Tensor, dx: float, dy: float) -> Tensor:
    """Returns field at (x + dx, y + dy) in cells, linear in between, ABYSS outside."""
    column, row = math.floor(dx), math.floor(dy)
    right, above = dx - column, dy - row
    if right < 1e-3 and above < 1e-3:
        return _moved(field, column, row)
    low = _moved(field, column, row) * (1 - right) + _moved(field, column + 1, row) * right
    high = _moved(field, column, row + 1) * (1 - right) + _moved(field, column + 1, row + 1) * right
    return low * (1 - above) + high * above


def _moved(field: Tensor, columns: int, rows: int) -> Tensor:
    height, width = field.shape
    out = torch.full_like(field, ABYSS)
    top, bottom, left, right = max(0, -rows), min(height, height - rows), max(0, -columns), min(width, width - columns)
    if bottom > top and right > left:
        out[top:bottom, left:right] = field[top + rows : bottom + rows, left + columns : right + columns]
    return out
