"""Arrows on the terrain: which way the slice falls at a place of a path, and how steeply."""

from __future__ import annotations

import numpy as np

from render.stage.body import mesh
from render.stage.body.mesh import Mesh, height_at
from render.stage.body.relief import Relief
from render.stage.marks.path_line import SIDES, Pen
from render.stage.marks.told import Arrow

LONGEST = 0.06  # of the steepest, picture widths
DECADES, SHORTEST = 3.0, 0.25  # factors of ten over which an arrow shrinks to nothing, and what is always left of it
SHAFT, BARB = 0.45, 1.7  # half width of an arrow, and of its head / that of the line
HEAD = 4.2  # length of the head / half width of the line
RAISED = 1.0  # above the terrain / half width of the line, which it is not to sink into
STEPS = 24  # points along an arrow


def length_of(slope: float, steepest: float) -> float:
    """Returns how long an arrow is, picture widths: by the logarithm of its slope, the steepest longest.

    A slope ten times less steep is a third shorter, and none is shorter than a quarter.
    """
    share = 1 + np.log10(max(slope, 1e-300) / steepest) / DECADES
    return LONGEST * float(np.clip(share, SHORTEST, 1))


def drawn(relief: Relief, arrow: Arrow, length: float, pen: Pen) -> Mesh:
    """Returns an arrow of a length that lies on the terrain, its head a cone."""
    along = np.linspace(0, length, STEPS)
    half = float(pen.half(_laid(relief, arrow, along[:1]))[0])
    neck = max(0.4 * length, length - HEAD * half)
    along = np.concatenate([np.linspace(0, neck, STEPS), [neck], np.linspace(neck, length, STEPS // 2)[1:]])
    points = _laid(relief, arrow, along) + np.array([0, 0, RAISED * half])
    taper = np.linspace(BARB, 0, STEPS // 2)
    return mesh.tube(points, half * np.concatenate([np.full(STEPS, SHAFT), taper]), SIDES)


def _laid(relief: Relief, arrow: Arrow, along: np.ndarray) -> np.ndarray:
    """Returns the points (n, 3) on the terrain at lengths (n,) from the root of an arrow."""
    flat = arrow.root + along[:, None] * arrow.way
    return np.column_stack([flat, height_at(relief, flat[:, 0], flat[:, 1])])
