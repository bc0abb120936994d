"""A stack of linear layers over one plane, ready to be measured: what both kernels read."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Goal:
    """What the outputs are compared with."""

    kind: str  # cross_entropy, one_hot_error or squared_error
    values: torch.Tensor  # labels (N,) int64, for squared_error the targets (C, N) float32


@dataclass(frozen=True)
class PlaneStack:
    """The weights of L linear layers at θ₀, and their changes along u and v."""

    shapes: tuple[tuple[int, int], ...]  # (out, in) of each layer
    activations: tuple[tuple[nn.Module, ...], ...]  # behind each layer; none behind the last
    first: torch.Tensor  # (3, H, N) float32: A, U, V of the first layer, for every example
    tail: torch.Tensor  # (3, Q) float64: weight and bias of each further layer
    goal: Goal

    @property
    def width(self) -> int:
        """The largest number of units in a layer."""
        return max(out for out, _ in self.shapes)
