"""The objective: θ ↦ loss on a fixed evaluation set, in evaluation mode.

A stack of linear layers is measured many points at a time (dense.py); any other network one point at a time. Both
leave the network as they found it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from render import compiler
from render.descent.parameters import loader_of, parameters_of, restoring
from render.errors import UsageError
from render.landscape.dense import DensePlane, is_dense
from render.landscape.measurement import Measurement, OneHotMSELoss, Problem, accuracy_of

__all__ = ["STRATEGIES", "Evaluator", "Measurement", "Objective", "OneHotMSELoss"]

STRATEGIES = ("loop", "dense-eager", "dense-compiled")


class Evaluator(Protocol):
    """An objective prepared for one plane."""

    @property
    def strategy(self) -> str:
        """One of STRATEGIES; heights depend on it in their last digits."""

    @property
    def batch(self) -> int:
        """The number of points that is measured at once; whole multiples of it waste nothing."""

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first."""


class Objective:
    """The loss of a network on an evaluation set that stays in memory, as a function of θ."""

    def __init__(
        self,
        model: nn.Module,
        inputs: Any,
        targets: Any,
        criterion: nn.Module | Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        *,
        strategy: str = "auto",
    ):
        if strategy not in ("auto", *STRATEGIES):
            raise UsageError(f"strategy: {strategy!r} is unknown; choose auto, {', '.join(STRATEGIES)}")
        first = next(model.parameters(), torch.empty(0))
        self.problem = Problem(model, _on(inputs, first.device), _on(targets, first.device), criterion)
        self.parameters = parameters_of(model)
        self.strategy = _chosen(strategy, self.problem)

    def __call__(self, thetas: Any) -> np.ndarray:
        """Returns the loss (B,) at thetas (B, P)."""
        return self.measure(thetas).loss

    def measure(self, thetas: Any) -> Measurement:
        """Measures points (B, P) anywhere in parameter space."""
        return _measure_each(self.problem, torch.as_tensor(thetas).float())

    def on(self, origin: np.ndarray, u: np.ndarray, v: np.ndarray) -> Evaluator:
        """Returns an evaluator for the plane θ₀ + α·u + β·v; all three are (P,)."""
        plane = torch.from_numpy(np.stack([origin, u, v]).astype(np.float64))
        if plane.shape[1] != len(self.parameters):
            raise UsageError(f"plane: {plane.shape[1]} parameters, but the network has {len(self.parameters)}")
        if self.strategy == "loop":
            return LoopPlane(self.problem, plane)
        return DensePlane(self.problem, plane, self.strategy)


class LoopPlane:
    """Measures any network, one point of a plane at a time."""

    strategy = "loop"
    batch = 1

    def __init__(self, problem: Problem, plane: torch.Tensor):
        self._problem, self._plane = problem, plane

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first."""
        origin, u, v = self._plane
        return _measure_each(self._problem, ((origin + a * u + b * v).float() for a, b in coordinates.tolist()))


@torch.no_grad()
def _measure_each(problem: Problem, points: Iterable[torch.Tensor]) -> Measurement:
    pairs: list[tuple[float, float]] = []
    with restoring(problem.model):
        problem.model.eval()
        load = loader_of(problem.model)
        for theta in points:
            load(theta)
            outputs = problem.model(problem.inputs)
            loss = problem.criterion(outputs, problem.targets)
            valid = bool(torch.isfinite(theta).all())  # an activation that saturates would hide an infinite weight
            pairs.append((loss.item() if valid else math.nan, accuracy_of(outputs, problem.targets)))
    return Measurement.of(*np.array(pairs, np.float64).reshape(-1, 2).T)


def _chosen(strategy: str, problem: Problem) -> str:
    if strategy == "loop" or not is_dense(problem):
        return "loop"
    return f"dense-{compiler.strategy()}" if strategy == "auto" else strategy


def _on(values: Any, device: torch.device) -> torch.Tensor:
    return torch.as_tensor(values).to(device)
