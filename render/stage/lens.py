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
COARSER = 2.0  # sigma in pixels beyond which a blur is taken at half the resolution
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
    own: Tensor  # (H, W) 0 where nothing but the ground's colour is seen, or one that was asked for by name
    glow: Tensor  # (3, H, W) what shines by itself
    defocus: Tensor | None = None  # (H, W) 0..1, how far out of focus


def blur(image: Tensor, sigma: float) -> Tensor:
    """Returns image (C, H, W) under a Gaussian of sigma pixels; wide ones are taken at a lower resolution."""
    height, width = image.shape[1:]
    small, factor = image, 1
    while sigma / factor > COARSER and min(small.shape[1:]) > 1:
        small, factor = fuse(_halved)(small), 2 * factor
    small = _gaussian(small, sigma / factor)
    for _ in range(factor.bit_length() - 1):
        small = F.interpolate(small[None], scale_factor=2.0, mode="bilinear", align_corners=False)[0]
    return small[:, :height, :width]


def _halved(image: Tensor) -> Tensor:
    """Returns image (C, H, W) at half its size, by a tent: a box would make the halo of what moves jump."""
    image = _narrowed(image)
    return _narrowed(image.transpose(1, 2)).transpose(1, 2)


def _narrowed(image: Tensor) -> Tensor:
    """Returns image (C, H, W) at half its width."""
    width = image.shape[2] + image.shape[2] % 2
    wide = F.pad(image, (1, 1 + width - image.shape[2], 0, 0))
    parts = [wide[:, :, k : k + width - 1 : 2] for k in range(4)]
    return 0.125 * (parts[0] + parts[3]) + 0.375 * (parts[1] + parts[2])


def _gaussian(image: Tensor, sigma: float) -> Tensor:
    reach = max(1, int(3 * sigma + 0.5))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    return fuse(_weighed)(image, weights / weights.sum())


def _weighed(image: Tensor, weights: Tensor) -> Tensor:
    """Returns image (C, H, W) convolved with weights (2r + 1,) along both axes."""
    reach, (height, width) = weights.shape[0] // 2, image.shape[1:]
    wide = F.pad(image, (reach, reach, 0, 0))
    across = sum(weights[k] * wide[:, :, k : k + width] for k in range(weights.shape[0]))
    assert isinstance(across, Tensor)
    tall = F.pad(across, (0, 0, reach, reach))
    down = sum(weights[k] * tall[:, k : k + height] for k in range(weights.shape[0]))
    assert isinstance(down, Tensor)
    return down


def halo(shining: Tensor) -> Tensor:
    """Returns the glow (3, H, W) around what shines (3, H, W): four Gaussians, from a tight one to a wide one."""
    height, width = shining.shape[1:]
    half = fuse(_halved)(shining) if height >= 360 else shining
    glow = sum(weight * blur(half, max(0.5, radius * half.shape[1])) for radius, weight in HALOES)
    assert isinstance(glow, Tensor)
    if half is shining:
        return glow
    whole = F.interpolate(glow[None], scale_factor=2.0, mode="bilinear", align_corners=False)
    return whole[0, :, :height, :width]


def focused(picture: Tensor, defocus: Tensor, strength: float) -> Tensor:
    """Returns a picture (3, H, W) blurred by how far out of focus (H, W) its pixels are: a blend of three blurs."""
    height = picture.shape[1]
    near, far = (blur(picture, max(0.4, radius * strength * height)) for radius in BLURS)
    return fuse(_between_blurs)(picture, near, far, defocus)


def _between_blurs(picture: Tensor, near: Tensor, far: Tensor, defocus: Tensor) -> Tensor:
    share = defocus.clamp(0, 1) * 2
    soft = picture + (near - picture) * share.clamp(max=1)
    return soft + (far - soft) * (share - 1).clamp(min=0)


def _held(height: int, width: int, vignette: Tensor) -> Tensor:
    """Returns how much of the object's light the vignette leaves, (H, W)."""
    y = (torch.arange(height) + 0.5) / height * 2 - 1
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    corner = (x[None, :] ** 2 * (width / height) ** 2 + y[:, None] ** 2) / ((width / height) ** 2 + 1)
    return 1 - vignette * corner**1.2


def _finish(
    picture: Tensor, ground: Tensor, own: Tensor, glow: Tensor, noise: Tensor, dither: Tensor, numbers: Tensor
) -> Tensor:
    bloom, vignette, grain = numbers.unbind(0)
    ground = ground[:, None, None]
    fall = own * (1 - _held(picture.shape[1], picture.shape[2], vignette))
    held = picture - fall * (picture - ground * (1 - own))  # it darkens, on a pale ground too
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
    fall = whole.own * (1 - _held(picture.shape[1], picture.shape[2], numbers[1]))
    picture = picture * (1 - fall)
    through = (1 - whole.alpha) * (1 - fall) + fall * (1 - whole.own)
    alpha = 1 - through * (1 - shine.max(0).values)
    added = picture + (1 - picture.clamp(0, 1)) * shine
    colour = added / alpha.clamp(min=1e-4)
    nothing, left = torch.zeros(3), numbers * torch.tensor([1.0, 0.0, 1.0])  # the vignette has been laid on
    codes = fuse(_finish)(colour, nothing, whole.own, torch.zeros_like(glow), noise, dither, left)
    opacity = (alpha * 255 + dither[0]).clamp(0, 255).round()
    return torch.cat([codes, opacity[None]]).permute(1, 2, 0).to(torch.uint8)
