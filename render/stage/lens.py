"""The lens: depth of field, bloom of what glows, grain, dither. Linear light of the screen goes in, codes come out.

The ground's own colour and whatever has a colour by name pass through as they are: neither vignette nor grain is laid
on them, and the dither never moves a whole code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from render.compiler import fuse
from render.stage.tone import encoded, luminance

HALOES = ((0.0015, 0.5), (0.006, 0.3), (0.018, 0.14), (0.05, 0.06))  # radius in picture heights, weight
BLOOM = 0.35  # of what glows, at strength 1
DARK = 0.5  # grain where it is dark / grain in the middle tones
BLURS = (0.0022, 0.0045)  # of the depth of field, picture heights at strength 1


@dataclass(frozen=True)
class Lens:
    """What happens to the light on its way to the file."""

    bloom: float = 1.0
    vignette: float = 0.3
    grain: float = 0.008  # standard deviation, fraction of white
    focus: float = 0.0  # of the depth of field


@dataclass(frozen=True)
class Exposure:
    """What falls on the film, (C, H, W) each, linear light of the screen."""

    picture: Tensor  # (3, H, W), the body over its ground; times alpha where the ground is transparent
    ground: Tensor  # (3,) the colour that the ground was asked for
    alpha: Tensor  # (H, W) 1 where the picture hides what is behind it; all 1 but for a transparent ground
    own: Tensor  # (H, W) 0 where nothing but the ground's colour is seen
    glow: Tensor  # (3, H, W) what shines by itself
    defocus: Tensor | None = None  # (H, W) 0..1, how far out of focus


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


def focused(picture: Tensor, defocus: Tensor, strength: float) -> Tensor:
    """Returns a picture (3, H, W) blurred by how far out of focus (H, W) its pixels are: a blend of three blurs."""
    height = picture.shape[1]
    near, far = (blur(picture, max(0.4, radius * strength * height)) for radius in BLURS)
    share = defocus.clamp(0, 1) * 2
    soft = picture + (near - picture) * share.clamp(max=1)
    return soft + (far - soft) * (share - 1).clamp(min=0)


def _finish(
    picture: Tensor, ground: Tensor, own: Tensor, glow: Tensor, noise: Tensor, dither: Tensor, numbers: Tensor
) -> Tensor:
    bloom, vignette, grain = numbers.unbind(0)
    height, width = picture.shape[1:]
    y = (torch.arange(height) + 0.5) / height * 2 - 1
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    corner = (x[None, :] ** 2 * (width / height) ** 2 + y[:, None] ** 2) / ((width / height) ** 2 + 1)
    ground = ground[:, None, None]
    held = ground + (picture - ground) * (1 - vignette * corner**1.2)
    lit = 1 - (1 - held.clamp(0, 1)) * torch.exp(-bloom * glow)
    code = encoded(lit)
    grey = luminance((code[0], code[1], code[2]))
    weight = own.clamp(0, 1) * (DARK + (1 - DARK) * (grey / 0.4).clamp(max=1)) * (1 - 0.6 * grey)
    code = code + noise * grain * weight
    return (code.clamp(0, 1) * 255 + dither).clamp(0, 255).round()


def joined(panels: Sequence[Exposure]) -> Exposure:
    """Returns panels side by side as one exposure."""
    first = panels[0]
    if len(panels) == 1:
        return first
    defocus = None
    if all(panel.defocus is not None for panel in panels):
        defocus = torch.cat([panel.defocus for panel in panels if panel.defocus is not None], 1)
    parts = {name: torch.cat([getattr(panel, name) for panel in panels], -1) for name in PLANES}
    return Exposure(ground=first.ground, defocus=defocus, **parts)


PLANES = ("picture", "alpha", "own", "glow")


def develop(panels: Sequence[Exposure], lens: Lens, seed: int) -> Tensor:
    """Returns 8-bit codes of panels side by side, (H, W, 3), or (H, W, 4) straight alpha over a transparent ground.

    Haloes and vignette are those of one picture. Noise and dither are seeded.
    """
    whole = joined(panels)
    picture = whole.picture
    if lens.focus and whole.defocus is not None:
        picture = focused(picture, whole.defocus, lens.focus)
    shape = picture.shape[1:]
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(shape, generator=generator)
    dither = (torch.rand(picture.shape, generator=generator) - 0.5) * 0.998  # never a whole code
    numbers = torch.tensor([BLOOM * lens.bloom, lens.vignette, lens.grain])
    glow = halo(whole.glow) if lens.bloom else torch.zeros_like(picture)
    if bool((whole.alpha >= 1).all()):
        finished = fuse(_finish)(picture, whole.ground, whole.own, glow, noise, dither, numbers)
        return finished.permute(1, 2, 0).to(torch.uint8)
    return _straight(whole, picture, glow, (noise, dither, numbers))


def _straight(whole: Exposure, picture: Tensor, glow: Tensor, rest: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Returns codes (H, W, 4) of straight alpha; a halo hides what is behind it as far as it shines."""
    noise, dither, numbers = rest
    shine = 1 - torch.exp(-numbers[0] * glow)
    alpha = 1 - (1 - whole.alpha) * (1 - shine.max(0).values)
    added = picture + (1 - picture.clamp(0, 1)) * shine
    colour = added / alpha.clamp(min=1e-4)
    nothing = torch.zeros(3)
    codes = fuse(_finish)(colour, nothing, whole.own, torch.zeros_like(glow), noise, dither, numbers)
    opacity = (alpha * 255 + dither[0]).clamp(0, 255).round()
    return torch.cat([codes, opacity[None]]).permute(1, 2, 0).to(torch.uint8)
