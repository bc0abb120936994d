"""The loss of a network as a function of θ, with derivatives of exactly what is measured.

The derivatives are taken by the network's own parameters, in place, so that whatever reads them has its part: the
network, a penalty in the criterion on model.parameters(), a list of parameters that a closure holds. What escapes
autograd all the same (detach, .data, NumPy) is found by comparing with difference quotients of the measured loss.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from render.descent.parameters import layout_of, trainable
from render.errors import DataError, UsageError
from render.loss.evaluation import evaluating, in_mode, parts_of
from render.loss.flat import held_in
from render.loss.measurement import Problem
from render.space.curvature import TOLERANCE, Derivatives, Product

STEPS = (1e-3, 1e-2)  # of the length of θ, of the difference quotients of the loss
ASIDE = 0.05  # of the length of θ, by which a second point lies from it
FINE_STEPS = {torch.float64: (1e-7, 1e-6), torch.float32: (1e-3, 1e-2)}  # of the gradient; small ones cross few kinks
ALLOWED = {torch.float64: 0.1, torch.float32: 0.5}  # of a product with the Hessian
ROUGH_TOLERANCE = 1e-4  # of an eigenvalue, where products with the Hessian are rounded to float32
ROUNDING = 2e-6  # of a loss in float32, of all sums together

Measure = Callable[[np.ndarray], np.ndarray]  # θ (B, P) -> loss (B,)


class NetworkLoss(Derivatives):
    """The loss of a problem, and its derivatives, in float64 where everything that it is made of can be widened."""

    def __init__(self, problem: Problem, measure: Measure):
        """Takes the measuring that derivatives are compared with; raises UsageError for a mode without derivatives."""
        mode = problem.mode
        if mode.bn == "recalibrated" or mode.dropout != "off":
            raise UsageError("hessian and gradient: need bn 'frozen' or 'batch', and dropout 'off'")
        conduct = replace(problem.conduct, differentiates=True)
        self._problem, self._measure = replace(problem, conduct=conduct), measure
        self._parts = [inputs for inputs, _ in parts_of(problem, len(problem.inputs))]
        self._layout = layout_of(problem.model)
        self._checked = False
        self._dtype = self._widest()
        self.tolerance = TOLERANCE if self._dtype == torch.float64 else ROUGH_TOLERANCE

    def __call__(self, theta: Tensor) -> Tensor:
        """Returns the loss at θ (P,) float64, a scalar that torch.func can differentiate."""
        self._require_width(theta)
        parts, model = self._layout.slices(), self._problem.model
        given = theta.to(self._problem.inputs.device, self._dtype)
        shapes = dict(zip(self._layout.names, self._layout.shapes, strict=True))
        moved = {f"model.{name}": given[part].reshape(shapes[name]) for name, part in parts.items()}
        whole = _Whole(model, self._problem.criterion)
        named = (*whole.named_parameters(), *whole.named_buffers())
        still = {name: _widened(tensor, self._dtype) for name, tensor in named if name not in moved}
        with in_mode(model, self._problem.mode):
            loss: Tensor = torch.func.functional_call(whole, {**still, **moved}, self._examples())
        return loss.double() + self._decay(given)

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """Returns the gradient (P,) at θ (P,); raises DataError where it is not the slope of what is measured."""
        with self._at(theta) as (loss, parameters):
            found = _flat(torch.autograd.grad(loss, parameters, allow_unused=True), parameters)
        if not self._checked and np.isfinite(found).all():
            self._require_slope(theta, found)
            self._checked = True
        return found

    @contextlib.contextmanager
    def products(self, theta: np.ndarray) -> Iterator[Product]:
        """Gives x ↦ H·x at θ (P,), while the network holds θ.

        Raises DataError where the loss has no second derivative, or H is not the slope of the gradient.
        """
        self._require_curvature(theta, self.gradient(theta))
        aside = theta + ASIDE * max(1.0, float(np.linalg.norm(theta))) * _direction(len(theta))
        self._require_slope(
            aside, self._slope(aside)
        )  # what escapes autograd may be level at θ itself, as an anchor is
        with sdpa_kernel(SDPBackend.MATH), self._at(theta) as (loss, parameters):  # other kernels differentiate once
            yield self._product(loss, parameters)

    def _product(self, loss: Tensor, parameters: list[nn.Parameter]) -> Product:
        slopes = _second(lambda: torch.autograd.grad(loss, parameters, create_graph=True, allow_unused=True))
        bent = [slope for slope in slopes if slope is not None and slope.requires_grad]

        def product(x: np.ndarray) -> np.ndarray:
            if not bent:
                return np.zeros(self._layout.size)
            along = torch.from_numpy(np.asarray(x, np.float64).ravel()).to(loss.device, self._dtype)
            parts = dict(zip(self._layout.names, self._layout.slices().values(), strict=True))
            pieces = [
                along[part].reshape(parameter.shape)
                for part, parameter, slope in zip(parts.values(), parameters, slopes, strict=True)
                if slope is not None and slope.requires_grad
            ]
            found = _second(lambda: torch.autograd.grad(bent, parameters, pieces, retain_graph=True, allow_unused=True))
            return _flat(found, parameters)

        return product

    @contextlib.contextmanager
    def _at(self, theta: np.ndarray) -> Iterator[tuple[Tensor, list[nn.Parameter]]]:
        """Gives the loss at θ and the parameters that it can be differentiated by, while the network holds θ."""
        problem, point = self._problem, torch.from_numpy(np.asarray(theta, np.float64))
        self._require_width(point)
        point = point.to(problem.inputs.device, self._dtype)
        modules = [problem.model, *([problem.criterion] if isinstance(problem.criterion, nn.Module) else [])]
        with evaluating(problem) as put_back, _all_widened(modules, self._dtype), held_in(problem.model, point):
            put_back()
            parameters = [parameter for _, parameter in trainable(problem.model)]
            loss = _Whole(problem.model, problem.criterion)(*self._examples()).double()
            if self._problem.mode.weight_decay:
                loss = loss + sum(self._decay(parameter) for parameter in parameters)
            if not loss.requires_grad:
                raise DataError(
                    "plane: the loss has no gradient by the network's parameters, since all of it was computed "
                    "outside of autograd (detach, no_grad, NumPy); choose plane random"
                )
            yield loss, parameters

    def _examples(self) -> tuple[list[Tensor], Tensor]:
        """Returns fresh batches of inputs and all targets, since a network may write into them."""
        targets = self._problem.targets
        return [_copied(part, self._dtype) for part in self._parts], _copied(targets, self._dtype)

    def _decay(self, values: Tensor) -> Tensor:
        return 0.5 * self._problem.mode.weight_decay * values.double().square().sum()

    def _widest(self) -> torch.dtype:
        """Returns float64, or float32 where something that the loss reads stays in float32 by itself."""
        self._dtype = torch.float64
        theta = np.concatenate([p.detach().cpu().numpy().ravel() for _, p in trainable(self._problem.model)])
        try:
            with self._at(theta.astype(np.float64)):
                return torch.float64
        except RuntimeError as error:
            if not any(word in str(error) for word in ("dtype", "scalar type", "Double", "Float")):
                raise
        return torch.float32

    def _require_width(self, theta: Tensor) -> None:
        size = self._layout.size
        if tuple(theta.shape) != (size,):
            found = f"{theta.shape[0]} parameters" if theta.ndim == 1 else f"the shape {tuple(theta.shape)}"
            raise UsageError(f"θ: {found}, but the network has {size} parameters; choose its own")

    def _require_slope(self, theta: np.ndarray, gradient: np.ndarray) -> None:
        """Raises DataError where the gradient (P,) is not the slope of the measured loss along some directions."""
        for direction in self._directions(theta, gradient):
            quotients, allowed = self._quotients(theta, direction)
            expected = float(gradient @ direction)
            off = np.abs(quotients - expected) - 0.02 * np.maximum(np.abs(quotients), abs(expected)) - allowed
            if np.isfinite(off).any() and np.nanmin(off) > 0:
                best = quotients[np.nanargmin(off)]
                raise DataError(
                    f"plane: the derivative of this loss is {expected:.3g} along a direction in which the loss as "
                    f"measured rises by {best:.3g}; a part of it is computed outside of autograd (detach, .data, "
                    "no_grad, NumPy, or a derivative of its own); choose plane random"
                )

    def _directions(self, theta: np.ndarray, gradient: np.ndarray) -> Iterator[np.ndarray]:
        """Gives unit vectors: along the gradient, along θ, as penalties pull, and the gradient turned in places."""
        signs = np.random.default_rng(0).choice([-1.0, 1.0], len(self._layout.names))
        turned = gradient.copy()
        for sign, part in zip(signs, self._layout.slices().values(), strict=True):
            turned[part] *= sign
        for direction in (gradient, theta, turned):
            length = np.linalg.norm(direction)
            if length > 0:
                yield direction / length

    def _quotients(self, theta: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns difference quotients of the measured loss along a direction, one for each step, and how far each may
        be off: by the rounding of losses, and by kinks, whose share grows with the step as that of the curvature does.
        """
        steps = np.array(STEPS) * max(1.0, float(np.linalg.norm(theta)))
        places = np.concatenate([[0.0], steps, -steps])
        losses = self._measure(theta + places[:, None] * direction).astype(np.float64)
        middle, (ahead, behind) = losses[0], losses[1:].reshape(2, -1)
        bend = np.abs(ahead - 2 * middle + behind) / steps
        rounding = (ROUNDING * abs(middle) + self._problem.conduct.wavers) / steps
        return (ahead - behind) / (2 * steps), 0.5 * bend + rounding

    def _require_curvature(self, theta: np.ndarray, gradient: np.ndarray) -> None:
        """Raises DataError where products with H are not the slopes of the gradient."""
        directions = [_direction(len(theta)), *self._directions(theta, gradient)]
        with sdpa_kernel(SDPBackend.MATH), self._at(theta) as (loss, parameters):
            products = list(map(self._product(loss, parameters), directions))
        for direction, product in zip(directions, products, strict=True):
            if self._bends_otherwise(theta, gradient, direction, product):
                raise DataError(
                    "plane: the second derivative of this loss is not the slope of its first; a part of it is computed "
                    "outside of autograd; choose plane gradient, or plane random"
                )

    def _bends_otherwise(
        self, theta: np.ndarray, gradient: np.ndarray, direction: np.ndarray, product: np.ndarray
    ) -> bool:
        """Tells whether no difference quotient of the gradient along a direction comes near the product with H."""
        steps = np.array(FINE_STEPS[self._dtype]) * max(1.0, float(np.linalg.norm(theta)))
        off = []
        for step in steps:
            ahead, behind = (self._slope(theta + sign * step * direction) for sign in (1, -1))
            found = (ahead - behind) / (2 * step)
            noise = 1e2 * torch.finfo(self._dtype).eps * np.linalg.norm(gradient) / step
            largest = max(np.linalg.norm(found), np.linalg.norm(product))
            off.append(np.linalg.norm(found - product) - ALLOWED[self._dtype] * largest - noise)
        return bool(np.isfinite(off).any() and np.nanmin(off) > 0)

    def _slope(self, theta: np.ndarray) -> np.ndarray:
        with self._at(theta) as (loss, parameters):
            return _flat(torch.autograd.grad(loss, parameters, allow_unused=True), parameters)


def _direction(size: int) -> np.ndarray:
    """Returns a random unit vector (P,), always the same."""
    random = np.random.default_rng(1).normal(size=size)
    return random / np.linalg.norm(random)


class _Whole(nn.Module):
    """A network and its criterion as one module, whose parameters are those of both."""

    def __init__(self, model: nn.Module, criterion: Any):
        super().__init__()
        self.model, self.criterion = model, criterion

    def forward(self, batches: list[Tensor], targets: Tensor) -> Tensor:
        """Returns the mean loss over all batches."""
        outputs = [self.model(inputs) for inputs in batches]
        loss: Tensor = self.criterion(torch.cat(outputs) if len(outputs) > 1 else outputs[0], targets).mean()
        return loss


def _widened(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Returns a copy in another precision; integers stay what they are."""
    return values.detach().to(dtype, copy=True) if values.is_floating_point() else values.detach().clone()


def _copied(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Returns a copy of examples in another precision, through which derivatives by the examples go."""
    return values.to(dtype, copy=True) if values.is_floating_point() else values.clone()


@contextlib.contextmanager
def _all_widened(modules: list[nn.Module], dtype: torch.dtype) -> Iterator[None]:
    """Gives every parameter and buffer a copy of its values in another precision until the block ends."""
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
    found = {id(tensor): (tensor, tensor.data) for tensor in tensors}
    try:
        for tensor, data in found.values():
            tensor.data = _widened(data, dtype)
        yield
    finally:
        for tensor, data in found.values():
            tensor.data = data


def _flat(slopes: Any, parameters: list[nn.Parameter]) -> np.ndarray:
    """Returns derivatives by each parameter as one vector (P,); one that has no part in the loss has zeros."""
    parts = [
        torch.zeros_like(parameter) if slope is None else slope
        for slope, parameter in zip(slopes, parameters, strict=True)
    ]
    return torch.cat([part.detach().reshape(-1).double().cpu() for part in parts]).numpy()


def _second(differentiate: Callable[[], Any]) -> Any:
    """Returns derivatives of derivatives; raises DataError where torch has none."""
    try:
        return differentiate()
    except (NotImplementedError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(
            f"plane: torch has no second derivative of this loss ({reason}); choose another plane"
        ) from error
