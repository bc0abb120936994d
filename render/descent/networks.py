"""Networks that a scene can name, built from their settings and a seed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from render.descent.data import Dataset
from render.scene import network as spec

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


def mlp(settings: spec.Mlp, inputs: int, outputs: int) -> nn.Module:
    """Returns a multi-layer perceptron on flattened inputs, with torch's default initialisation."""
    widths = [inputs, *settings.widths, outputs]
    layers: list[nn.Module] = [nn.Flatten()]
    for index, (fan_in, fan_out) in enumerate(itertools.pairwise(widths)):
        if index:
            layers.append(ACTIVATIONS[settings.activation]())
        layers.append(nn.Linear(fan_in, fan_out))
    return nn.Sequential(*layers)


NETWORKS: dict[type, Callable[[Any, int, int], nn.Module]] = {spec.Mlp: mlp}


def build(settings: spec.Network, data: Dataset, seed: int) -> nn.Module:
    """Returns the network for a data set, initialised from the seed; the global random state is left alone."""
    inputs = data.train.inputs[0].size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[type(settings)](settings, inputs, data.classes)


def describe(settings: spec.Network, inputs: int, outputs: int) -> str:
    """Returns the network in a few words, as captions have it: mlp 64-32-32-10 tanh."""
    widths: Sequence[int] = [inputs, *settings.widths, outputs]
    return f"{settings.kind} {'-'.join(map(str, widths))} {settings.activation}"
