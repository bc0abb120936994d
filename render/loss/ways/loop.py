"""The loop: any network, one point of a plane after the other, each set in place in one flat buffer."""

from __future__ import annotations

import numpy as np
import torch

from render.loss.evaluation import Evaluation, Forward, evaluating
from render.loss.flat import FlatPlane, held_in
from render.loss.measurement import Finish, Measurement, Problem
from render.loss.memory import memory_errors


class LoopPlane:
    """Measures a network at points of one plane."""

    batch = 1

    def __init__(
        self,
        problem: Problem,
        plane: torch.Tensor,
        strategy: str = "loop",
        forward: Forward | None = None,
        largest_pass: int | None = None,
    ):
        """Prepares the plane (3, P) float64; forward computes outputs in another way than the network itself."""
        self.strategy = strategy
        self._problem, self._finish, self.precision = problem, Finish(plane), problem.mode.precision
        self._flat = FlatPlane(plane, problem.inputs.device)
        self._evaluation = Evaluation(problem, forward, largest_pass)

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first; the device is waited for once, at the end."""
        points = np.asarray(coordinates, np.float64).reshape(-1, 2)
        found = torch.zeros(2, len(points), dtype=torch.float64, device=self._problem.inputs.device)
        problem = self._problem
        with (
            memory_errors(len(problem.inputs)),
            evaluating(problem) as put_back,
            held_in(problem.model, self._flat.theta),
        ):
            for index, (alpha, beta) in enumerate(points.tolist()):
                put_back()
                self._flat.move(alpha, beta)
                found[0, index], found[1, index] = self._evaluation()
        loss, accuracy = found.cpu().numpy()
        return self._finish(points, loss, accuracy)
