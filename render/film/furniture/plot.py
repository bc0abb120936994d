"""The plot: one panel of a picture at one moment, where a place in space is a place in pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.film.panel import Panel
from render.film.take import Take
from render.stage.body.corner import corners
from render.stage.body.mesh import covers, height_at
from render.stage.camera import View

SAMPLES = 160  # of the ray from a place to the camera
CLEAR = 0.006  # picture widths; a place lies that far over the ground before its own ground hides it


@dataclass(frozen=True)
class Plot:
    """A panel on the picture, at a time of its shot."""

    take: Take
    panel: Panel
    view: View
    time: float  # seconds
    left: int  # column where the panel begins
    width: int  # pixels
    height: int

    def at(self, points: np.ndarray) -> np.ndarray:
        """Returns where points (N, 3) are on the picture, (N, 2), columns and rows."""
        x, y, _ = self.view.project(np.asarray(points, float)).T
        half = self.height / 2
        return np.stack([self.left + self.width / 2 + x * half, half - y * half], axis=1)

    def sees(self, point: np.ndarray) -> bool:
        """Whether no terrain stands between the camera and a point (3,)."""
        lifted = point + np.array([0.0, 0.0, CLEAR])
        way = lifted + np.linspace(0, 1, SAMPLES)[:, None] * (self.view.position - lifted)
        relief, body = self.panel.relief, self.take.look.body
        over = covers(relief, body, way[:, 0], way[:, 1])
        return not bool((over & (height_at(relief, way[:, 0], way[:, 1]) > way[:, 2])).any())

    def clearance(self, points: np.ndarray) -> np.ndarray:
        """Returns how far over the ground the lines of sight to points (N, 3) of it pass, (N,) picture widths.

        It is below 0 where terrain stands before a point, and infinite where none does.
        """
        lifted = points + np.array([0.0, 0.0, CLEAR])
        way = lifted[:, None] + np.linspace(0, 1, SAMPLES)[1:, None] * (self.view.position - lifted)[:, None]
        x, y, high = (way[..., k].ravel() for k in range(3))
        over = covers(self.panel.relief, self.take.look.body, x, y)
        passed = np.where(over, high - height_at(self.panel.relief, x, y), np.inf)
        return np.asarray(passed.reshape(len(points), SAMPLES - 1).min(axis=1))

    def outline(self) -> np.ndarray:
        """Returns the corners (k, 2) of the box that holds the body, on the picture."""
        relief, deep = self.panel.relief, self.take.look.walls.thickness
        ends = corners(relief)
        tops = [float(height_at(relief, np.array([x]), np.array([y]))[0]) for x, y in ends]
        return self.at(np.array([(x, y, z) for (x, y), top in zip(ends, tops, strict=True) for z in (top, -deep)]))

    def paths(self) -> list[np.ndarray]:
        """Returns the shown stretches of all paths (n, 2) on the picture, whole, wherever their heads are."""
        if not self.take.shot.path.show:
            return []
        whole = [walk.descent.until(len(walk.path) - 1.0) for walk in self.panel.walks]
        return [self.at(piece) for trail in whole for piece in trail.pieces()]
