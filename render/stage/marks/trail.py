"""The path on the stage: a polyline that lies on the terrain."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.marks import curve
from render.stage.marks.manner import Manner
from render.stage.marks.told import Arrow, Drop

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

    @property
    def walked(self) -> np.ndarray:
        """The length (N,) of the way to each point, picture widths."""
        return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.points, axis=0), axis=1))])

    def until(self, head: float, beads: np.ndarray | None = None) -> Trail:
        """Returns what has been walked when the head is at a place in the trajectory.

        beads: places (k,) in the trajectory that are marked once they are passed, and where the path is shown.
        """
        count = min(int(np.searchsorted(self.index, head)), len(self.points) - 1)
        walked = np.concatenate([self.points[:count], self.at(np.array([head]))])
        passed = np.zeros(0) if beads is None else beads[beads < head]
        over = self.shown[np.searchsorted(self.index, passed).clip(max=len(self.shown) - 1)]
        return Trail(walked, self.shown[: count + 1], self.at(passed[over]))

    def after(self, head: float) -> Trail:
        """Returns the way still to come when the head is at a place in the trajectory, from there on."""
        count = min(int(np.searchsorted(self.index, head, side="right")), len(self.points) - 1)
        return Trail(np.concatenate([self.at(np.array([head])), self.points[count:]]), self.shown[count - 1 :])


@dataclass(frozen=True)
class Trail:
    """The walked part of a path, its head last."""

    points: np.ndarray  # (n, 3) picture widths
    shown: np.ndarray  # (n,) bool
    beads: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))  # (k, 3) places on it that are marked
    manner: Manner = field(default_factory=Manner)
    ahead: Trail | None = None  # the way still to come, where it is drawn
    arrows: tuple[tuple[Arrow, float], ...] = ()  # with their lengths, picture widths
    drops: tuple[Drop, ...] = ()

    def stretches(self) -> list[slice]:
        """Returns where two points and more in a row lie over the terrain."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.shown.astype(int), [0]])))
        return [slice(start, end) for start, end in edges.reshape(-1, 2) if end - start > 1]

    def pieces(self) -> list[np.ndarray]:
        """Returns the points (m, 3) of its stretches."""
        return [self.points[stretch] for stretch in self.stretches()]

    @property
    def way(self) -> float:
        """How long it is, picture widths."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    @property
    def head(self) -> np.ndarray | None:
        """Where the head stands (3,), or None beyond the edge."""
        return self.points[-1] if self.shown[-1] else None


def drape(
    relief: Relief, shape: str, places: np.ndarray, levels: np.ndarray | None, lift: float, curved: bool = False
) -> Descent:
    """Returns the path as it is drawn, from places (T, 2) in −½..½ of the grid's extents.

    It lies on the surface, or at its own levels (T,) where they are given, and is not shown where they are NaN; between
    two logged steps it is straight, or part of a curve through all of them.
    """
    x, y = places[:, 0], places[:, 1] * relief.depth
    lengths = np.hypot(np.diff(x), np.diff(y))
    pieces = np.maximum(1, np.ceil(lengths / SPACING)).astype(int)
    index = np.concatenate([k + np.arange(n) / n for k, n in enumerate(pieces)] + [[len(x) - 1.0]])
    steps = np.arange(len(x))
    if curved and len(x) > 2:
        px, py = curve.through(np.stack([x, y], axis=1), index).T
    else:
        px, py = np.interp(index, steps, x), np.interp(index, steps, y)
    height = mesh.height_at(relief, px, py)
    shown = mesh.covers(relief, shape, px, py)
    if levels is not None:
        own = np.interp(index, steps, levels) * relief.exaggeration
        shown &= np.isfinite(own)
        height = np.where(np.isfinite(own), own, height)
    return Descent(np.stack([px, py, height + lift], axis=1), index, shown)
