"""Multi-layer perceptrons."""

from __future__ import annotations

import itertools
import math

from torch import nn

from render.descent.networks.activations import ACTIVATIONS
from render.scene import network as spec


def mlp(settings: spec.Mlp, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Returns a multi-layer perceptron on flattened inputs."""
    widths = [math.prod(shape), *settings.widths, outputs]
    layers: list[nn.Module] = [nn.Flatten()]
    for index, (fan_in, fan_out) in enumerate(itertools.pairwise(widths)):
        if index:
            layers.append(ACTIVATIONS[settings.activation]())
        if index and settings.dropout:
            layers.append(nn.Dropout(settings.dropout))
        layers.append(nn.Linear(fan_in, fan_out, bias=settings.bias))
    return nn.Sequential(*layers)


def describe_mlp(settings: spec.Mlp, shape: tuple[int, ...], outputs: int) -> str:
    """Returns the perceptron in words: mlp 64-32-32-10 tanh."""
    widths = "-".join(map(str, (math.prod(shape), *settings.widths, outputs)))
    activation = f" {settings.activation}" if settings.widths else ""
    return f"mlp {widths}{activation}{'' if settings.bias else ' without biases'}"
