"""A smooth curve through the logged steps of a path.

A centripetal Catmull-Rom spline: of all that pass through every point it makes neither cusps nor loops between two of
them (Yuksel, Schaefer and Keyser, "Parameterization and applications of Catmull-Rom curves", 2011).
"""

from __future__ import annotations

import numpy as np


def through(points: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Returns the curve (n, 2) through points (T, 2), T >= 2, at places (n,) in 0..T − 1; whole ones are the points."""
    step = np.linalg.norm(np.diff(points, axis=0), axis=1) ** 0.5  # of the parameter; 0 where the path stands still
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.nan_to_num(np.diff(points, axis=0) / step[:, None])
    before = np.concatenate([[0.0], step])
    after = np.concatenate([step, [0.0]])
    ahead, behind = np.concatenate([speed, speed[-1:]]), np.concatenate([speed[:1], speed])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.nan_to_num(after / (before + after))[:, None]  # of the nearer neighbour, which counts for more
    tangent = share * behind + (1 - share) * ahead
    piece = np.clip(np.floor(index).astype(int), 0, len(points) - 2)
    t = (index - piece)[:, None]
    length = step[piece][:, None]
    return np.asarray(
        (1 + 2 * t) * (1 - t) ** 2 * points[piece]
        + t**2 * (3 - 2 * t) * points[piece + 1]
        + length * t * (1 - t) * ((1 - t) * tangent[piece] - t * tangent[piece + 1])
    )
