"""STL for a three-dimensional printer: one closed body in millimetres, without colour, path or camera."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from render.errors import DataError, UsageError
from render.solid import solid_body
from render.solid.cut import SOLID, Cut
from render.solid.extra import require
from render.stage.body.mesh import Mesh

MILLIMETRES = 1000.0  # of a metre


@dataclass(frozen=True)
class PrintableBody:
    """A body that is ready to be printed."""

    content: bytes  # of the file
    size: tuple[float, float, float]  # millimetres
    base: float  # millimetres below the lowest point
    triangles: int
    parts: int  # that hang together


def solid_of(cut: Cut) -> Mesh:
    """Returns the closed body of a cut, in millimetres: terrain, walls under every edge of it, base.

    Raises UsageError for a look whose body is not solid.
    """
    shape = cut.take.look.body
    if shape not in SOLID:
        raise UsageError(f"look.body: {shape} is not solid; print a block or a disc, such as --set look.body=block")
    if cut.bottom >= 0:
        raise UsageError("look.walls.thickness: 0 leaves no base to print; give some, such as 0.1")
    terrain = cut.body.terrain
    low = terrain.points.copy()
    low[:, 2] = cut.bottom
    count = len(terrain.points)
    here, there = cut.body.edges.T
    sides = [np.stack([here, here + count, there + count], 1), np.stack([here, there + count, there], 1)]
    points, under = _underside(cut, low, count)
    triangles = np.concatenate([terrain.triangles, *sides, under]).astype(np.int32)
    scaled = np.concatenate([terrain.points, points]).astype(np.float64) * (cut.scale * MILLIMETRES)
    return Mesh(scaled.astype(np.float32), triangles)


def _underside(cut: Cut, low: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the points of the underside, those below the terrain (count, 3) first, and its triangles."""
    found = solid_body.fan(low, cut.body.outer) if not len(cut.body.shores) else None
    if found is None:
        return low, cut.body.terrain.triangles[:, ::-1] + count
    hub, triangles = found
    return np.concatenate([low, hub[None]]), triangles + count


def encode(cut: Cut) -> PrintableBody:
    """Returns the body of a cut as a binary STL; raises DataError where it is not closed once it is read again."""
    trimesh = require("trimesh", "stl")
    solid = solid_of(cut)
    content = trimesh.Trimesh(solid.points, solid.triangles, process=False).export(file_type="stl")
    again = trimesh.load_mesh(io.BytesIO(content), file_type="stl")
    if not (again.is_watertight and again.is_winding_consistent and again.volume > 0):
        raise DataError("--to stl: this terrain does not close to a body; ask for another --mesh")
    wide, deep, high = (float(extent) for extent in again.extents)
    base = -cut.bottom * cut.scale * MILLIMETRES
    return PrintableBody(content, (wide, deep, high), base, len(solid.triangles), int(again.body_count))
