"""Light that does not depend on the camera, baked on the height-field once per relief.

Sky: for each of K azimuths the horizon angle is the largest slope among S distances, growing geometrically; the
cosine-weighted visible part of the sky above it is a closed form (horizon-based ambient light, Bavoil & Sainz 2008).
Sun: the same horizon, towards the sun and finely stepped, hides a share of its disc; because the share follows from an
angle, a wide penumbra has no steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.stage.body import shore
from render.stage.body.shore import Cells

ABYSS = -1e3  # height of what is cut away: it casts no shadow
CUT = 0.5 * ABYSS  # height up to which ground is cut away
SPARSE = 4  # every so manyeth cell along both sides is asked where the edge lies
REACH = 0.25  # picture widths that the sky bake looks far
NEAR = 8  # cells; nearer than this every cell along a ray towards the sun is looked at
RAY_GROWTH = 1.06


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


def normals(heights: np.ndarray, cells: Cells, holes: np.ndarray | None = None) -> np.ndarray:
    """Returns unit normals (n_β, n_α, 3) float32 of a height-field; in holes (n_β, n_α) those of the nearest cell."""
    if holes is None:
        along_beta, along_alpha = np.gradient(heights, cells[1], cells[0])
    else:
        near = shore.nearest_known(holes)
        along_alpha, along_beta = (slope[near] for slope in shore.slopes(heights, holes, cells))
    up = np.stack([-along_alpha, -along_beta, np.ones_like(heights)], axis=-1)
    return (up / np.linalg.norm(up, axis=-1, keepdims=True)).astype(np.float32)


def bake_sky(
    heights: Tensor,
    occluders: Tensor,
    normal: Tensor,
    cells: Cells,
    colours: Tensor,
    distances: int = 18,
    far: float = REACH,
) -> tuple[Tensor, Tensor]:
    """Returns openness (H, W) in 0..1 and sky light (H, W, 3).

    colours (K, 3) is the radiance of the sky towards K azimuths, counter-clockwise from +α; occluders are the heights
    with whatever is cut away at ABYSS, looked at as far as far, picture widths.
    """
    azimuths, size = len(colours), min(cells)
    steps = np.unique(np.round(np.geomspace(1, max(2, far / min(cells)), distances)).astype(int))
    padded, reach = padded_with(occluders, int(steps[-1]) + 2)
    openness, light = torch.zeros_like(heights), torch.zeros(3, *heights.shape)
    for k in range(azimuths):
        angle = (k + 0.5) / azimuths * 2 * math.pi
        dx, dy = math.cos(angle), math.sin(angle)
        slope = torch.zeros_like(heights)
        for step in steps:
            across, up = round(dx * step * size / cells[0]), round(dy * step * size / cells[1])
            if across == up == 0:
                continue
            there = seen_from(padded, reach, heights.shape, across, up)
            torch.maximum(slope, (there - heights) / math.hypot(across * cells[0], up * cells[1]), out=slope)
        visible = visible_share(slope, normal[..., 2], normal[..., 0] * dx + normal[..., 1] * dy) * (2 / azimuths)
        openness += visible
        light += visible * colours[k][:, None, None]
    return openness.clamp_(max=1), light.permute(1, 2, 0)


def visible_share(slope: Tensor, normal_z: Tensor, normal_along: Tensor) -> Tensor:
    """Returns the cosine-weighted part of a wedge of the sky above a slope; times 2 / azimuths it is a share."""
    cosine = torch.rsqrt(1 + slope * slope)
    sine = slope * cosine
    elevation = torch.asin(sine)
    visible = 0.5 * normal_z * cosine * cosine + normal_along * 0.5 * ((math.pi / 2 - elevation) - sine * cosine)
    return visible.clamp_(min=0)


def bake_sun(heights: Tensor, occluders: Tensor, cells: Cells, sun: Sun, slices: int = 5) -> Tensor:
    """Returns the visible share of the sun's disc, (H, W) in 0..1, from upright slices of it."""
    elevation, radius = math.radians(sun.elevation), max(math.radians(sun.size), 1e-4)
    lowest = math.tan(max(elevation - radius, math.radians(0.5)))
    relief = float(heights.max() - heights.min())
    longest = math.hypot(heights.shape[1] * cells[0], heights.shape[0] * cells[1])
    steps = _ray_steps(math.ceil(min(longest, relief / lowest) / min(cells)) + 1)
    padded, reach = padded_with(occluders, int(steps[-1]) + 2)
    lit, total = torch.zeros_like(heights), 0.0
    for i in range(slices):
        offset = (i + 0.5) / slices * 2 - 1
        azimuth, half_chord = math.radians(sun.azimuth) + offset * radius, math.sqrt(1 - offset * offset) * radius
        horizon = torch.atan(_slope_along(heights, padded, reach, cells, azimuth, steps))
        lit += half_chord * ((elevation + half_chord - horizon) / (2 * half_chord)).clamp(0, 1)
        total += half_chord
    return lit / total


def _ray_steps(longest: int) -> np.ndarray:
    """Returns distances along a ray, cells: every one at first, then growing by RAY_GROWTH."""
    near = np.arange(1, min(NEAR, longest) + 1)
    count = max(0, math.ceil(math.log(max(1.0, longest / NEAR), RAY_GROWTH)))
    return np.unique(np.concatenate([near, np.round(NEAR * RAY_GROWTH ** np.arange(1, count + 1)).astype(int)]))


def _slope_along(
    heights: Tensor, padded: Tensor, reach: int, cells: Cells, azimuth: float, steps: np.ndarray
) -> Tensor:
    """Returns the steepest slope, at least 0, from each cell to the terrain towards an azimuth, (H, W)."""
    size = min(cells)
    dx, dy = math.sin(azimuth) * size / cells[0], math.cos(azimuth) * size / cells[1]
    slope, rise = torch.zeros_like(heights), torch.empty_like(heights)
    for step in steps:
        x, y = dx * step, dy * step
        if step <= NEAR or max(abs(x), abs(y)) < NEAR / 2:  # a rounded step this short would look another way
            there = _between(padded, reach, heights.shape, x, y)
        else:
            x, y = round(x), round(y)
            there = seen_from(padded, reach, heights.shape, x, y)
        torch.sub(there, heights, out=rise)
        torch.maximum(slope, rise.mul_(1 / math.hypot(x * cells[0], y * cells[1])), out=slope)
    inner = padded[reach : reach + heights.shape[0], reach : reach + heights.shape[1]]
    return torch.maximum(slope, _slope_to_edge(heights, inner, cells, (dx, dy)))


def _slope_to_edge(heights: Tensor, occluders: Tensor, cells: Cells, way: tuple[float, float]) -> Tensor:
    """Returns the slope from each cell to the last ones along a way (cells a step) before the cut edge, (H, W).

    A terrain that rises to its edge is highest there, between two of the growing steps: a shadow would have teeth.
    """
    rows, columns = heights.shape
    column, row = torch.arange(columns, dtype=torch.float32)[None], torch.arange(rows, dtype=torch.float32)[:, None]
    ways = [
        ((last if pace > 0 else 0) - place) / pace if abs(pace) > 1e-9 else torch.full_like(place, torch.inf)
        for place, pace, last in ((column, way[0], columns - 1), (row, way[1], rows - 1))
    ]
    steps = torch.minimum(*ways)
    cut = bool((occluders <= CUT).any())
    slope = torch.full_like(heights, -torch.inf)
    for back in (0.5, 1.5) if cut else (0.0,):  # a cell at the very edge may be cut away
        last = (_within(occluders, way, steps) - back).clamp(min=0) if cut else steps
        across, up = torch.round(way[0] * last), torch.round(way[1] * last)
        place = (row + up).long().clamp_(0, rows - 1) * columns + (column + across).long().clamp_(0, columns - 1)
        far = torch.sqrt((across * cells[0]) ** 2 + (up * cells[1]) ** 2)
        there = (occluders.reshape(-1)[place] - heights) / far.clamp(min=1e-9)
        slope = torch.maximum(slope, torch.where(far > 0, there, -torch.inf))
    return slope


def _within(occluders: Tensor, way: tuple[float, float], steps: Tensor) -> Tensor:
    """Returns how many of so many steps (H, W) along a way lie on a terrain without dents, by halving.

    Every so manyeth cell is asked; what lies between them is blended.
    """
    rows, columns = occluders.shape
    row = torch.arange(0, rows, SPARSE, dtype=torch.float32)[:, None]
    column = torch.arange(0, columns, SPARSE, dtype=torch.float32)[None]
    low, high = torch.zeros(len(row), column.shape[1]), steps[::SPARSE, ::SPARSE].clone()
    for _ in range(math.ceil(math.log2(max(rows, columns))) + 1):
        middle = 0.5 * (low + high)
        place = (row + way[1] * middle).round().long().clamp(0, rows - 1) * columns
        place += (column + way[0] * middle).round().long().clamp(0, columns - 1)
        there = occluders.reshape(-1)[place] > CUT
        low, high = torch.where(there, middle, low), torch.where(there, high, middle)
    size = (SPARSE * (low.shape[0] - 1) + 1, SPARSE * (low.shape[1] - 1) + 1)
    wide = torch.nn.functional.interpolate(low[None, None], size, mode="bilinear", align_corners=True)[0, 0]
    beyond = (0, columns - size[1], 0, rows - size[0])
    return torch.nn.functional.pad(wide[None, None], beyond, mode="replicate")[0, 0]


def padded_with(occluders: Tensor, reach: int) -> tuple[Tensor, int]:
    """Returns occluders with a margin of reach cells in which nothing stands, and the reach."""
    return torch.nn.functional.pad(occluders, (reach,) * 4, value=ABYSS), reach


def seen_from(padded: Tensor, reach: int, shape: torch.Size, across: int, up: int) -> Tensor:
    """Returns what lies a whole number of cells away from each cell, (..., H, W)."""
    height, width = shape
    return padded[..., reach + up : reach + up + height, reach + across : reach + across + width]


def _between(padded: Tensor, reach: int, shape: torch.Size, x: float, y: float) -> Tensor:
    """Returns the heights at a distance (x, y) in cells from each cell, linear between them, (H, W)."""
    column, row = math.floor(x), math.floor(y)
    right, above = x - column, y - row
    corners = [(column, row, (1 - right) * (1 - above)), (column + 1, row, right * (1 - above)),
               (column, row + 1, (1 - right) * above), (column + 1, row + 1, right * above)]  # fmt: skip
    parts = [share * seen_from(padded, reach, shape, i, j) for i, j, share in corners if share > 1e-6]
    return torch.stack(parts).sum(0)
