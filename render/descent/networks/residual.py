"""Residual networks, and the same without their shortcuts.

He et al., "Deep Residual Learning for Image Recognition" (2015): section 4.2 for images of 32 px, whose shortcuts are
without parameters (option A: every second pixel, and zeros for the channels that are new), so that leaving them out
changes no count; table 1 for images of 224 px, with projections (option B).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from render.descent.networks.activations import ACTIVATIONS, NORMS
from render.descent.networks.plain import require_side
from render.scene import network as spec

LARGE = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}  # blocks of each stage


class Strided(nn.Module):
    """Every second pixel, and zeros for new channels: the shortcut without parameters."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        before = (width - channels) // 2
        self.stride, self.padding = stride, (0, 0, 0, 0, before, width - channels - before)

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns inputs (N, C, H, W) as a block's output is shaped."""
        return functional.pad(inputs[:, :, :: self.stride, :: self.stride], self.padding)


class Block(nn.Module):
    """Two convolutions; what comes in is added to what goes out, where there is a shortcut."""

    def __init__(self, channels: int, width: int, stride: int, shortcut: nn.Module | None, settings: spec.Resnet):
        super().__init__()
        bias = settings.norm == "none"
        self.first = nn.Conv2d(channels, width, 3, stride, padding=1, bias=bias)
        self.first_norm = NORMS[settings.norm](width)
        self.activation = ACTIVATIONS[settings.activation]()
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=bias)
        self.second_norm = NORMS[settings.norm](width)
        self.shortcut = shortcut
        self.last = ACTIVATIONS[settings.activation]()

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns what the block makes of inputs (N, C, H, W)."""
        hidden = self.activation(self.first_norm(self.first(inputs)))
        hidden = self.second_norm(self.second(hidden))
        return self.last(hidden if self.shortcut is None else hidden + self.shortcut(inputs))


def resnet(settings: spec.Resnet, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Returns the network of a depth."""
    return (_large if settings.depth in LARGE else _small)(settings, shape, outputs)


def _small(settings: spec.Resnet, shape: tuple[int, ...], outputs: int) -> nn.Module:
    require_side(f"resnet-{settings.depth}", shape, 4, "ask for a larger size")
    widths = [_wide(settings, stage) for stage in (16, 32, 64)]
    blocks = [(settings.depth - 2) // 6] * 3
    stem = _convolution(shape[0], widths[0], 3, 1, settings)
    return nn.Sequential(*stem, *_stages(settings, widths, blocks, projects=False), *_head(widths[-1], outputs))


def _large(settings: spec.Resnet, shape: tuple[int, ...], outputs: int) -> nn.Module:
    require_side(f"resnet-{settings.depth}", shape, 32, "choose depth 20, which is made for small images")
    widths = [_wide(settings, stage) for stage in (64, 128, 256, 512)]
    stem = [*_convolution(shape[0], widths[0], 7, 2, settings), nn.MaxPool2d(3, 2, padding=1)]
    stages = _stages(settings, widths, LARGE[settings.depth], projects=True)
    return nn.Sequential(*stem, *stages, *_head(widths[-1], outputs))


def _wide(settings: spec.Resnet, channels: int) -> int:
    return max(1, round(settings.width * channels))


def _convolution(channels: int, width: int, kernel: int, stride: int, settings: spec.Resnet) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, width, kernel, stride, padding=kernel // 2, bias=settings.norm == "none")
    return [convolution, NORMS[settings.norm](width), ACTIVATIONS[settings.activation]()]


def _stages(settings: spec.Resnet, widths: list[int], blocks: list[int] | tuple[int, ...], projects: bool) -> list:
    made, channels = [], widths[0]
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        for block in range(count):
            stride = 2 if stage and not block else 1
            shortcut = _shortcut(channels, width, stride, settings, projects) if settings.shortcut else None
            made.append(Block(channels, width, stride, shortcut, settings))
            channels = width
    return made


def _shortcut(channels: int, width: int, stride: int, settings: spec.Resnet, projects: bool) -> nn.Module:
    if channels == width and stride == 1:
        return nn.Identity()
    if not projects:
        return Strided(channels, width, stride)
    projection = nn.Conv2d(channels, width, 1, stride, bias=settings.norm == "none")
    return nn.Sequential(projection, NORMS[settings.norm](width))


def _head(width: int, outputs: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, outputs)]


def describe_resnet(settings: spec.Resnet, shape: tuple[int, ...], outputs: int) -> str:
    """Returns the network in words: resnet-20 without shortcuts."""
    width = "" if settings.width == 1 else f" × {settings.width:g}"
    norm = {"batch": "", "group": ", group norm", "none": ", no norm"}[settings.norm]
    activation = "" if settings.activation == "relu" else f", {settings.activation}"
    return f"resnet-{settings.depth}{width}{'' if settings.shortcut else ' without shortcuts'}{norm}{activation}"
