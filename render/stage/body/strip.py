"""A strip: what is drawn of a terrain while it grows out of a line, a rectangle around that line.

Only what is drawn is cut. The relief, its light and its heights are those of the whole terrain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from render.stage.body import shore
from render.stage.body.mesh import Mesh

SPLINTER = 1e-6  # picture widths that no vertex comes nearer to a cut
ON_A_SIDE = 1e-5  # picture widths from a side, up to which an edge lies on it

HalfPlane = tuple[float, float, float]  # x and y of the unit normal, outwards, and the distance from the origin


class Strip(NamedTuple):
    """A rectangle along a line, in the picture's plane, picture widths."""

    middle: tuple[float, float]
    way: tuple[float, float]  # unit vector along the line
    long: float  # half of its length
    wide: float  # half of its width

    @property
    def sides(self) -> tuple[HalfPlane, ...]:
        """Its half-planes: n · p ≤ distance inside."""
        (x, y), (cx, cy) = self.middle, self.way
        normals = ((cx, cy, self.long), (-cx, -cy, self.long), (-cy, cx, self.wide), (cy, -cx, self.wide))
        return tuple((nx, ny, nx * x + ny * y + half) for nx, ny, half in normals)

    def inset(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns how far places lie within it, negative outside, picture widths."""
        return np.asarray(np.minimum.reduce([distance - nx * x - ny * y for nx, ny, distance in self.sides]))

    def drawn_in(self, places: np.ndarray) -> np.ndarray:
        """Returns places (n, 2) outside moved to its edge, along it and across it."""
        along, across = np.array(self.way), np.array([-self.way[1], self.way[0]])
        away = places - np.array(self.middle)
        far, aside = (away @ along).clip(-self.long, self.long), (away @ across).clip(-self.wide, self.wide)
        return np.asarray(np.array(self.middle) + far[:, None] * along + aside[:, None] * across)


def within(surface: Mesh, strip: Strip) -> Mesh:
    """Returns the part of a surface that lies within a strip."""
    points, triangles = surface.points, surface.triangles
    for nx, ny, distance in strip.sides:
        inset = distance - nx * points[:, 0].astype(np.float64) - ny * points[:, 1]
        touched = (inset > 0)[triangles].any(axis=1)
        inset = np.where(inset > 0, np.maximum(inset, SPLINTER), np.minimum(inset, -SPLINTER))
        if not touched.all() or (inset < 0).any():
            points, triangles = _used(*shore.cut(triangles[touched], points, inset))
    return Mesh(points, triangles)


def _used(points: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the points that triangles have, and the triangles of these."""
    used, place = np.unique(triangles, return_inverse=True)
    return points[used], place.reshape(-1, 3).astype(np.int32)


def faces(surface: Mesh, low: np.ndarray | float, sides: Sequence[HalfPlane] | None = None) -> Mesh:
    """Returns the upright faces from the edges of a surface down to heights (N,) of its points, or to one.

    sides: on which an edge has to lie to have a face; where there are none, every edge has one.
    """
    start, end = edges(surface)
    if sides is not None:
        on = _on_sides(surface.points, start, end, sides)
        start, end = start[on], end[on]
    foot = surface.points.copy()
    foot[:, 2] = low
    count = np.arange(len(start))
    a, b, a_low, b_low = (count + number * len(start) for number in range(4))
    points = np.concatenate([surface.points[start], surface.points[end], foot[start], foot[end]])
    return Mesh(points, np.concatenate([np.stack([a, a_low, b_low], 1), np.stack([a, b_low, b], 1)]).astype(np.int32))


def edges(surface: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Returns where the edges of a surface start and end (n,), its own on their left as seen from above."""
    corner = surface.triangles.astype(np.int64)
    start, end = corner.ravel(), np.roll(corner, -1, axis=1).ravel()
    count = len(surface.points)
    alone = ~np.isin(start * count + end, end * count + start)
    return start[alone], end[alone]


def _on_sides(points: np.ndarray, start: np.ndarray, end: np.ndarray, sides: Sequence[HalfPlane]) -> np.ndarray:
    """Returns which edges (n,) bool lie on one of the sides."""
    flat = points[:, :2].astype(np.float64)
    near = [np.abs(distance - flat @ (nx, ny)) < ON_A_SIDE for nx, ny, distance in sides]
    return np.logical_or.reduce([each[start] & each[end] for each in near])
