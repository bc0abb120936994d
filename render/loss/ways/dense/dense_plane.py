"""A stack of linear layers, measured at many points of a plane at a time.

The first layer is affine in the coordinates, so it is multiplied with the examples once:

    x·W(α, β) + b(α, β) = A + α·U + β·V

which leaves two additions for each point. The layers behind it are small products. Where a C++ compiler is at hand
one kernel does it all (fused.py); elsewhere torch does, with examples along the last axis and as many points at a time
as keep the cache warm.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from render.descent.parameters import layout_of
from render.loss.altered import any_altered, is_altered
from render.loss.measurement import Finish, Measurement, OneHotMSELoss, Problem, are_classes, is_plain_cross_entropy
from render.loss.memory import memory_errors
from render.loss.ways.dense.fused import fused
from render.loss.ways.dense.stack import Goal, PlaneStack

ACTIVATIONS = (nn.Tanh, nn.Sigmoid, nn.ReLU, nn.GELU, nn.SiLU, nn.Identity)
CACHED = 2**18  # elements of the widest layer in one chunk, 1 MiB; four times that halves the rate


def is_dense(problem: Problem) -> bool:
    """Tells whether this file can measure a problem."""
    layers = layers_of(problem.model)
    if layers is None or problem.inputs.dtype != torch.float32 or not len(problem.inputs) or not problem.mode.is_plain:
        return False
    flat = problem.inputs.ndim == 2 or type(next(problem.model.children())) is nn.Flatten
    return flat and goal_of(problem, layers[-1][0].out_features) is not None


class DensePlane:
    """Measures a stack of linear layers at points of one plane."""

    batch = 256  # points that one thread takes at a time

    def __init__(self, problem: Problem, plane: torch.Tensor, strategy: str):
        """Prepares the plane (3, P) float64: θ₀, u, v."""
        self._finish, self.precision = Finish(plane), problem.mode.precision
        self._examples = len(problem.inputs)
        stack = _over_plane(problem, plane.to(problem.inputs.device))
        kernel = fused(stack) if strategy == "dense-compiled" else None
        self.strategy = "dense-compiled" if kernel else "dense-eager"
        self._kernel = kernel or (lambda points: eager(stack, points))

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first."""
        points = np.ascontiguousarray(coordinates, np.float64).reshape(-1, 2)
        with memory_errors(self._examples):
            loss, accuracy = self._kernel(points) if len(points) else np.zeros((2, 0))
        return self._finish(points, loss, accuracy)


@torch.no_grad()
def eager(stack: PlaneStack, points: np.ndarray) -> np.ndarray:
    """Returns loss and accuracy (2, B) float64 at points (B, 2), computed by torch.

    Every chunk has the same shape, so that a height does not depend on how the points were divided.
    """
    examples = stack.first.shape[-1]
    block = math.ceil(examples / math.ceil(examples * stack.width / CACHED))
    chunk = max(1, CACHED // (stack.width * block))
    filled = torch.from_numpy(np.resize(points, (math.ceil(len(points) / chunk) * chunk, 2))).to(stack.first.device)
    found = torch.zeros(2, len(filled), dtype=torch.float64, device=filled.device)
    parts = list(zip(stack.first.split(block, -1), stack.goal.values.split(block, -1), strict=True))
    for part, out in zip(filled.split(chunk), found.split(chunk, 1), strict=True):
        for first, values in parts:
            out += COMPARISONS[stack.goal.kind](_outputs(stack, first, part), values)
    return (found[:, : len(points)] / examples).cpu().numpy()


def _outputs(stack: PlaneStack, first: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Returns the outputs (b, C, E) at points (b, 2) for the examples of first (3, H, E)."""
    a, b = points[:, :1], points[:, 1:]
    tail = (stack.tail[0] + a * stack.tail[1] + b * stack.tail[2]).float()
    hidden = torch.addcmul(first[0], a[:, :, None].float(), first[1]).addcmul_(b[:, :, None].float(), first[2])
    start = 0
    for (out, fan_in), chain in zip(stack.shapes[1:], stack.activations, strict=False):
        for activation in chain:
            hidden = activation(hidden)
        weight, bias = tail[:, start : start + out * (fan_in + 1)].split([out * fan_in, out], 1)
        hidden = torch.baddbmm(bias[:, :, None], weight.reshape(-1, out, fan_in), hidden)
        start += out * (fan_in + 1)
    return hidden


def cross_entropy(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Returns the sums over examples of loss and correctness (2, b), outputs (b, C, E), labels (E,).

    The label's own term is left out of the sum of exponentials, so a loss far below the rounding of 1 is still exact.
    """
    largest, own = outputs.amax(1), _of_label(outputs, labels)
    others = (outputs - largest[:, None]).exp_().scatter_(1, labels.expand(len(outputs), 1, -1), 0.0).sum(1)
    loss = (largest - own) + torch.log1p(others + torch.expm1(own - largest))
    return torch.stack([loss.double().sum(1), _right(outputs, labels)])


def one_hot_error(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Returns the sums over examples of squared error and correctness (2, b), outputs (b, C, E), labels (E,)."""
    loss = (outputs - functional.one_hot(labels, outputs.shape[1]).T).square().mean(1)
    return torch.stack([loss.double().sum(1), _right(outputs, labels)])


def _of_label(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Returns the output of each example's label (b, E)."""
    return outputs.gather(1, labels.expand(len(outputs), 1, -1))[:, 0]


def _right(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Counts the examples whose label is the first of the largest outputs, (b,); argmax takes ten times as long."""
    own, classes = _of_label(outputs, labels), torch.arange(outputs.shape[1], device=labels.device)
    fence = torch.where(classes[:, None] < labels, 0.0, -torch.inf)
    return ((own >= outputs.amax(1)) & ((outputs + fence).amax(1) < own)).double().sum(1)


def squared_error(outputs: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Returns the sum over examples of the squared error, and NaN, (2, b); outputs (b, C, E), values (C, E)."""
    loss = (outputs - values).square().mean(1).double().sum(1)
    return torch.stack([loss, torch.full_like(loss, torch.nan)])


COMPARISONS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "cross_entropy": cross_entropy,
    "one_hot_error": one_hot_error,
    "squared_error": squared_error,
}


def layers_of(model: nn.Module) -> list[tuple[nn.Linear, list[nn.Module]]] | None:
    """Returns each linear layer with the activations behind it, or None where a network is no such stack."""
    if type(model) is not nn.Sequential or not len(model):
        return None
    modules = list(model)
    if type(modules[0]) is nn.Flatten and (modules[0].start_dim, modules[0].end_dim) == (1, -1):
        modules = modules[1:]
    linear = {index: module for index, module in enumerate(modules) if isinstance(module, nn.Linear)}
    if 0 not in linear or len(modules) - 1 not in linear:
        return None
    if any(type(module) not in (nn.Linear, *ACTIVATIONS) for module in modules) or not _is_plain(model):
        return None
    ends = [*list(linear)[1:], len(modules)]
    return [(layer, modules[at + 1 : end]) for (at, layer), end in zip(linear.items(), ends, strict=True)]


def goal_of(problem: Problem, classes: int) -> Goal | None:
    """Returns what a criterion compares with, or None where it is not one of the known ones in its plain form."""
    criterion, targets, count = problem.criterion, problem.targets, len(problem.inputs)
    if isinstance(criterion, nn.Module) and is_altered(criterion):
        return None
    if are_classes(targets):
        if targets.dtype != torch.int64 or targets.shape != (count,) or targets.min() < 0 or targets.max() >= classes:
            return None
        if criterion is functional.cross_entropy or is_plain_cross_entropy(criterion):
            return Goal("cross_entropy", targets)
        return Goal("one_hot_error", targets) if type(criterion) is OneHotMSELoss else None
    if criterion is not functional.mse_loss and (type(criterion) is not nn.MSELoss or criterion.reduction != "mean"):
        return None
    known = targets.dtype == torch.float32 and targets.shape == (count, classes)
    return Goal("squared_error", targets.T.contiguous()) if known else None


def _is_plain(model: nn.Sequential) -> bool:
    """Tells whether a network computes what its modules say: float32, no hooks, nothing used twice."""
    parameters = [parameter for module in model for parameter in module.parameters()]
    shared = len({id(parameter) for parameter in parameters}) < len(parameters)
    return not any_altered(model) and not shared and all(parameter.dtype == torch.float32 for parameter in parameters)


def _over_plane(problem: Problem, plane: torch.Tensor) -> PlaneStack:
    """Returns the stack over a plane (3, P); a frozen or absent parameter does not move."""
    layers = layers_of(problem.model)
    assert layers is not None
    places = layout_of(problem.model).slices()
    held = {id(parameter): places.get(name) for name, parameter in problem.model.named_parameters()}

    def piece(parameter: torch.Tensor | None, shape: tuple[int, ...]) -> torch.Tensor:
        place = held[id(parameter)] if parameter is not None else None
        if place is not None:
            return plane[:, place].reshape(3, *shape)
        still = plane.new_zeros(3, *shape)
        if parameter is not None:
            still[0] = parameter.detach()
        return still

    shapes = [(layer.out_features, layer.in_features) for layer, _ in layers]
    weights = [piece(layer.weight, shape) for (layer, _), shape in zip(layers, shapes, strict=True)]
    biases = [piece(layer.bias, shape[:1]) for (layer, _), shape in zip(layers, shapes, strict=True)]
    tail = [part.flatten(1) for pair in zip(weights[1:], biases[1:], strict=True) for part in pair]
    goal = goal_of(problem, shapes[-1][0])
    assert goal is not None
    return PlaneStack(
        shapes=tuple(shapes),
        activations=tuple(tuple(chain) for _, chain in layers),
        first=(weights[0] @ problem.inputs.flatten(1).double().T + biases[0][:, :, None]).float().contiguous(),
        tail=torch.cat(tail, 1) if tail else plane.new_zeros(3, 0),
        goal=goal,
    )
