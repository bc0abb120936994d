"""The objective: θ ↦ loss on a fixed evaluation set, in a declared mode.

Points anywhere in parameter space are measured one by one; on a plane, by the strategy that suits the network
(choosing.py). The network is left as it was found.
"""

from __future__ import annotations

import copy
import functools
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from render.descent.parameters import parameters_of, trainable
from render.errors import DataError, UsageError
from render.loss.conduct import conduct_of, notes_on, record_of
from render.loss.differentiation import NetworkLoss
from render.loss.evaluation import Evaluation, batch_norms, evaluating
from render.loss.flat import held_in, require_float32
from render.loss.identity import Codes, identity_of
from render.loss.measurement import Criterion, Evaluator, Measurement, Mode, OneHotMSELoss, Problem, per_example
from render.loss.memory import memory_errors, resident, tensor_of
from render.loss.ways.choosing import prepare
from render.progress import notice
from render.space.grid import Grid
from render.storage.fingerprint import reads

__all__ = ["Evaluator", "Measurement", "Objective", "OneHotMSELoss"]


class Objective:
    """The loss of a network on an evaluation set that stays in memory, as a function of θ."""

    def __init__(
        self,
        model: nn.Module,
        inputs: Any,
        targets: Any,
        criterion: Criterion,
        *,
        bn: str = "frozen",
        bn_batch: int | None = None,
        calibration: Any = None,
        dropout: str = "off",
        seed: int = 0,
        weight_decay: float = 0.0,
        precision: str = "float32",
        device: torch.device | str | None = None,
    ):
        """Takes any network and tensors; criterion(outputs, targets) gives a mean, or one loss for each example.

        bn: frozen takes batch norm's running statistics as they are; batch those of the evaluation set at each point,
        in batches of bn_batch; recalibrated estimates them anew at each point on the inputs in calibration. dropout:
        off, or fixed, one mask drawn from seed. weight_decay adds ½·λ·‖θ‖². precision: float32, or tf32, bfloat16,
        float16 where a check allows it. device: where to compute, the network's own when absent. Raises UsageError for
        an option that is unknown, DataError for examples that do not fit the memory or parameters that are not finite.
        """
        _require_network(model)
        there = _device_of(model, device)
        samples = None if calibration is None else resident("calibration", calibration, there)
        mode = Mode(bn, bn_batch, samples, dropout, seed, weight_decay, precision)
        if any(tensor.device != there for tensor in (*model.parameters(), *model.buffers())):
            if reads(criterion, model):
                raise UsageError(
                    "criterion: reads the network itself, and device computes on a copy of it; move the network first, "
                    "model.to(device), and leave device away"
                )
            model = copy.deepcopy(model).to(there)
        examples, goals = resident("inputs", inputs, there), resident("targets", targets, there)
        if bn != "frozen" and batch_norms(model) and len(examples if samples is None else samples) < 2:
            raise DataError("bn: one example has no variance to normalise by; give 2 or more, or choose 'frozen'")
        self.problem = Problem(model, examples, goals, criterion, mode)
        self.parameters = parameters_of(model)

    @functools.cached_property
    def watched(self) -> Problem:
        """The problem, with what its network and its criterion do besides; watched at the first use, and said then."""
        before = Codes.of(self.problem)
        with memory_errors(len(self.problem.inputs)):
            conduct = conduct_of(self.problem)
        self._settled = Codes.settled(before, Codes.of(self.problem))
        for note in notes_on(conduct):
            notice(note)
        inputs = self.problem.inputs if conduct.differentiates else self.problem.inputs.detach()
        return replace(self.problem, inputs=inputs, conduct=conduct)

    @property
    def conduct(self) -> dict[str, Any]:
        """What a record says of what shows in the heights: random draws, and a loss that is not repeatable."""
        return record_of(self.watched.conduct)

    def identity(self) -> dict[str, Any]:
        """Returns what identifies this objective: digests of network, parameters and examples, mode and criterion."""
        exact = replace(self.watched, mode=replace(self.watched.mode, precision="float32"))
        codes = Codes.settled(self._settled, Codes.of(self.problem))
        return identity_of(self.watched, codes, lambda thetas: self._measured(thetas, exact).loss)

    def __call__(self, thetas: Any) -> np.ndarray:
        """Returns the loss (B,) float32 at thetas (B, P), numpy or torch."""
        return self.measure(thetas).loss

    def measure(self, thetas: Any) -> Measurement:
        """Measures points (B, P) anywhere in parameter space."""
        return self._measured(thetas, self.watched)

    def _measured(self, thetas: Any, problem: Problem) -> Measurement:
        points, evaluation, buffer = self._points(thetas), Evaluation(problem), self._buffer()
        found = torch.zeros(2, len(points), dtype=torch.float64, device=self._device)
        with (
            memory_errors(len(problem.inputs)),
            evaluating(problem) as put_back,
            held_in(problem.model, buffer),
        ):
            for index, theta in enumerate(points):
                buffer.copy_(theta)
                put_back()
                loss, found[1, index] = evaluation()
                found[0, index] = torch.where(torch.isfinite(buffer).all(), loss + self._decay(buffer), math.nan)
        return Measurement.of(*found.cpu().numpy())

    def _decay(self, theta: torch.Tensor) -> torch.Tensor | float:
        decay = self.problem.mode.weight_decay
        return 0.5 * decay * theta.double().square().sum() if decay else 0.0

    def spread(self, thetas: Any) -> np.ndarray | None:
        """Returns the standard error (B,) of the mean loss over examples at thetas (B, P).

        Returns None where the criterion gives no loss for each example.
        """
        points, each = self._points(thetas), self._each()
        if each is None:
            return None
        problem, buffer, evaluation = self.watched, self._buffer(), Evaluation(self.watched)
        found = torch.zeros(len(points), dtype=torch.float64, device=self._device)
        with (
            memory_errors(len(problem.inputs)),
            evaluating(problem) as put_back,
            held_in(problem.model, buffer),
        ):
            for index, theta in enumerate(points):
                buffer.copy_(theta)
                put_back()
                found[index] = evaluation.losses(each).std() / math.sqrt(len(problem.targets))
        return found.cpu().numpy()

    def _each(self) -> Criterion | None:
        """Returns a criterion of one loss for each example: the known form of a mean, or the one that was given.

        Losses that depend on each other have no standard error.
        """
        try:
            problem = self.watched
        except DataError:  # of a criterion that gives no loss at all; measuring says so
            return None
        if len(problem.targets) != len(problem.inputs) or len(problem.targets) < 2 or problem.conduct.compares:
            return None
        known = per_example(problem.criterion, problem.targets)
        if known is not None:
            return known
        with evaluating(problem):
            try:
                losses = problem.criterion(problem.model(problem.inputs[:2].clone()), problem.targets[:2].clone())
            except Exception:  # a criterion may know only the whole set
                return None
        return problem.criterion if isinstance(losses, torch.Tensor) and losses.shape == (2,) else None

    def differentiable(self) -> NetworkLoss:
        """Returns the loss as a function of θ (P,) float64 that torch.func can differentiate.

        It also brings derivatives by the network's own parameters, which are those of exactly what is measured.
        Raises UsageError for a mode without derivatives.
        """
        exact = replace(self.watched, mode=replace(self.watched.mode, precision="float32"))
        return NetworkLoss(exact, lambda thetas: self._measured(thetas, exact).loss)

    def on(
        self,
        origin: np.ndarray,
        u: np.ndarray,
        v: np.ndarray,
        strategy: str = "auto",
        *,
        grid: Grid | None = None,
        choices: Path | None = None,
    ) -> Evaluator:
        """Returns an evaluator for the plane θ₀ + α·u + β·v; all three are (P,).

        The strategy auto takes the fastest of those that fit, by timing; choices is a file that remembers it. The grid
        tells how many points and how fine: reduced precision is checked on it.
        """
        vectors = [np.asarray(vector, np.float64) for vector in (origin, u, v)]
        for name, vector in zip(("θ₀", "u", "v"), vectors, strict=True):
            self._require_width(f"plane: {name}", vector.shape)
        plane = torch.from_numpy(np.stack(vectors))
        with memory_errors(len(self.problem.inputs)):
            found = prepare(self.watched, plane, strategy, grid, choices)
        decay = self.problem.mode.weight_decay
        return DecayingEvaluator(found, plane, decay) if decay else found

    @property
    def _device(self) -> torch.device:
        return self.problem.inputs.device

    def _buffer(self) -> torch.Tensor:
        return torch.empty(len(self.parameters), dtype=torch.float32, device=self._device)

    def _points(self, thetas: Any) -> torch.Tensor:
        points = tensor_of(thetas)
        if points.ndim != 2:
            raise UsageError(f"θ: the shape {tuple(points.shape)} is no table of points; give (points, parameters)")
        self._require_width("θ", points.shape[1:])
        return points

    def _require_width(self, name: str, shape: tuple[int, ...]) -> None:
        size = len(self.parameters)
        if shape != (size,):
            found = f"{shape[0]} parameters" if len(shape) == 1 else f"the shape {tuple(shape)}"
            raise UsageError(f"{name}: {found}, but the network has {size} parameters; choose its own")


def _require_network(model: nn.Module) -> None:
    """Raises DataError for what cannot be measured: no module, one without shapes yet, or one not in float32."""
    if not isinstance(model, nn.Module):
        raise DataError(f"model: a {type(model).__name__} is no torch.nn.Module; give the network itself")
    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise DataError("model: has layers without shapes yet; run it once on an example before")
    if not len(list(trainable(model))):
        raise DataError("model: has no trainable parameters, so there is no θ to move; set requires_grad")
    require_float32(model)


def _device_of(model: nn.Module, device: torch.device | str | None) -> torch.device:
    """Returns where to compute, with its number; raises UsageError where this machine has no such device."""
    if device is None:
        return next(model.parameters(), torch.empty(0)).device
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device: this machine has no {str(device)!r}; choose cpu, or a device that it has") from error


class DecayingEvaluator:
    """An evaluator with ½·λ·‖θ‖² added, which on a plane is a polynomial of its coordinates.

    It is added last, so that strategies are held to the network's own loss, however small that is beside it.
    """

    def __init__(self, found: Evaluator, plane: torch.Tensor, decay: float):
        self.strategy, self.batch, self.precision = found.strategy, found.batch, found.precision
        self._found, self._decay, self._products = found, decay, (plane @ plane.T).numpy()

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first."""
        found = self._found.measure(coordinates)
        basis = np.concatenate([np.ones((len(coordinates), 1)), coordinates], 1)
        squares = np.einsum("bi,ij,bj->b", basis, self._products, basis)
        return Measurement.of(found.loss.astype(np.float64) + 0.5 * self._decay * squares, found.accuracy)
