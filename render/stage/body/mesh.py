"""Geometry of the picture: the terrain cut to its shape, the wall under its edge, the path as a tube.

The picture's x runs along α from −½ to ½, y along β, z up; the lowest drawn loss lies at z = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from render.stage.body import shore
from render.stage.body.relief import Relief

SPLINTER = 1e-3  # of a cell, that no vertex comes nearer to a cut
DISC = 0.49  # radius of the disc or ellipse / extent; the outermost cells have no outer neighbours to be shaded from


@dataclass(frozen=True)
class Mesh:
    """Triangles."""

    points: np.ndarray  # (N, 3) float32, picture widths
    triangles: np.ndarray  # (M, 3) int32


def axes(relief: Relief) -> tuple[np.ndarray, np.ndarray]:
    """Returns x (n_α,) and y (n_β,) of the grid in picture widths."""
    rows, columns = relief.level.shape
    return np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows) * relief.depth


def radii_of(relief: Relief) -> tuple[float, float]:
    """Returns the radii along x and y of the disc that is cut out of the relief, picture widths."""
    return DISC, DISC * relief.depth


def reach_of(relief: Relief, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns how far out on the disc places lie: 0 in the middle, 1 on its edge."""
    across, up = radii_of(relief)
    return np.asarray(np.hypot(x / across, y / up))


def height_at(relief: Relief, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns the drawn height at x, y, linear between cells and level beyond the edge."""
    rows, columns = relief.level.shape
    row, column = (y / relief.depth + 0.5) * (rows - 1), (x + 0.5) * (columns - 1)
    return map_coordinates(relief.heights, [row, column], order=1, mode="nearest")


def covers(relief: Relief, shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns whether places lie on the terrain that is drawn; x and y are broadcast together."""
    within = _within(relief, shape, x, y)
    return within if relief.inland is None else within & (_inland(relief, x, y) > 0)


def _within(relief: Relief, shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns whether places lie in the shape that is cut out, holes and all."""
    if shape != "disc":
        block = np.asarray((np.abs(x) <= 0.5) & (np.abs(y) <= 0.5 * relief.depth))
        return block if relief.corner is None else block & (relief.corner.inset(x, y) > 0)
    return np.asarray(reach_of(relief, x, y) < 1)


def _inland(relief: Relief, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns the field whose sign tells terrain from holes."""
    assert relief.inland is not None
    rows, columns = relief.level.shape
    return shore.inland_at(relief.inland, (y / relief.depth + 0.5) * (rows - 1), (x + 0.5) * (columns - 1))


def inside(relief: Relief, shape: str) -> np.ndarray:
    """Returns which cells belong to the picture, (n_β, n_α) bool."""
    x, y = axes(relief)
    within = _within(relief, shape, x[None, :], y[:, None])
    return within if relief.inland is None else within & (relief.inland > 0)


def lowest(relief: Relief, shape: str) -> np.ndarray:
    """Returns the middle (3,) of the lowest cell that is drawn and holds a value."""
    drawn = np.where(inside(relief, shape) & relief.finite, relief.level, np.inf)
    row, column = np.unravel_index(int(np.argmin(drawn)), drawn.shape)
    x, y = axes(relief)
    return np.array([x[column], y[row], relief.level[row, column] * relief.exaggeration])


def terrain(relief: Relief, shape: str) -> Mesh:
    """Returns the surface without its holes, of whose edges the shore says where they run."""
    whole = _whole(relief, shape)
    if relief.inland is None:
        return whole
    return Mesh(*shore.cut(whole.triangles, whole.points, _inland(relief, whole.points[:, 0], whole.points[:, 1])))


def _whole(relief: Relief, shape: str) -> Mesh:
    """Returns the surface as if it had no holes.

    A disc's outermost vertices are drawn in onto the circle, so that its edge is smooth.
    """
    x, y = axes(relief)
    points = np.empty((*relief.level.shape, 3), np.float32)
    points[..., 0], points[..., 1], points[..., 2] = x[None, :], y[:, None], relief.heights
    points = points.reshape(-1, 3)
    triangles = _grid_triangles(*relief.level.shape)
    if shape == "disc":
        # a quarter of a cell: nearer to the edge, a vertex could lie outside the chord between two that were drawn in
        slack = 0.25 * min(cell / radius for cell, radius in zip(relief.cells, radii_of(relief), strict=True))
        kept = reach_of(relief, points[:, 0], points[:, 1]) < 1 - slack
        triangles = triangles[kept[triangles].any(axis=1)]
        outside = np.unique(triangles[~kept[triangles]])
        _draw_in(relief, points, outside)
    elif relief.corner is not None:
        points, triangles = shore.cut(triangles, points, _within_cut(relief, points))
    return Mesh(points, triangles)


def _within_cut(relief: Relief, points: np.ndarray) -> np.ndarray:
    """Returns how far points (N, 3) lie within the cut of a corner; none lies on it, or there would be splinters."""
    assert relief.corner is not None
    inset, least = relief.corner.inset(*points[:, :2].astype(np.float64).T), SPLINTER * min(relief.cells)
    return np.where(inset > 0, np.maximum(inset, least), np.minimum(inset, -least))


def _draw_in(relief: Relief, points: np.ndarray, outside: np.ndarray) -> None:
    flat = points[outside, :2].astype(np.float64)
    flat /= reach_of(relief, flat[:, 0], flat[:, 1])[:, None]
    points[outside, :2] = flat
    points[outside, 2] = height_at(relief, flat[:, 0], flat[:, 1])


def wall(relief: Relief, surface: Mesh, shape: str, bottom: float) -> Mesh:
    """Returns the vertical face from the edge of the surface down to z = bottom, sharing the edge's very vertices.

    There is none where a hole reaches the edge.
    """
    if relief.inland is not None:
        return _broken_wall(relief, shape, bottom)
    edge = surface.points[_edge(relief, surface, shape)]
    low = edge.copy()
    low[:, 2] = bottom
    return _band(edge, low)


def _broken_wall(relief: Relief, shape: str, bottom: float) -> Mesh:
    """Returns the wall under those stretches of the edge that are drawn; its faces look outwards."""
    whole = _whole(relief, shape)
    loop = _edge(relief, whole, shape)
    start, end = loop, np.roll(loop, -1)
    inland = _inland(relief, whole.points[:, 0], whole.points[:, 1])
    drawn = (inland[start] > 0) | (inland[end] > 0)
    start, end = start[drawn], end[drawn]
    torn = (inland[start] > 0) != (inland[end] > 0)
    low, high = np.minimum(start, end)[torn], np.maximum(start, end)[torn]  # in the order in which the surface was cut
    between = shore.crossing(whole.points[low], whole.points[high], inland[low], inland[high])
    tops = [whole.points[start], whole.points[end]]
    for top, vertices in zip(tops, (start, end), strict=True):
        top[inland[vertices] <= 0] = between[inland[vertices[torn]] <= 0]
    feet = [np.column_stack([top[:, :2], np.full(len(top), bottom, np.float32)]) for top in tops]
    p, q, p_low, q_low = np.arange(4 * len(start)).reshape(4, -1)
    triangles = np.concatenate([np.stack([p_low, q_low, q], 1), np.stack([p_low, q, p], 1)])
    return Mesh(np.concatenate([*tops, *feet]).astype(np.float32), triangles.astype(np.int32))


def _edge(relief: Relief, whole: Mesh, shape: str) -> np.ndarray:
    """Returns the vertices (k,) along the edge of a surface without holes, counter-clockwise from above."""
    if shape == "disc":
        used = np.unique(whole.triangles)
        flat = whole.points[used, :2].astype(np.float64)
        rim = used[np.abs(reach_of(relief, flat[:, 0], flat[:, 1]) - 1) < 2e-5]
        points = whole.points[rim]
        return rim[np.argsort(np.arctan2(points[:, 1] / relief.depth, points[:, 0]), kind="stable")]
    grid = np.arange(relief.level.size).reshape(relief.level.shape)
    loop = np.concatenate([grid[0, :-1], grid[:-1, -1], grid[-1, :0:-1], grid[:0:-1, 0]])
    return loop if relief.corner is None else _edge_with_cut(relief, whole, loop)


def _edge_with_cut(relief: Relief, whole: Mesh, loop: np.ndarray) -> np.ndarray:
    """Returns a loop around a block without the vertices of its corner, and those along the cut in their place."""
    assert relief.corner is not None
    new = np.arange(relief.level.size, len(whole.points))
    x, y = whole.points[new, :2].astype(np.float64).T
    nx, ny = relief.corner.normal
    new = new[np.argsort(ny * -x + nx * y, kind="stable")]  # counter-clockwise, as the loop runs
    kept = _within_cut(relief, whole.points[loop]) > 0
    start = int(np.flatnonzero(kept & ~np.roll(kept, 1))[0])  # where the loop comes back from the corner
    return np.concatenate([np.roll(loop, -start)[: int(kept.sum())], new])


def _grid_triangles(rows: int, columns: int) -> np.ndarray:
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)


def tube(centre: np.ndarray, radius: np.ndarray | float, sides: int = 12) -> Mesh:
    """Returns a tube around a polyline (T, 3), of one radius or one at each point; its rings follow the direction."""
    along = np.gradient(centre, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-12
    side = np.cross(along, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-12
    up = np.cross(side, along)
    angle = np.arange(sides) / sides * 2 * np.pi
    ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    points = (centre[:, None] + np.broadcast_to(radius, len(centre))[:, None, None] * ring).reshape(-1, 3)
    start = np.arange(len(centre) - 1)[:, None] * sides
    here, there = start + np.arange(sides), start + (np.arange(sides) + 1) % sides
    faces = np.concatenate(
        [np.stack([here, there, here + sides], -1), np.stack([there, there + sides, here + sides], -1)], axis=1
    )
    return Mesh(points.astype(np.float32), faces.reshape(-1, 3).astype(np.int32))


def ball(centre: np.ndarray, radius: float, rings: int = 12) -> Mesh:
    """Returns a sphere."""
    polar = np.linspace(0, np.pi, rings + 1)[:, None]
    around = np.arange(2 * rings)[None, :] / rings * np.pi
    unit = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around], -1)
    index = np.arange(unit[..., 0].size, dtype=np.int32).reshape(unit.shape[:2])
    here, there = index[:-1], np.roll(index[:-1], -1, axis=1)
    below, beyond = index[1:], np.roll(index[1:], -1, axis=1)
    triangles = np.stack([here, below, beyond, here, beyond, there], -1).reshape(-1, 3)
    return Mesh((centre + radius * unit).reshape(-1, 3).astype(np.float32), triangles)


def together(parts: Sequence[Mesh]) -> Mesh:
    """Returns several meshes as one."""
    starts = np.cumsum([0, *(len(part.points) for part in parts)])
    triangles = [part.triangles + start for part, start in zip(parts, starts, strict=False)]
    return Mesh(np.concatenate([part.points for part in parts]), np.concatenate(triangles).astype(np.int32))


def outline(relief: Relief, shape: str, count: int = 240) -> np.ndarray:
    """Returns points (count, 2) along the edge of the terrain."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    way = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    if shape != "disc":
        way /= np.abs(way).max(axis=1, keepdims=True)
        edge = way * (0.5, 0.5 * relief.depth)
        if relief.corner is None:
            return edge
        beyond = edge @ relief.corner.normal
        return edge * np.minimum(1, relief.corner.distance / np.maximum(beyond, 1e-9))[:, None]
    return way * radii_of(relief)


def shifted(mesh: Mesh, offset: tuple[float, float, float]) -> Mesh:
    """Returns a mesh moved by an offset, picture widths."""
    return Mesh(mesh.points + np.asarray(offset, np.float32), mesh.triangles)


def lower_side(surface: Mesh, thickness: float) -> Mesh:
    """Returns the same surface a thickness lower, seen from below."""
    return Mesh(surface.points - np.array([0, 0, thickness], np.float32), surface.triangles[:, ::-1])


def hem(relief: Relief, surface: Mesh, shape: str, thickness: float) -> Mesh | None:
    """Returns the narrow face along the edge of a sheet, or None where holes tear it."""
    if relief.inland is not None:
        return None
    edge = surface.points[_edge(relief, surface, shape)]
    return _band(edge, edge - np.array([0, 0, thickness], np.float32))


def _band(top: np.ndarray, foot: np.ndarray) -> Mesh:
    count = len(top)
    here, there = np.arange(count), (np.arange(count) + 1) % count
    triangles = np.concatenate(
        [np.stack([here, here + count, there + count], 1), np.stack([here, there + count, there], 1)]
    )
    return Mesh(np.concatenate([top, foot]), triangles.astype(np.int32))
