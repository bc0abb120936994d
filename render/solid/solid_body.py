"""The body of an export: the terrain as a mesh of a chosen fineness, its cut walls and its base.

What has no data or diverged is a hole with torn edges: nothing was measured there, so nothing stands there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import map_coordinates

from render.stage.body import mesh, shore
from render.stage.body.mesh import Mesh
from render.stage.body.relief import Relief
from render.stage.light import bake

ON_SHORE = 1e-3  # of the field whose zero is a shore, which cells leave by 0.05


def torn(relief: Relief) -> Relief:
    """Returns a relief whose diverged cells are holes, as those without data are."""
    diverged = ~relief.finite
    if relief.holes is not None:
        diverged &= ~relief.holes
    if not diverged.any():
        return relief
    holes = diverged if relief.holes is None else diverged | relief.holes
    level = shore.carried_on(relief.level, holes)
    return replace(relief, level=level, finite=np.ones_like(holes), inland=shore.inland_of(holes))


def coarser(relief: Relief, cells: int) -> Relief:
    """Returns a relief of so many cells along its longer axis at most, with the same heights at their places."""
    shape = relief.level.shape
    if max(shape) <= cells:
        return relief
    counts = [max(2, round(count * cells / max(shape))) for count in shape]
    rows, columns = np.meshgrid(
        *(np.linspace(0, most - 1, count) for most, count in zip(shape, counts, strict=True)), indexing="ij"
    )
    level = map_coordinates(relief.level, [rows, columns], order=1, mode="nearest")
    finite = relief.finite[np.rint(rows).astype(int), np.rint(columns).astype(int)]
    if relief.inland is None:
        return replace(relief, level=level, finite=finite)
    field = shore.inland_at(relief.inland, rows.ravel(), columns.ravel()).reshape(rows.shape)
    held = np.where(field > 0, np.maximum(field, shore.LEAST), np.minimum(field, -shore.LEAST))
    return replace(relief, level=level, finite=finite, inland=held.astype(np.float32))


@dataclass(frozen=True)
class SolidBody:
    """A terrain and the ways along its edge."""

    terrain: Mesh
    outer: np.ndarray  # (k, 2) edges along the cut, with the terrain to their left seen from above
    shores: np.ndarray  # (s, 2) edges along holes, alike

    @property
    def edges(self) -> np.ndarray:
        """All edges (k + s, 2)."""
        return np.concatenate([self.outer, self.shores])


def body_of(relief: Relief, shape: str) -> SolidBody:
    """Returns the body of a relief in a shape; every point of its terrain belongs to a triangle."""
    terrain = _compact(mesh.terrain(relief, shape))
    edges = boundary(terrain.triangles)
    if relief.inland is None:
        return SolidBody(terrain, edges, edges[:0])
    rows, columns = relief.level.shape
    x, y = terrain.points[:, 0].astype(np.float64), terrain.points[:, 1].astype(np.float64)
    field = shore.inland_at(relief.inland, (y / relief.depth + 0.5) * (rows - 1), (x + 0.5) * (columns - 1))
    on_shore = (np.abs(field) < ON_SHORE)[edges].all(axis=1)
    return SolidBody(terrain, edges[~on_shore], edges[on_shore])


def _compact(whole: Mesh) -> Mesh:
    """Returns a mesh without points that no triangle uses."""
    used, triangles = np.unique(whole.triangles, return_inverse=True)
    return Mesh(whole.points[used], triangles.reshape(-1, 3).astype(np.int32))


def boundary(triangles: np.ndarray) -> np.ndarray:
    """Returns the edges (k, 2) that one triangle alone has, in its sense of rotation."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).astype(np.int64)
    low, high = edges.min(axis=1), edges.max(axis=1)
    _, first, count = np.unique(low * (triangles.max(initial=0) + 1) + high, return_index=True, return_counts=True)
    return edges[first[count == 1]]


def walls(terrain: Mesh, edges: np.ndarray, bottom: float) -> tuple[Mesh, np.ndarray]:
    """Returns the faces from edges (k, 2) down to z = bottom, looking outwards, and their normals (4k, 3).

    Every face has its own four points, so that edges between faces are sharp.
    """
    here, there = terrain.points[edges[:, 0]], terrain.points[edges[:, 1]]
    low_here, low_there = (_lowered(points, bottom) for points in (here, there))
    count = len(edges)
    a, b, c, d = np.arange(4 * count, dtype=np.int32).reshape(4, count)
    triangles = np.concatenate([np.stack([a, c, d], 1), np.stack([a, d, b], 1)])
    way = (there - here).astype(np.float64)
    outward = np.stack([way[:, 1], -way[:, 0], np.zeros(count)], axis=1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True) + 1e-30
    return Mesh(np.concatenate([here, there, low_here, low_there]), triangles), np.tile(
        outward.astype(np.float32), (4, 1)
    )


def _lowered(points: np.ndarray, bottom: float) -> np.ndarray:
    low = points.copy()
    low[:, 2] = bottom
    return low


def base(body: SolidBody, bottom: float) -> Mesh:
    """Returns the underside at z = bottom: a fan around the middle, or under holes the terrain's own triangles."""
    points = _lowered(body.terrain.points, bottom)
    found = None if len(body.shores) else fan(points, body.outer)
    if found is None:
        return Mesh(points, body.terrain.triangles[:, ::-1])
    hub, triangles = found
    return _compact(Mesh(np.concatenate([points, hub[None]]), triangles))


def fan(points: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the middle (3,) of edges (k, 2) and the triangles (k, 3) from them to it, seen from below.

    The middle counts as the point after all points (N, 3). None where triangles would overlap.
    """
    rim = points[edges.ravel()]
    middle = 0.5 * (rim.min(axis=0) + rim.max(axis=0))
    here, there = (points[end] - middle for end in edges.T)
    if (here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0] <= 0).any():
        return None
    hub = np.full(len(edges), len(points))
    return middle, np.column_stack([edges[:, ::-1], hub]).astype(np.int32)


def normals_at(relief: Relief, points: np.ndarray) -> np.ndarray:
    """Returns the unit normals (N, 3) float32 of the measured terrain, whatever the mesh, at points of it."""
    baked = bake.normals(relief.heights, relief.cells, relief.holes)
    rows, columns = relief.level.shape
    places = [(points[:, 1] / relief.depth + 0.5) * (rows - 1), (points[:, 0] + 0.5) * (columns - 1)]
    mixed = np.stack([map_coordinates(baked[..., k], places, order=1, mode="nearest") for k in range(3)], axis=1)
    return (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
