"""The clearance: heights over the ground that no camera goes below.

They follow the terrain from above, never steeper than STEEPEST, as a cone over every place of it (a dilation), so that
a camera that comes to a wall is lifted before it, and evenly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter, grey_dilation, map_coordinates, maximum_filter

from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.camera import View

CLEARANCE = 0.02  # picture widths between a camera and the ground; nearer, the picture would cut into it
STEEPEST = 1.5  # slope of the heights that are kept to
SIDE = 80  # cells that a picture width is looked at in
BEYOND = 0.3  # picture widths around the terrain
ROUNDED = 0.6  # cells over which the cones are rounded
SOFT = 0.02  # picture widths over which a camera that comes too low is lifted


@dataclass(frozen=True)
class Clearance:
    """Heights on a lattice around a terrain."""

    heights: np.ndarray  # (rows, columns) picture widths
    half: tuple[float, float]  # of its extents along x and y, picture widths

    @staticmethod
    def over(relief: Relief, body: str, bottom: float) -> Clearance:
        """Returns the clearance of a terrain that stands on a ground at a height."""
        half = 0.5 + BEYOND, 0.5 * relief.depth + BEYOND
        fine = [int(2 * extent * SIDE * 4) + 1 for extent in half]
        x, y = (np.linspace(-extent, extent, count) for extent, count in zip(half, fine, strict=True))
        grid = np.meshgrid(x, y)
        heights = mesh.height_at(relief, grid[0].ravel(), grid[1].ravel()).reshape(len(y), len(x))
        heights = np.where(mesh.covers(relief, body, *grid), heights, bottom)
        highest = maximum_filter(heights, 11, mode="nearest")[::4, ::4]  # every cell as high as all that it touches
        reach = max(1, math.ceil((float(np.ptp(highest)) / STEEPEST) * SIDE))
        way = np.arange(-reach, reach + 1) / SIDE
        cone = -STEEPEST * np.hypot(way[:, None], way[None, :])
        raised = grey_dilation(highest, structure=cone, mode="nearest") if reach < SIDE else highest
        spare = STEEPEST * ROUNDED / SIDE * math.sqrt(math.pi / 2)  # at most what rounding takes from a cone
        made = gaussian_filter(raised, ROUNDED, mode="nearest") + spare + CLEARANCE
        return Clearance(made, half)

    def at(self, x: float, y: float) -> float:
        """Returns the least height of a camera at a place."""
        rows, columns = self.heights.shape
        row = (y / self.half[1] + 1) / 2 * (rows - 1)
        column = (x / self.half[0] + 1) / 2 * (columns - 1)
        return float(map_coordinates(self.heights, [[row], [column]], order=1, mode="nearest")[0])


def kept_above(view: View, clearance: Clearance, offsets: Sequence[np.ndarray]) -> View:
    """Returns a view from above the ground: where it would be too low it is lifted, and still looks at its target.

    offsets: where the terrains stand, (3,) each.
    """
    x, y, z = view.position
    least = max(clearance.at(x - away[0], y - away[1]) for away in offsets)
    lifted = least + _softened(z - least)
    return view if lifted == z else replace(view, position=np.array([x, y, lifted]))


def is_far_above(height: float, relief: Relief) -> bool:
    """Whether a height is above every clearance over a relief."""
    return height > relief.exaggeration + CLEARANCE + STEEPEST * ROUNDED / SIDE * math.sqrt(math.pi / 2) + SOFT


def _softened(height: float) -> float:
    """Returns a height that is never below 0: as it is from SOFT on, and bent without a kink below."""
    if height >= SOFT:
        return height
    return 0.0 if height <= -SOFT else (height + SOFT) ** 2 / (4 * SOFT)
