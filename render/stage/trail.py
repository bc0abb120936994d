"""The path on the stage: a polyline that lies on the terrain, and the light that it throws around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from render.stage import mesh
from render.stage.relief import Relief

LIGHT_SIZE = 192  # side of the map of the path's own light
SPACING = 0.001  # picture widths between the points of the polyline


@dataclass(frozen=True)
class Descent:
    """The path as it is drawn: a polyline, dense enough to lie on the terrain."""

    points: np.ndarray  # (N, 3) picture widths
    index: np.ndarray  # (N,) float64, place in the trajectory; increasing

    def until(self, head: float) -> np.ndarray:
        """Returns the points (n, 3) that have been walked when the head is at a place in the trajectory."""
        count = int(np.searchsorted(self.index, head, side="right"))
        tip = np.array([np.interp(head, self.index, self.points[:, k]) for k in range(3)])
        return np.concatenate([self.points[:count], tip[None]]) if count < len(self.points) else self.points


def drape(relief: Relief, alpha: np.ndarray, beta: np.ndarray, levels: np.ndarray | None, lift: float) -> Descent:
    """Returns the path as it is drawn, from places in −½..½ of the grid's extents (T,).

    It lies on the surface, or at its own levels (T,) where they are given; between two logged steps it is straight.
    """
    x, y = alpha, beta * relief.depth
    lengths = np.hypot(np.diff(x), np.diff(y))
    pieces = np.maximum(1, np.ceil(lengths / SPACING)).astype(int)
    index = np.concatenate([k + np.arange(n) / n for k, n in enumerate(pieces)] + [[len(x) - 1.0]])
    steps = np.arange(len(x))
    px, py = np.interp(index, steps, x), np.interp(index, steps, y)
    height = mesh.height_at(relief, px, py)
    if levels is not None:
        height = np.interp(index, steps, levels) * relief.exaggeration
    return Descent(np.stack([px, py, height + lift], axis=1), index)


def path_light(points: np.ndarray, depth: float) -> Tensor:
    """Returns the light that the path throws on the ground around it, (LIGHT_SIZE², 1), without shadows."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    column = np.clip((points[1:, 0] + 0.5) * (LIGHT_SIZE - 1), 0, LIGHT_SIZE - 1).round().astype(int)
    row = np.clip((points[1:, 1] / depth + 0.5) * (LIGHT_SIZE - 1), 0, LIGHT_SIZE - 1).round().astype(int)
    lit = np.zeros((LIGHT_SIZE, LIGHT_SIZE))
    np.add.at(lit, (row, column), lengths * LIGHT_SIZE)
    tip = np.clip((points[-1, :2] / (1, depth) + 0.5) * (LIGHT_SIZE - 1), 0, LIGHT_SIZE - 1).round().astype(int)
    lit[tip[1], tip[0]] += 4.0
    spread = 0.9 * gaussian_filter(lit, 0.012 * LIGHT_SIZE) + 1.6 * gaussian_filter(lit, 0.035 * LIGHT_SIZE)
    return torch.from_numpy(spread.reshape(-1, 1).astype(np.float32))
