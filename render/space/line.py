"""The line: a one-dimensional slice of parameter space, as between two networks.

    θ(α) = θ₀ + α·u

It is measured as a plane whose second direction is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from render.errors import DataError
from render.space import section


@dataclass(frozen=True)
class Line:
    """An origin and one direction among P parameters, in float64."""

    origin: np.ndarray  # (P,) θ₀
    u: np.ndarray  # (P,) one unit of α

    @staticmethod
    def through(theta0: Any, u: Any) -> Line:
        """Returns the line through θ₀ along u; raises DataError where u is zero or a value is not finite."""
        origin, direction = section.vectors("line", {"θ₀": theta0, "u": u})
        section.length_of("line", "u", direction)
        return Line(origin, direction)

    @staticmethod
    def between(theta1: Any, theta2: Any) -> Line:
        """Returns the line with θ₁ at α = 0 and θ₂ at α = 1; raises DataError where they are the same point."""
        start, end = section.vectors("line", {"θ₁": theta1, "θ₂": theta2})
        if (start == end).all():
            raise DataError("line: θ₁ and θ₂ are the same point; choose two networks that differ")
        return Line.through(start, end - start)

    @property
    def v(self) -> np.ndarray:
        """Zeros (P,): a line has no second direction."""
        return np.zeros_like(self.u)

    @property
    def variance_share(self) -> None:
        """None: a line is no principal component."""
        return None

    @property
    def eigenvalues(self) -> None:
        """None: a line is no eigenvector."""
        return None

    def project(self, thetas: Any) -> np.ndarray:
        """Returns the coordinates (N, 1) of the points of the line nearest to thetas (N, P)."""
        return section.project(thetas, "line", self.origin, (self.u,))

    def lift(self, coordinates: Any) -> np.ndarray:
        """Returns the parameters (N, P) at coordinates (N, 1) or (N,)."""
        places = np.asarray(coordinates, np.float64)
        return section.lift(places[:, None] if places.ndim == 1 else places, "line", self.origin, (self.u,))

    def distance(self, thetas: Any) -> np.ndarray:
        """Returns how far thetas (N, P) lie from the line, (N,), in units of parameter space."""
        return section.distance(thetas, "line", self.origin, (self.u,))
