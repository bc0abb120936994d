"""What is measured, and what comes of it at each point: the loss and, where the targets are classes, the accuracy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from render.errors import UsageError
from render.loss.altered import is_altered

Criterion = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
BN, DROPOUT = ("frozen", "batch", "recalibrated"), ("off", "fixed")
PRECISIONS = ("float32", "tf32", "bfloat16", "float16")
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Mode:
    """How a network is evaluated where that is a choice; each choice is another surface."""

    bn: str = "frozen"  # frozen: θ₀'s statistics; batch: those of the evaluation set; recalibrated: re-estimated
    bn_batch: int | None = None  # examples of one batch of statistics; the whole set when absent
    calibration: torch.Tensor | None = None  # (M, ...) inputs on which recalibrated re-estimates
    dropout: str = "off"  # off; fixed: one mask, the same at every point
    seed: int = 0  # of that mask
    weight_decay: float = 0.0  # λ of ½·λ·‖θ‖²
    precision: str = "float32"

    def __post_init__(self) -> None:
        for name, choices in (("bn", BN), ("dropout", DROPOUT), ("precision", PRECISIONS)):
            if getattr(self, name) not in choices:
                raise UsageError(f"{name}: {getattr(self, name)!r} is unknown; choose {', '.join(choices)}")
        if (self.bn == "recalibrated") != (self.calibration is not None):
            raise UsageError("calibration: examples are needed with bn='recalibrated', and only there")
        if self.bn_batch is not None and (self.bn == "frozen" or self.bn_batch < 2):
            raise UsageError("bn_batch: takes 2 examples or more, and only with bn='batch' or bn='recalibrated'")
        if not 0 <= self.weight_decay < math.inf:
            raise UsageError(f"weight_decay: {self.weight_decay} is not a number of 0 or more")

    @property
    def is_plain(self) -> bool:
        """Whether the forward pass is the network's own evaluation mode in float32."""
        return (self.bn, self.dropout, self.precision) == ("frozen", "off", "float32")


@dataclass(frozen=True)
class Conduct:
    """What a network and its criterion do besides computing a loss; conduct.py finds it, evaluation.py allows for it.

    The default is that of a network of plain layers.
    """

    writes: bool = False  # into inputs or targets, which are therefore copied for every pass
    moves: bool = False  # its buffers, past their version counters, so that they are put back at every point
    differentiates: bool = False  # the loss is made of derivatives, so that gradients stay on
    couples: bool = False  # an output depends on the examples beside its own, so that the whole set passes at once
    compares: bool = False  # a loss depends on the examples beside its own, so that the criterion sees the whole set
    draws: float | None = None  # random numbers: by how much the loss differs from draw to draw; one draw is kept
    wavers: float = 0.0  # by how much the loss at one point differs all the same from one evaluation to the next

    @property
    def is_plain(self) -> bool:
        """Whether a graph of the network computes all that there is to its loss."""
        return not (self.writes or self.moves or self.differentiates or self.draws is not None or self.wavers)


@dataclass(frozen=True)
class Problem:
    """A network, an evaluation set in memory, the criterion that compares them, and the mode of evaluation."""

    model: nn.Module
    inputs: torch.Tensor  # (N, ...)
    targets: torch.Tensor  # (N, ...) class indices or values
    criterion: Criterion  # (outputs, targets) -> scalar, a mean over examples, or (N,), one loss for each
    mode: Mode = Mode()
    conduct: Conduct = Conduct()


@dataclass(frozen=True)
class Measurement:
    """Loss and accuracy at B points, from the same forward pass."""

    loss: np.ndarray  # (B,) float32, in the criterion's own unit; NaN or infinity where a point diverged
    accuracy: np.ndarray  # (B,) float32, 0 to 1; NaN where targets are no class indices or the point diverged

    @staticmethod
    def of(loss: np.ndarray, accuracy: np.ndarray) -> Measurement:
        """Returns the measurement of points that were measured in any precision."""
        with np.errstate(over="ignore"):
            values = loss.astype(np.float32)
        return Measurement(values, np.where(np.isfinite(values), accuracy, np.nan).astype(np.float32))


class Evaluator(Protocol):
    """An objective prepared for one plane, in one of the ways to compute its points."""

    @property
    def strategy(self) -> str:
        """Its name; heights depend on it in their last digits."""

    @property
    def batch(self) -> int:
        """The number of points that is measured at once; whole multiples of it waste nothing."""

    @property
    def precision(self) -> str:
        """The precision of products, one of PRECISIONS."""

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first."""


class OneHotMSELoss(nn.Module):
    """The mean squared error between outputs (N, C) and class indices (N,) written as one-hot vectors."""

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Returns the mean over all elements."""
        return functional.mse_loss(outputs, functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype))


def are_classes(targets: torch.Tensor) -> bool:
    """Tells whether targets are class indices."""
    return not targets.is_floating_point() and not targets.is_complex()


def right_of(outputs: object, targets: torch.Tensor, criterion: Criterion) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Returns how many targets (N, ...) are the largest of their outputs, and how many count; None where they are none.

    Classes lie along dim 1, or the last where only that fits; where both fit, only a criterion of torch tells. Targets
    that no class can have, below 0 as those that cross-entropy ignores, and those that the criterion ignores by name
    do not count.
    """
    if not isinstance(outputs, torch.Tensor) or outputs.is_complex() or not are_classes(targets):
        return None
    axis = _class_axis(outputs.shape, targets.shape, criterion)
    if axis is None:
        return None
    counted = (targets >= 0) & (targets < outputs.shape[axis])
    ignored = getattr(criterion, "ignore_index", None)
    if isinstance(ignored, int):
        counted &= targets != ignored
    return ((outputs.argmax(axis) == targets) & counted).double().sum(), counted.double().sum()


def _class_axis(outputs: torch.Size, targets: torch.Size, criterion: Criterion) -> int | None:
    """Returns the dim of outputs along which classes lie, or None where that cannot be told."""
    if len(outputs) < 2:
        return None
    second, last = outputs[:1] + outputs[2:] == targets, outputs[:-1] == targets
    if second and (len(outputs) == 2 or not last or _takes_dim_1(criterion)):
        return 1
    return -1 if last and not second else None


def _takes_dim_1(criterion: Criterion) -> bool:
    """Tells whether a criterion is one of torch that is defined by classes along dim 1."""
    known = (functional.cross_entropy, functional.nll_loss)
    return criterion in known or isinstance(criterion, nn.CrossEntropyLoss | nn.NLLLoss)


def per_example(criterion: Criterion, targets: torch.Tensor) -> Criterion | None:
    """Returns the losses (N,) that a known criterion is the plain mean of, or None where it is not a known one."""
    if isinstance(criterion, nn.Module) and is_altered(criterion):
        return None
    if criterion is functional.cross_entropy or is_plain_cross_entropy(criterion):
        if are_classes(targets) and bool((targets < 0).any()):  # some are ignored, so the mean is over fewer
            return None
        return lambda outputs, labels: _by_example(functional.cross_entropy(outputs, labels, reduction="none"))
    if type(criterion) is OneHotMSELoss:
        return lambda outputs, labels: (outputs - functional.one_hot(labels, outputs.shape[1])).square().mean(1)
    if criterion is functional.mse_loss or (type(criterion) is nn.MSELoss and criterion.reduction == "mean"):
        return lambda outputs, values: _by_example((outputs - values).square())
    return None


def _by_example(losses: torch.Tensor) -> torch.Tensor:
    return losses.flatten(1).mean(1) if losses.ndim > 1 else losses


def is_plain_cross_entropy(criterion: object) -> bool:
    """Tells whether a criterion is the mean cross-entropy without weights or smoothing."""
    return (
        type(criterion) is nn.CrossEntropyLoss
        and not is_altered(criterion)
        and criterion.weight is None
        and criterion.reduction == "mean"
        and criterion.label_smoothing == 0
        and criterion.ignore_index < 0  # a class that is ignored makes the mean one over fewer examples
    )


class Finish:
    """What becomes of the losses that a network's outputs give at points of a plane: none where θ is not finite.

    An activation that saturates would hide that.
    """

    def __init__(self, plane: torch.Tensor):
        """Takes the plane (3, P) float64; its largest elements bound every θ, so that few are looked at."""
        self._plane, self._largest = plane, plane.abs().amax(1).cpu().numpy()

    def __call__(self, points: np.ndarray, loss: np.ndarray, accuracy: np.ndarray) -> Measurement:
        """Returns what is measured at points (B, 2) of losses and accuracies (B,) of any precision."""
        return Measurement.of(np.where(self._overflows(points), np.nan, loss), accuracy)

    def _overflows(self, points: np.ndarray) -> np.ndarray:
        """Returns which points (B, 2) overflow, (B,) bool."""
        with np.errstate(invalid="ignore", over="ignore"):
            bound = self._largest @ np.stack([np.ones(len(points)), *np.abs(points.T)])
        found = np.zeros(len(points), bool)
        for index in np.flatnonzero(~(bound < LARGEST)):
            theta = self._plane[0] + points[index, 0] * self._plane[1] + points[index, 1] * self._plane[2]
            found[index] = not torch.isfinite(theta.float()).all()
        return found
