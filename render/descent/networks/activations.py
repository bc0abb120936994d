"""Activations and norms by their names."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn


class Step(nn.Module):
    """The Heaviside step, 1 above zero and 0 elsewhere; its gradient is zero everywhere."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Returns 0 or 1 for each input."""
        return (inputs > 0).to(inputs.dtype)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "step": Step,
}

GROUPS = 8

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "group": lambda channels: nn.GroupNorm(math.gcd(GROUPS, channels), channels),
    "none": lambda channels: nn.Identity(),
}


def norm_words(norm: str) -> str:
    """Returns a norm as captions have it."""
    return {"batch": "batch norm", "group": "group norm", "none": "no norm"}[norm]
