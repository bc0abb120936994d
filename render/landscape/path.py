"""The path: a trajectory seen from the plane.

Its points rarely lie in the plane, so the loss measured at θ_t itself differs from the surface's height at their
projection, and the distance from the plane is always kept beside both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.descent.trajectory import Trajectory
from render.landscape.objective import Objective
from render.landscape.plane import Plane
from render.landscape.surface import Surface


@dataclass(frozen=True)
class Path:
    """T points of a descent, in the coordinates of a plane."""

    alpha: np.ndarray  # (T,) float64
    beta: np.ndarray  # (T,) float64
    true_loss: np.ndarray  # (T,) float32, on the evaluation set, at θ_t itself
    surface_loss: np.ndarray  # (T,) float64, the surface at the projection of θ_t; NaN outside the grid
    distance: np.ndarray  # (T,) float64, between θ_t and the plane, in units of parameter space
    steps: np.ndarray  # (T,) int64, optimiser steps

    @staticmethod
    def on(plane: Plane, trajectory: Trajectory, surface: Surface, objective: Objective) -> Path:
        """Returns the trajectory in the plane's coordinates, its true loss measured by the objective."""
        coordinates = plane.project(trajectory.parameters)
        return Path(
            alpha=coordinates[:, 0],
            beta=coordinates[:, 1],
            true_loss=objective(trajectory.parameters),
            surface_loss=surface.height_at(coordinates),
            distance=plane.distance(trajectory.parameters),
            steps=trajectory.steps,
        )

    def __len__(self) -> int:
        return len(self.steps)
