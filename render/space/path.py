"""The path: a trajectory seen from the plane.

Its points rarely lie in the plane, so the loss measured at θ_t itself differs from the surface's height at their
projection, and the distance from the plane is always kept beside both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from render.space.section import Section
from render.space.thetas import points_of, row_blocks, steps_of


class Heights(Protocol):
    """A measured surface, as a path sees it."""

    def height_at(self, coordinates: np.ndarray) -> np.ndarray:
        """Returns the loss (N,) at coordinates (N, 2), or (N, 1) on a line; NaN outside the grid."""


@dataclass(frozen=True)
class Path:
    """T points of a descent, in the coordinates of a plane or a line."""

    alpha: np.ndarray  # (T,) float64
    beta: np.ndarray  # (T,) float64; zeros on a line
    true_loss: np.ndarray  # (T,) float32, on the evaluation set, at θ_t itself
    surface_loss: np.ndarray  # (T,) float64, the surface at the projection of θ_t; NaN outside the grid
    distance: np.ndarray  # (T,) float64, between θ_t and the plane, in units of parameter space
    steps: np.ndarray  # (T,) int64, optimiser steps

    @staticmethod
    def on(plane: Section, trajectory: Any, surface: Heights, objective: Callable[[np.ndarray], np.ndarray]) -> Path:
        """Returns the trajectory in the plane's coordinates, its true loss measured by the objective.

        The trajectory is one of a run, or a table (T, P) whose steps are counted from 0. Raises DataError where it
        comes from a network of another size.
        """
        coordinates, points = plane.project(trajectory), points_of(trajectory)
        return Path(
            alpha=coordinates[:, 0],
            beta=coordinates[:, 1] if coordinates.shape[1] > 1 else np.zeros(len(coordinates)),
            true_loss=np.concatenate([objective(block) for block in row_blocks(points)]),
            surface_loss=surface.height_at(coordinates),
            distance=plane.distance(trajectory),
            steps=steps_of(trajectory),
        )

    def __len__(self) -> int:
        return len(self.steps)
