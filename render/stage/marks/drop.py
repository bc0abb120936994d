"""Drops: thin upright lines between the terrain and the height of a path's own loss, which a dot marks."""

from __future__ import annotations

import numpy as np

from render.stage.body import mesh
from render.stage.body.mesh import Mesh
from render.stage.marks.path_line import SIDES, SMALL, Pen
from render.stage.marks.told import Drop

THIN = 0.45  # half width of a drop / that of the line


def drawn(drop: Drop, pen: Pen) -> Mesh:
    """Returns the line of a drop, and the dot at the path's own loss."""
    half = float(pen.half(drop.own[None])[0])
    dot = mesh.ball(drop.own, SMALL * half, 8)
    if abs(drop.own[2] - drop.foot[2]) < half:
        return dot
    return mesh.together([_post(drop.foot, drop.own, THIN * half), dot])


def _post(foot: np.ndarray, top: np.ndarray, radius: float) -> Mesh:
    """Returns an upright tube, which has no side to turn its rings by."""
    turn = np.arange(SIDES) / SIDES * 2 * np.pi
    ring = radius * np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    here, there = np.arange(SIDES), (np.arange(SIDES) + 1) % SIDES
    triangles = np.concatenate(
        [np.stack([here, there, here + SIDES], 1), np.stack([there, there + SIDES, here + SIDES], 1)]
    )
    return Mesh(np.concatenate([foot + ring, top + ring]).astype(np.float32), triangles.astype(np.int32))
