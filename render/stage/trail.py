"""The path on the stage: a polyline that lies on the terrain, and the light that it throws around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from render.stage import mesh
from render.stage.relief import Relief

LIGHT_SIZE = 192  # side of the map of the path's own light
HEAD_LIGHT = 4.0  # of the head, beside 1 for a cell's width of path
SPACING = 0.001  # picture widths between the points of the polyline


@dataclass(frozen=True)
class Descent:
    """The path as it is drawn: a polyline, dense enough to lie on the terrain."""

    points: np.ndarray  # (N, 3) picture widths
    index: np.ndarray  # (N,) float64, place in the trajectory; increasing
    shown: np.ndarray  # (N,) bool, whether the point lies over the terrain; beyond its edge nothing is known

    def at(self, places: np.ndarray) -> np.ndarray:
        """Returns the points (n, 3) at places (n,) in the trajectory."""
        return np.stack([np.interp(places, self.index, self.points[:, k]) for k in range(3)], axis=1)

    def until(self, head: float) -> Trail:
        """Returns what has been walked when the head is at a place in the trajectory."""
        count = min(int(np.searchsorted(self.index, head)), len(self.points) - 1)
        return Trail(np.concatenate([self.points[:count], self.at(np.array([head]))]), self.shown[: count + 1])


@dataclass(frozen=True)
class Trail:
    """The walked part of a path, its head last."""

    points: np.ndarray  # (n, 3) picture widths
    shown: np.ndarray  # (n,) bool

    def pieces(self) -> list[np.ndarray]:
        """Returns the stretches (m, 3) of two points and more that lie over the terrain."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.shown.astype(int), [0]])))
        return [self.points[start:end] for start, end in edges.reshape(-1, 2) if end - start > 1]

    @property
    def head(self) -> np.ndarray | None:
        """Where the head stands (3,), or None beyond the edge."""
        return self.points[-1] if self.shown[-1] else None


def drape(relief: Relief, shape: str, places: np.ndarray, levels: np.ndarray | None, lift: float) -> Descent:
    """Returns the path as it is drawn, from places (T, 2) in −½..½ of the grid's extents.

    It lies on the surface, or at its own levels (T,) where they are given, and is not shown where they are NaN; between
    two logged steps it is straight.
    """
    x, y = places[:, 0], places[:, 1] * relief.depth
    lengths = np.hypot(np.diff(x), np.diff(y))
    pieces = np.maximum(1, np.ceil(lengths / SPACING)).astype(int)
    index = np.concatenate([k + np.arange(n) / n for k, n in enumerate(pieces)] + [[len(x) - 1.0]])
    steps = np.arange(len(x))
    px, py = np.interp(index, steps, x), np.interp(index, steps, y)
    height = mesh.height_at(relief, px, py)
    shown = mesh.covers(relief, shape, px, py)
    if levels is not None:
        own = np.interp(index, steps, levels) * relief.exaggeration
        shown &= np.isfinite(own)
        height = np.where(np.isfinite(own), own, height)
    return Descent(np.stack([px, py, height + lift], axis=1), index, shown)


def tube_of(trail: Trail, radius: float, sides: int) -> tuple[mesh.Mesh, np.ndarray] | None:
    """Returns the tube around what is shown of a trail, with the place of each vertex along it in 0..1, or None."""
    pieces = trail.pieces()
    if not pieces:
        return None
    tubes = [mesh.tube(piece, radius, sides) for piece in pieces]
    starts = np.cumsum([0, *(len(tube.points) for tube in tubes)])
    triangles = [tube.triangles + start for tube, start in zip(tubes, starts, strict=False)]
    count = sum(len(piece) for piece in pieces)
    joined = mesh.Mesh(np.concatenate([tube.points for tube in tubes]), np.concatenate(triangles).astype(np.int32))
    return joined, np.repeat(np.linspace(0.0, 1.0, count), sides)


def paths_light(trails: Sequence[Trail], colours: Sequence[np.ndarray], depth: float) -> Tensor:
    """Returns the light that paths throw on the ground around them, (LIGHT_SIZE², 3), without shadows.

    colours: of each path, linear RGB.
    """
    light = np.zeros((LIGHT_SIZE**2, 3))
    for trail, colour in zip(trails, colours, strict=False):
        light += _light_of(trail, depth).reshape(-1, 1) * colour
    return torch.from_numpy(light.astype(np.float32))


def _light_of(trail: Trail, depth: float) -> np.ndarray:
    lit = np.zeros((LIGHT_SIZE, LIGHT_SIZE))
    for piece in trail.pieces():
        _shine(lit, piece[1:], np.linalg.norm(np.diff(piece, axis=0), axis=1) * LIGHT_SIZE, depth)
    if trail.head is not None:
        _shine(lit, trail.head[None], np.array([HEAD_LIGHT]), depth)
    return 0.9 * gaussian_filter(lit, 0.012 * LIGHT_SIZE) + 1.6 * gaussian_filter(lit, 0.035 * LIGHT_SIZE)


def _shine(lit: np.ndarray, points: np.ndarray, amounts: np.ndarray, depth: float) -> None:
    """Adds light at points (n, 3), shared out between the four cells around each, so that it does not jump."""
    place = np.clip((points[:, :2] / (1, depth) + 0.5) * (LIGHT_SIZE - 1), 0, LIGHT_SIZE - 1.001)
    corner = np.floor(place).astype(int)
    right, up = (place - corner).T
    for i, j, share in (
        (0, 0, (1 - right) * (1 - up)),
        (1, 0, right * (1 - up)),
        (0, 1, (1 - right) * up),
        (1, 1, right * up),
    ):
        np.add.at(lit, (corner[:, 1] + j, corner[:, 0] + i), amounts * share)
