"""Strands: many thin lines of few inks, each ink one mesh, so that hundreds of them are drawn as fast as one.

A strand follows its steps over the terrain; at a moment all have come to the same step, and the point where each has
come to is a small bead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.stage.body import mesh
from render.stage.body.mesh import Mesh
from render.stage.body.relief import Relief
from render.stage.marks.path_line import SEAT, Pen

APART = 0.004  # picture widths between the points of a strand
THIN = 0.5  # width of a strand without a bead / that of others
SIDES = 4  # of its tube: thin lines show no more
BEAD, RINGS = 2.2, 6  # radius of the bead / half width of a strand, and the rings of its ball


@dataclass(frozen=True)
class Strands:
    """Lines on a terrain up to a moment, in inks of paths."""

    points: np.ndarray  # (M, 3) picture widths, strand after strand
    owner: np.ndarray  # (M,) which strand, rising
    heads: np.ndarray  # (N, 3) where each has come to
    inks: np.ndarray  # (N,)
    width: float  # of a strand / that of the path's line
    beads: bool = True
    bare: int | None = None  # the ink of those that are thin and have no bead, if any

    def of_ink(self, ink: int) -> Strands | None:
        """Returns those of an ink, or None."""
        own = self.inks == ink
        if not own.any():
            return None
        kept, number = own[self.owner], np.cumsum(own) - 1
        width, beads = (THIN * self.width, False) if ink == self.bare else (self.width, self.beads)
        return Strands(self.points[kept], number[self.owner[kept]], self.heads[own], self.inks[own], width, beads)


@dataclass(frozen=True)
class StrandWays:
    """The whole ways of strands on a terrain."""

    points: np.ndarray  # (M, 3) picture widths, strand after strand
    step: np.ndarray  # (M,) at which it comes there
    owner: np.ndarray  # (M,)
    relief: Relief
    places: np.ndarray  # (S + 1, N, 2) x and y after each step, picture widths
    inks: np.ndarray  # (N,)
    width: float

    def until(self, step: float) -> Strands:
        """Returns what they have come to at a step, or between two."""
        whole, last = int(step), len(self.places) - 1
        here, there = self.places[min(whole, last)], self.places[min(whole + 1, last)]
        heads = _laid(self.relief, here + (step - whole) * (there - here))
        gone, count = self.step <= step, len(self.inks)
        points = np.concatenate([self.points[gone], heads])
        owner = np.concatenate([self.owner[gone], np.arange(count)])
        order = np.argsort(owner, kind="stable")
        return Strands(points[order], owner[order], heads, self.inks, self.width)


def strand_ways(relief: Relief, places: np.ndarray, ended: np.ndarray, inks: np.ndarray, width: float) -> StrandWays:
    """Returns the ways of strands from where they are after each step, (S + 1, N, 2) in −½..½ of the grid's extents.

    ended: the step (N,) after which each stands still. inks: of each, (N,). width: of a strand / that of a path.
    """
    flat = places * (1.0, relief.depth)
    parts = [_thinned(flat[: int(end) + 1, number]) for number, end in enumerate(ended)]
    owner = np.repeat(np.arange(len(parts)), [len(steps) for steps, _ in parts])
    steps = np.concatenate([steps for steps, _ in parts]) if parts else np.zeros(0)
    along = np.concatenate([points for _, points in parts]) if parts else np.zeros((0, 2))
    return StrandWays(_laid(relief, along), steps, owner, relief, flat, inks, width)


def _thinned(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns points APART along a polyline (T, 2), and the steps at which it comes there."""
    legs = np.hypot(*np.diff(points, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(legs)])
    wanted = np.arange(0.0, way[-1], APART) if way[-1] > 0 else np.zeros(1)
    moving = np.concatenate([[True], legs > 0])  # so that what has walked rises
    steps = np.interp(wanted, way[moving], np.flatnonzero(moving))
    whole = np.arange(len(points))
    return steps, np.stack([np.interp(steps, whole, points[:, k]) for k in (0, 1)], axis=1)


def _laid(relief: Relief, flat: np.ndarray) -> np.ndarray:
    """Returns places (n, 2) of the picture on the terrain, (n, 3)."""
    return np.column_stack([flat, mesh.height_at(relief, flat[:, 0], flat[:, 1])])


def lines_of(strands: Strands, pen: Pen) -> Mesh | None:
    """Returns the tubes of strands as one mesh, or None where none has moved."""
    points, owner = strands.points, strands.owner
    joined = owner[1:] == owner[:-1]
    if not joined.any():
        return None
    half = strands.width * pen.half(points)
    centre = points + np.outer(SEAT * half, (0.0, 0.0, 1.0))
    legs = np.where(joined[:, None], np.diff(centre, axis=0), 0.0)
    ends = np.zeros((1, 3))
    way = np.concatenate([ends, legs]) + np.concatenate([legs, ends])  # at a joint, the mean of both legs
    way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-12
    side = np.cross(way, (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-12
    up = np.cross(side, way)
    turn = np.arange(SIDES) / SIDES * 2 * np.pi
    ring = np.cos(turn)[None, :, None] * side[:, None] + np.sin(turn)[None, :, None] * up[:, None]
    tube = (centre[:, None] + half[:, None, None] * ring).reshape(-1, 3)
    start = np.flatnonzero(joined)[:, None] * SIDES
    here, there = start + np.arange(SIDES), start + (np.arange(SIDES) + 1) % SIDES
    faces = np.stack([here, there, here + SIDES, there, there + SIDES, here + SIDES], axis=-1)
    return Mesh(tube.astype(np.float32), faces.reshape(-1, 3).astype(np.int32))


def beads_of(strands: Strands, pen: Pen) -> Mesh | None:
    """Returns the beads where strands have come to as one mesh, or None where there are none."""
    if not strands.beads or not len(strands.heads):
        return None
    radius = BEAD * strands.width * pen.half(strands.heads)
    one = mesh.ball(np.zeros(3), 1.0, RINGS)
    middle = strands.heads + np.outer(0.35 * radius, (0.0, 0.0, 1.0))
    points = (middle[:, None] + radius[:, None, None] * one.points).reshape(-1, 3)
    faces = one.triangles + (np.arange(len(middle)) * len(one.points))[:, None, None]
    return Mesh(points.astype(np.float32), faces.reshape(-1, 3).astype(np.int32))
