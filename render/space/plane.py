"""The plane of the picture: a two-dimensional slice of parameter space.

    θ(α, β) = θ₀ + α·u + β·v

Directions keep the lengths they were given, so that the axes are the very numbers used in this formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from render.errors import DataError
from render.space import components, curvature, section
from render.space.curvature import Differentiable

SMALLEST_ANGLE = 0.1  # degrees; below it, coordinates along the two directions cannot be told apart
RANDOM_WALK_SHARES = (6 / np.pi**2, 6 / np.pi**2 / 4)  # of a walk of many dimensions in its own PCA: 60.8 %, 15.2 %


@dataclass(frozen=True)
class Plane:
    """An origin and two directions among P parameters, in float64."""

    origin: np.ndarray  # (P,) θ₀
    u: np.ndarray  # (P,) one unit of α
    v: np.ndarray  # (P,) one unit of β
    variance_share: tuple[float, float] | None = None  # PCA: shares of the mean-centred trajectory
    eigenvalues: tuple[float, ...] | None = None  # Hessian: the largest ones at θ₀, largest first

    @staticmethod
    def through(theta0: Any, u: Any, v: Any, *, orthogonal: bool = False) -> Plane:
        """Returns the plane through θ₀ along u and v, each (P,); orthogonal turns v until it is so, of the same length.

        Raises DataError where sizes differ, a value is not finite, or a direction is zero or within 0.1° of the other.
        """
        origin, u, v = section.vectors("plane", {"θ₀": theta0, "u": u, "v": v})
        across, angle = _across(u, v)
        if angle < SMALLEST_ANGLE:
            raise DataError(f"plane: u and v are parallel (angle {angle:.3f}°); choose another seed")
        return Plane(origin, u, across * np.linalg.norm(v) if orthogonal else v)

    @staticmethod
    def pca(trajectory: Any, origin: str = "last") -> Plane:
        """Returns the plane of the two principal components of a trajectory, through its last point, mean or first.

        The trajectory is one of a run, or anything of shape (T, P) that is read by slices [:, a:b], which is never in
        memory as a whole. Axes have unit length; each points the way that the descent went.
        """
        found = components.principal(trajectory, origin)
        return Plane(found.origin, found.axes[0], found.axes[1], variance_share=found.shares)

    @staticmethod
    def three(theta1: Any, theta2: Any, theta3: Any) -> Plane:
        """Returns the plane through three points (P,): θ₁ at (0, 0), θ₂ at (1, 0), θ₃ where β is positive.

        Its directions are orthogonal and equally long, so that the picture is not skewed. Raises DataError where two
        points are the same, or seen from θ₁ the other two lie within 0.1° of one line.
        """
        origin, second, third = section.vectors("plane", {"θ₁": theta1, "θ₂": theta2, "θ₃": theta3})
        for symbol, point in (("θ₂", second), ("θ₃", third)):
            if (point == origin).all():
                raise DataError(f"plane: θ₁ and {symbol} are the same point; choose three that differ")
        across, angle = _across(second - origin, third - origin)
        if angle < SMALLEST_ANGLE:
            raise DataError(f"plane: θ₁, θ₂ and θ₃ lie on a line (angle {angle:.3f}°); choose another point")
        return Plane(origin, second - origin, across * np.linalg.norm(second - origin))

    @staticmethod
    def hessian(objective: Differentiable, theta0: Any, k: int = 2) -> Plane:
        """Returns the plane of the two directions in which the loss curves up most at θ₀ (P,), with k eigenvalues.

        Axes are eigenvectors of the loss Hessian, of unit length as a whole: scaling them filter by filter would
        leave no eigenvectors. Each is turned so that its largest component is positive.
        """
        (origin,) = section.vectors("plane", {"θ₀": theta0})
        values, axes = curvature.leading(objective.differentiable(), origin, k)
        return Plane(origin, axes[0], axes[1], eigenvalues=tuple(values.tolist()))

    @staticmethod
    def gradient(objective: Differentiable, theta0: Any, seed: int) -> Plane:
        """Returns the plane of steepest descent at θ₀ (P,), along α, and a random direction across it, both unit.

        Raises DataError where the gradient is zero or not finite.
        """
        (origin,) = section.vectors("plane", {"θ₀": theta0})
        u = curvature.steepest(objective.differentiable(), origin)
        v = np.random.default_rng(seed).normal(size=len(origin))
        return Plane.through(origin, u, v / np.linalg.norm(v), orthogonal=True)

    def project(self, thetas: Any) -> np.ndarray:
        """Returns the coordinates (N, 2) of the points of the plane nearest to thetas (N, P)."""
        return section.project(thetas, "plane", self.origin, (self.u, self.v))

    def lift(self, coordinates: Any) -> np.ndarray:
        """Returns the parameters (N, P) at coordinates (N, 2)."""
        return section.lift(coordinates, "plane", self.origin, (self.u, self.v))

    def distance(self, thetas: Any) -> np.ndarray:
        """Returns how far thetas (N, P) lie from the plane, (N,), in units of parameter space."""
        return section.distance(thetas, "plane", self.origin, (self.u, self.v))


def _across(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns the unit part of v at right angles to u, zero where there is none, and the angle in degrees."""
    along, towards = (d / section.length_of("plane", name, d) for name, d in (("u", u), ("v", v)))
    across = towards - (along @ towards) * along
    sine = float(np.linalg.norm(across))
    if sine > 0:
        across /= sine
        across -= (along @ across) * along  # the first subtraction has lost digits where the angle is small
        across /= np.linalg.norm(across)
    return across, float(np.degrees(np.arcsin(min(1.0, sine))))
