"""The horizon: how high the terrain stands around points, from which follows who sees them, and what shadows them.

Looked up at growing distances on the whole height-field; one table serves every height of a camera and of the sun.
"""

from __future__ import annotations

import numpy as np

from render.stage.body.mesh import covers
from render.stage.body.relief import Relief

LIFT = 0.004  # picture widths that points are raised by, so that their own ground does not hide them
NEAREST, FARTHEST = 0.01, 1.45  # picture widths that are looked at around a point
LOOKS = 80  # along one direction


def horizons(relief: Relief, shape: str, points: np.ndarray, azimuths: np.ndarray) -> np.ndarray:
    """Returns the elevation (A, N) of the terrain around points (N, 3), seen towards azimuths (A,), degrees.

    It is −90 where no terrain lies in a direction.
    """
    reach = NEAREST + (FARTHEST - NEAREST) * np.linspace(0, 1, LOOKS) ** 1.5
    heights = relief.heights
    found = [_towards(relief, heights, shape, points, np.radians(azimuth), reach) for azimuth in azimuths]
    return np.stack(found) if found else np.zeros((0, len(points)))


def _towards(
    relief: Relief, heights: np.ndarray, shape: str, points: np.ndarray, azimuth: float, reach: np.ndarray
) -> np.ndarray:
    x = points[:, :1] + reach * np.sin(azimuth)
    y = points[:, 1:2] + reach * np.cos(azimuth)
    rows, columns = heights.shape
    row = np.clip((y / relief.depth + 0.5) * (rows - 1) + 0.5, 0, rows - 1).astype(np.intp)
    column = np.clip((x + 0.5) * (columns - 1) + 0.5, 0, columns - 1).astype(np.intp)
    slope = (heights[row, column] - points[:, 2:] - LIFT) / reach
    slope[~covers(relief, shape, x, y)] = -np.inf
    return np.degrees(np.arctan(slope.max(1)))
