"""Networks that a scene can name, built from their settings and a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from render.data import Dataset
from render.descent.networks import dense, plain, residual, transformer
from render.descent.networks.initialisation import initialise
from render.errors import DataError
from render.scene import network as spec

Shape = tuple[int, ...]  # of the inputs of one example: (D,) or (C, H, W)

NETWORKS: dict[type, Callable[[Any, Shape, int], nn.Module]] = {
    spec.Mlp: dense.mlp,
    spec.Lenet: plain.lenet,
    spec.Convnet: plain.convnet,
    spec.Vgg: plain.vgg,
    spec.Resnet: residual.resnet,
    spec.VitSettings: transformer.vit,
}


def build(settings: spec.AnyNetwork, data: Dataset, seed: int) -> nn.Module:
    """Returns the network for a data set, initialised from the seed; the global random state is left alone.

    Raises DataError where the network does not fit the inputs.
    """
    shape = tuple(data.train.inputs.shape[1:])
    if len(shape) != 3 and settings.kind != "mlp":
        raise DataError(
            f"network: {settings.kind} needs images, and {data.name} has inputs of the shape {shape}; "
            "choose an image data set, or an mlp"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = NETWORKS[type(settings)](settings, shape, data.outputs)
        initialise(model, settings.init)
    return model


def describe(settings: spec.AnyNetwork, shape: Shape, outputs: int) -> str:
    """Returns the network in a few words, as captions have it: mlp 64-32-32-10 tanh."""
    words = DESCRIPTIONS[type(settings)](settings, shape, outputs)
    init = settings.init
    return words if init == spec.Initialisation() else f"{words}, {init.kind} initialisation × {init.gain:g}"


DESCRIPTIONS: dict[type, Callable[[Any, Shape, int], str]] = {
    spec.Mlp: dense.describe_mlp,
    spec.Lenet: plain.describe_lenet,
    spec.Convnet: plain.describe_convnet,
    spec.Vgg: plain.describe_vgg,
    spec.Resnet: residual.describe_resnet,
    spec.VitSettings: transformer.describe_vit,
}
