"""The osculating plane of a path: along its velocity and acceleration at one of its points.

    θ_t+s ≈ θ_t + s·v + ½·s²·a

A path of mini-batches trembles, so v and a are those of the parabola that fits the logged points around best. Axes that
are to go over into others are turned within their plane, so that they are as near as can be (orthogonal Procrustes,
Schönemann 1966).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from render.errors import DataError
from render.space.plane import Plane
from render.space.thetas import column_blocks, points_of

FEWEST = 3  # points of a parabola


def frame_at(trajectory: Any, index: int, window: int) -> np.ndarray:
    """Returns the axes (2, P) of the plane at a logged point: unit vectors at right angles, the velocity first.

    window: logged points on each side that the parabola is fitted to. Raises DataError where there are fewer than three
    points, or they lie on a line.
    """
    points = points_of(trajectory)
    count = points.shape[0]
    if count < FEWEST:
        raise DataError(f"plane: osculating needs 3 logged steps or more, this run has {count}; lower training.every")
    low, high = max(0, min(index - window, count - FEWEST)), min(count, max(index + window + 1, FEWEST))
    offsets = np.arange(low, high, dtype=np.float64) - index
    weights = np.linalg.pinv(np.vander(offsets, 3, increasing=True))[1:]
    fitted = np.concatenate([weights @ block[low:high] for _, block in column_blocks(points)], 1)
    plane = Plane.through(
        np.zeros(points.shape[1]), *(row / (np.linalg.norm(row) or 1.0) for row in fitted), orthogonal=True
    )
    return np.stack([plane.u, plane.v / np.linalg.norm(plane.v)])


def turned(frame: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Returns a frame (2, P) turned within its plane, so that its axes are as near as can be to those of another."""
    left, _, right = np.linalg.svd(before @ frame.T)
    return np.asarray((left @ right) @ frame)


def seen_from(chart: Plane, through: np.ndarray, frame: np.ndarray) -> Plane:
    """Returns a plane through a point (P,) in the coordinates of a chart.

    Each of the chart's places stands for the point of the plane that is nearest to it, once the chart is moved so that
    it goes through the point; so the point has the coordinates that it has on the chart.
    """
    u, v = (frame.T @ (frame @ axis) for axis in (chart.u, chart.v))
    [(alpha, beta)] = chart.project(through[None])
    return Plane.through(through - alpha * u - beta * v, u, v)


def walked(trajectory: Any) -> np.ndarray:
    """Returns the way through parameter space from the first logged point to each, (T,)."""
    points = points_of(trajectory)
    squares = np.zeros(points.shape[0] - 1)
    for _, block in column_blocks(points):
        squares += np.square(np.diff(block, axis=0)).sum(1)
    return np.concatenate([[0.0], np.cumsum(np.sqrt(squares))])
