"""Initialisation by name, for linear and convolution layers; norms and places keep their own.

kaiming: He et al. 2015, variance 2 / fan-in. xavier: Glorot and Bengio 2010, variance 2 / (fan-in + fan-out).
orthogonal: Saxe et al. 2013.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from render.scene import network as spec

NORMAL = 0.02  # standard deviation
LAYERS = (nn.Linear, nn.Conv2d)

INITIALISATIONS: dict[str, Callable[[torch.Tensor], object]] = {
    "kaiming": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "xavier": nn.init.xavier_normal_,
    "orthogonal": nn.init.orthogonal_,
    "normal": lambda weight: nn.init.normal_(weight, std=NORMAL),
    "zero": nn.init.zeros_,
}


@torch.no_grad()
def initialise(model: nn.Module, settings: spec.Initialisation) -> None:
    """Draws the weights of a network anew, in place, from torch's random state; default leaves torch's own draw."""
    for module in model.modules():
        if not isinstance(module, LAYERS):
            continue
        if settings.kind != "default":
            INITIALISATIONS[settings.kind](module.weight)
            if module.bias is not None:
                module.bias.zero_()
        module.weight.mul_(settings.gain)
