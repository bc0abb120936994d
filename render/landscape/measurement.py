"""What is measured, and what comes of it at each point: the loss and, where the targets are classes, the accuracy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Problem:
    """A network, an evaluation set in memory, and the criterion that compares them."""

    model: nn.Module
    inputs: torch.Tensor  # (N, ...)
    targets: torch.Tensor  # (N, ...) class indices or values
    criterion: Callable[
        [torch.Tensor, torch.Tensor], torch.Tensor
    ]  # (outputs, targets) -> scalar, a mean over examples


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


class OneHotMSELoss(nn.Module):
    """The mean squared error between outputs (N, C) and class indices (N,) written as one-hot vectors."""

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Returns the mean over all elements."""
        return functional.mse_loss(outputs, functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype))


def are_classes(targets: torch.Tensor) -> bool:
    """Tells whether targets are class indices."""
    return not targets.is_floating_point() and not targets.is_complex()


def accuracy_of(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Returns the share of targets (N, ...) that are the largest of outputs (N, C, ...), or NaN where they are none."""
    if not are_classes(targets) or outputs.shape[:1] + outputs.shape[2:] != targets.shape:
        return math.nan
    return (outputs.argmax(1) == targets).double().mean().item()
