"""The plane of the picture: a two-dimensional slice of parameter space.

    θ(α, β) = θ₀ + α·u + β·v

The directions need be neither unit nor orthogonal, so coordinates are solved for, not dotted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.errors import DataError

SMALLEST_ANGLE = 0.1  # degrees; below it, coordinates along the two directions cannot be told apart
RANDOM_WALK_SHARES = (6 / np.pi**2, 6 / np.pi**2 / 4)  # of a walk of many dimensions in its own PCA: 60.8 %, 15.2 %


@dataclass(frozen=True)
class Plane:
    """An origin and two directions among P parameters, in float64."""

    origin: np.ndarray  # (P,) θ₀
    u: np.ndarray  # (P,) one unit of α
    v: np.ndarray  # (P,) one unit of β
    variance_share: tuple[float, float] | None = None  # PCA: shares of the mean-centred trajectory

    @staticmethod
    def through(theta0: np.ndarray, u: np.ndarray, v: np.ndarray) -> Plane:
        """Returns the plane through θ₀ along u and v; raises DataError where they are zero or parallel."""
        origin, u, v = (np.asarray(x, dtype=np.float64).ravel() for x in (theta0, u, v))
        lengths = np.linalg.norm(u), np.linalg.norm(v)
        if min(lengths) == 0 or not np.isfinite(lengths).all():
            raise DataError("plane: a direction has length zero or is not finite; choose another one")
        across = v / lengths[1] - (u @ v) / lengths[0] ** 2 / lengths[1] * u
        angle = np.degrees(np.arcsin(min(1.0, float(np.linalg.norm(across)))))
        if angle < SMALLEST_ANGLE:
            raise DataError(f"plane: u and v are parallel (angle {angle:.3f}°); choose another seed")
        return Plane(origin, u, v)

    @staticmethod
    def pca(trajectory: np.ndarray, origin: str = "last") -> Plane:
        """Returns the plane of the two principal components of a trajectory (T, P), through its last point or mean.

        Axes have unit length; each is turned so that the descent ends on its positive side. Solved through the T×T
        Gram matrix in float64.
        """
        points = np.asarray(trajectory, dtype=np.float64)
        if len(points) < 3:
            raise DataError(
                f"plane: pca needs 3 logged steps or more, this run has {len(points)}; lower training.every"
            )
        centred = points - points.mean(0)
        values, vectors = np.linalg.eigh(centred @ centred.T)
        if values[-2] <= 1e-12 * max(values[-1], 1e-300):
            raise DataError("plane: the trajectory lies on a line, so pca has no second direction; choose plane random")
        u, v = (_towards(vectors[:, k] @ centred, points[-1] - points[0]) for k in (-1, -2))
        start = {"last": points[-1], "mean": points.mean(0)}[origin]
        first, second = (float(value / values.sum()) for value in values[[-1, -2]])
        return Plane(start, u, v, variance_share=(first, second))

    def project(self, thetas: np.ndarray) -> np.ndarray:
        """Returns the coordinates (N, 2) of the points of the plane nearest to thetas (N, P)."""
        basis = np.stack([self.u, self.v])
        return np.linalg.solve(basis @ basis.T, basis @ (np.asarray(thetas, np.float64) - self.origin).T).T

    def lift(self, coordinates: np.ndarray) -> np.ndarray:
        """Returns the parameters (N, P) at coordinates (N, 2)."""
        return self.origin + np.asarray(coordinates, np.float64) @ np.stack([self.u, self.v])

    def distance(self, thetas: np.ndarray) -> np.ndarray:
        """Returns how far thetas (N, P) lie from the plane, (N,), in units of parameter space."""
        return np.linalg.norm(np.asarray(thetas, np.float64) - self.lift(self.project(thetas)), axis=1)


def _towards(axis: np.ndarray, way: np.ndarray) -> np.ndarray:
    unit = axis / np.linalg.norm(axis)
    return unit if unit @ way >= 0 else -unit
