"""Convolutional networks that are a plain chain of layers."""

from __future__ import annotations

from torch import nn

from render.descent.networks.activations import ACTIVATIONS, NORMS, norm_words
from render.errors import DataError
from render.scene import network as spec

POOLS = {"max": nn.MaxPool2d, "mean": nn.AvgPool2d}
VGG = {  # convolutions of each of the five stages (Simonyan and Zisserman 2014, table 1: A, B, D, E)
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
VGG_WIDTHS = (64, 128, 256, 512, 512)


def require_side(kind: str, shape: tuple[int, ...], least: int, remedy: str) -> None:
    """Raises DataError where an image is smaller than a network can halve it."""
    if min(shape[1:]) < least:
        height, width = shape[1:]
        raise DataError(f"network: {kind} needs images of {least} px or more, these have {height} × {width}; {remedy}")


def lenet(settings: spec.Lenet, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Returns LeNet-5 (LeCun et al. 1998) with all connections between its maps, as it is built today."""
    require_side("lenet", shape, 16, "ask for a larger size")
    height, width = (((side - 4) // 2 - 4) // 2 for side in shape[1:])
    activation = ACTIVATIONS[settings.activation]
    return nn.Sequential(
        nn.Conv2d(shape[0], 6, 5),
        activation(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        activation(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * height * width, 120),
        activation(),
        nn.Linear(120, 84),
        activation(),
        nn.Linear(84, outputs),
    )


def convnet(settings: spec.Convnet, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Returns blocks of convolution, norm, activation and pooling, behind them a mean and a linear layer."""
    require_side(f"convnet of {settings.depth} blocks", shape, 2**settings.depth, "lower network.depth")
    layers: list[nn.Module] = []
    channels = shape[0]
    for width in widths_of(settings):
        layers += _block(channels, width, settings.norm, settings.activation, 2 if settings.pooling == "stride" else 1)
        if settings.pooling != "stride":
            layers.append(POOLS[settings.pooling](2))
        channels = width
    return nn.Sequential(*layers, *_head(channels, outputs, settings.dropout))


def widths_of(settings: spec.Convnet) -> list[int]:
    """Returns the channels of each block."""
    return [min(settings.widest, round(settings.width * settings.growth**block)) for block in range(settings.depth)]


def vgg(settings: spec.Vgg, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Returns the convolutions of VGG; images too small for a pooling are pooled no further."""
    require_side(f"vgg-{settings.depth}", shape, 4, "ask for a larger size")
    layers: list[nn.Module] = []
    channels, side = shape[0], min(shape[1:])
    for count, stage in zip(VGG[settings.depth], VGG_WIDTHS, strict=True):
        for _ in range(count):
            width = max(1, round(settings.width * stage))
            layers += _block(channels, width, settings.norm, settings.activation, 1)
            channels = width
        if side >= 2:
            layers.append(nn.MaxPool2d(2))
            side //= 2
    return nn.Sequential(*layers, *_head(channels, outputs, settings.dropout))


def _block(channels: int, width: int, norm: str, activation: str, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, width, 3, stride, padding=1, bias=norm == "none")
    return [convolution, *([] if norm == "none" else [NORMS[norm](width)]), ACTIVATIONS[activation]()]


def _head(channels: int, outputs: int, dropout: float) -> list[nn.Module]:
    drop = [nn.Dropout(dropout)] if dropout else []
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), *drop, nn.Linear(channels, outputs)]


def describe_lenet(settings: spec.Lenet, shape: tuple[int, ...], outputs: int) -> str:
    """Returns LeNet in words."""
    return f"lenet {settings.activation}"


def describe_convnet(settings: spec.Convnet, shape: tuple[int, ...], outputs: int) -> str:
    """Returns the network in words: convnet 32-64-128-256, batch norm, relu."""
    return f"convnet {'-'.join(map(str, widths_of(settings)))}, {norm_words(settings.norm)}, {settings.activation}"


def describe_vgg(settings: spec.Vgg, shape: tuple[int, ...], outputs: int) -> str:
    """Returns VGG in words."""
    width = "" if settings.width == 1 else f" × {settings.width:g}"
    return f"vgg-{settings.depth}{width}, {norm_words(settings.norm)}, {settings.activation}"
