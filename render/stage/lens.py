"""The lens: bloom of what glows, vignette, tone curve, grain, dither. Linear floats go in, 8-bit codes come out.

Tone curve: the filmic fit of Krzysztof Narkowicz, "ACES Filmic Tone Mapping Curve" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from render.compiler import fuse

HALOES = ((0.002, 0.55), (0.008, 0.65), (0.025, 0.6), (0.07, 0.45))  # radius in picture heights, weight


@dataclass(frozen=True)
class Lens:
    """What happens to the light on its way to the file."""

    exposure: float = 1.0
    bloom: float = 1.0
    vignette: float = 0.3
    grain: float = 0.008  # standard deviation, fraction of white


def blur(image: Tensor, sigma: float) -> Tensor:
    """Returns image (C, H, W) under a Gaussian of sigma pixels; wide ones are taken at a lower resolution."""
    height, width = image.shape[1:]
    small, factor = image[None], 1
    while sigma / factor > 4 and min(small.shape[2:]) > 1:
        small, factor = _halved(small), 2 * factor
    small = _gaussian(small, sigma / factor)
    if factor == 1:
        return small[0]
    whole = F.interpolate(small, scale_factor=float(factor), mode="bilinear", align_corners=False)
    return whole[0, :, :height, :width]


def _halved(image: Tensor) -> Tensor:
    """Returns image (1, C, H, W) at half its size, by a tent: a box would make the halo of what moves jump."""
    tent = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    weights = (tent[:, None] * tent).expand(image.shape[1], 1, 4, 4)
    odd = [size % 2 for size in image.shape[2:]]
    return F.conv2d(F.pad(image, (1, 1 + odd[1], 1, 1 + odd[0])), weights, stride=2, groups=image.shape[1])


def _gaussian(image: Tensor, sigma: float) -> Tensor:
    reach = max(1, int(3 * sigma + 0.5))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).expand(image.shape[1], 1, 1, -1)
    image = F.conv2d(F.pad(image, (reach, reach, 0, 0)), weights, groups=image.shape[1])
    return F.conv2d(F.pad(image, (0, 0, reach, reach)), weights.transpose(2, 3), groups=image.shape[1])


def halo(shining: Tensor) -> Tensor:
    """Returns the glow (3, H, W) around what shines (3, H, W): four Gaussians, from a tight one to a wide one."""
    height = shining.shape[1]
    half = _halved(shining[None])[0] if height >= 360 else shining
    scale = half.shape[1]
    glow = sum(weight * blur(half, max(0.5, radius * scale)) for radius, weight in HALOES)
    assert isinstance(glow, Tensor)
    if half is shining:
        return glow
    whole = F.interpolate(glow[None], scale_factor=2.0, mode="bilinear", align_corners=False)
    return whole[0, :, :height, : shining.shape[2]]


def _finish(light: Tensor, glow: Tensor, noise: Tensor, dither: Tensor, numbers: Tensor) -> Tensor:
    exposure, bloom, vignette, grain = numbers.unbind(0)
    height, width = light.shape[1:]
    y = (torch.arange(height) + 0.5) / height * 2 - 1
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    corner = (x[None, :] ** 2 * (width / height) ** 2 + y[:, None] ** 2) / ((width / height) ** 2 + 1)
    value = (light + bloom * glow) * (1 - vignette * corner**1.2) * (0.85 * exposure)
    shown = ((value * (2.51 * value + 0.03)) / (value * (2.43 * value + 0.59) + 0.14)).clamp(0, 1)
    code = torch.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)
    luminance = 0.2126 * code[0] + 0.7152 * code[1] + 0.0722 * code[2]
    code = code + noise * grain * (1 - 0.6 * luminance)
    return (code.clamp(0, 1) * 255 + dither).clamp(0, 255).round().permute(1, 2, 0).to(torch.uint8)


def develop(panels: Sequence[tuple[Tensor, Tensor]], lens: Lens, seed: int) -> Tensor:
    """Returns 8-bit codes (H, W, 3) of panels side by side, each its light and what shines in it, (3, H, w) linear.

    Haloes and vignette are those of one picture. Noise and dither are seeded.
    """
    picture, shining = (torch.cat(parts, 2) for parts in zip(*panels, strict=True))
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(picture.shape[1:], generator=generator)
    dither = torch.rand(picture.shape, generator=generator) - 0.5  # half a code each way keeps every mean
    numbers = torch.tensor([lens.exposure, lens.bloom, lens.vignette, lens.grain])
    return fuse(_finish)(picture, halo(shining), noise, dither, numbers)
