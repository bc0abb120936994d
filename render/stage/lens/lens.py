"""The lens: depth of field, bloom of what glows, grain, dither. Linear light of the screen goes in, codes come out.

The ground's own colour and whatever has a colour by name pass through as they are: neither vignette nor grain is laid
on them, and the dither never moves a whole code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from render.compiler import fuse, unfused
from render.scene import look as spec
from render.stage.lens.tone import encoded, luminance

HALOES = ((0.0015, 0.5), (0.006, 0.3), (0.018, 0.14), (0.05, 0.06))  # radius in picture heights, weight
BLOOM = 0.35  # of what glows, at strength 1
OWN = 40.0  # by which a change of the ground counts as drawn, so that grain lies on it
DARK = 0.5  # grain where it is dark / grain in the middle tones
CODES = {8: torch.uint8, 16: torch.uint16}  # by their bits
WORTH = 400_000  # pixels of a picture from which on kernels are fused; each size is compiled anew, for seconds
LARGE = 500_000  # numbers of an image from which on its kernel is fused
COARSER = 2.0  # sigma in pixels beyond which a blur is taken at half the resolution
BLURS = (0.0022, 0.0045)  # of the depth of field, picture heights at strength 1


@dataclass(frozen=True)
class Lens:
    """What happens to the light on its way to the file."""

    bloom: float = 1.0
    vignette: float = 0.3
    grain: float = 0.008  # standard deviation, fraction of white
    focus: float = 0.0  # of the depth of field


def lens_of(look: spec.LookPreset) -> Lens:
    """Returns the lens of a look."""
    return Lens(look.bloom, look.vignette, look.grain, look.air.focus)


@dataclass(frozen=True)
class Exposure:
    """What falls on the film, (C, H, W) each, linear light of the screen."""

    picture: Tensor  # (3, H, W), the body over its ground; times alpha where the ground is transparent
    ground: Tensor  # (3,) the colour that the ground was asked for
    alpha: Tensor  # (H, W) 1 where the picture hides what is behind it; all 1 but for a transparent ground
    own: Tensor  # (H, W) 0 where nothing but the ground's colour is seen, or one that was asked for by name
    glow: Tensor  # (3, H, W) what shines by itself
    cover: Tensor  # (H, W) share of each pixel that bodies cover
    defocus: Tensor | None = None  # (H, W) 0..1, how far out of focus
    layers: dict[str, Tensor] | None = None  # (C, H, W) each, what the picture is made of, as layers.py has it

    @property
    def is_empty(self) -> bool:
        """Whether nothing of a body is on it."""
        return not bool(self.cover.any())


def blur(image: Tensor, sigma: float) -> Tensor:
    """Returns image (C, H, W) under a Gaussian of sigma pixels; wide ones are taken at a lower resolution."""
    height, width = image.shape[1:]
    small, factor = image, 1
    while sigma / factor > COARSER and min(small.shape[1:]) > 1:
        small, factor = _worth(_halved, small)(small), 2 * factor
    small = _gaussian(small, sigma / factor)
    for _ in range(factor.bit_length() - 1):
        small = F.interpolate(small[None], scale_factor=2.0, mode="bilinear", align_corners=False)[0]
    return small[:, :height, :width]


def _worth(kernel: Callable[..., Tensor], image: Tensor) -> Callable[..., Tensor]:
    """Returns the kernel fused where an image is large enough to repay the compilation, which each size needs anew."""
    return fuse(kernel) if image.numel() > LARGE else kernel


def _halved(image: Tensor) -> Tensor:
    """Returns image (C, H, W) at half its size, by a tent: a box would make the halo of what moves jump."""
    image = _narrowed(image)
    return _narrowed(image.transpose(1, 2)).transpose(1, 2)


def _narrowed(image: Tensor) -> Tensor:
    """Returns image (C, H, W) at half its width."""
    width = image.shape[2] + image.shape[2] % 2
    wide = _beyond(image, (1, 1 + width - image.shape[2], 0, 0))
    parts = [wide[:, :, k : k + width - 1 : 2] for k in range(4)]
    return 0.125 * (parts[0] + parts[3]) + 0.375 * (parts[1] + parts[2])


def _beyond(image: Tensor, margins: tuple[int, int, int, int]) -> Tensor:
    """Returns image (C, H, W) with margins in which its edges go on, so that no blur darkens them."""
    return F.pad(image[None], margins, mode="replicate")[0]


def _gaussian(image: Tensor, sigma: float) -> Tensor:
    reach = max(1, int(3 * sigma + 0.5))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    return _worth(_weighed, image)(image, weights / weights.sum())


def _weighed(image: Tensor, weights: Tensor) -> Tensor:
    """Returns image (C, H, W) convolved with weights (2r + 1,) along both axes."""
    reach, (height, width) = weights.shape[0] // 2, image.shape[1:]
    wide = _beyond(image, (reach, reach, 0, 0))
    across = sum(weights[k] * wide[:, :, k : k + width] for k in range(weights.shape[0]))
    assert isinstance(across, Tensor)
    tall = _beyond(across, (0, 0, reach, reach))
    down = sum(weights[k] * tall[:, k : k + height] for k in range(weights.shape[0]))
    assert isinstance(down, Tensor)
    return down


def halo(shining: Tensor) -> Tensor:
    """Returns the glow (3, H, W) around what shines (3, H, W): four Gaussians, from a tight one to a wide one."""
    height, width = shining.shape[1:]
    half = _worth(_halved, shining)(shining) if height >= 360 else shining
    glow = sum(weight * blur(half, max(0.5, radius * half.shape[1])) for radius, weight in HALOES)
    assert isinstance(glow, Tensor)
    if half is shining:
        return glow
    whole = F.interpolate(glow[None], scale_factor=2.0, mode="bilinear", align_corners=False)
    return whole[0, :, :height, :width]


def focused(picture: Tensor, defocus: Tensor, strength: float, height: int) -> Tensor:
    """Returns a picture (3, h, W) blurred by how far out of focus (h, W) its pixels are: a blend of three blurs.

    height: rows of the whole picture, of which it may be a band.
    """
    near, far = (blur(picture, max(0.4, radius * strength * height)) for radius in BLURS)
    return fuse(_between_blurs)(picture, near, far, defocus)


def _between_blurs(picture: Tensor, near: Tensor, far: Tensor, defocus: Tensor) -> Tensor:
    share = defocus.clamp(0, 1) * 2
    soft = picture + (near - picture) * share.clamp(max=1)
    return soft + (far - soft) * (share - 1).clamp(min=0)


def corners(rows: Tensor, size: tuple[int, int]) -> Tensor:
    """Returns how near to a corner of a picture of a size the pixels of some rows (h,) lie, (h, W) in 0..1."""
    width, height = size
    y, x = (rows + 0.5) / height * 2 - 1, (torch.arange(width) + 0.5) / width * 2 - 1
    return (x[None, :] ** 2 * (width / height) ** 2 + y[:, None] ** 2) / ((width / height) ** 2 + 1)


def finished(
    picture: Tensor, ground: Tensor, own: Tensor, glow: Tensor, noise: Tensor, corner: Tensor, numbers: Tensor
) -> Tensor:
    """Returns sRGB values (3, h, W) in 0..1, not yet codes, of light of the screen under vignette, bloom and grain."""
    bloom, vignette, grain = numbers.unbind(0)
    ground = ground[:, None, None]
    fall = own.clamp(0, 1) * vignette * corner**1.2
    held = picture - fall * (picture - ground * (1 - own.clamp(0, 1)))  # it darkens, on a pale ground too
    lit = 1 - (1 - held.clamp(0, 1)) * torch.exp(-bloom * glow)
    code = encoded(lit)
    grey = luminance((code[0], code[1], code[2]))
    weight = own.clamp(0, 1) * (DARK + (1 - DARK) * (grey / 0.4).clamp(max=1)) * (1 - 0.6 * grey)
    return (code + noise * grain * weight).clamp(0, 1)


def _finish(
    picture: Tensor, ground: Tensor, own: Tensor, glow: Tensor, noise: Tensor, dither: Tensor, numbers: Tensor
) -> Tensor:
    height, width = picture.shape[1:]
    corner = corners(torch.arange(height), (width, height))
    code = finished(picture, ground, own, glow, noise, corner, numbers)
    return (code * 255 + dither).clamp(0, 255).round()


def _finish_deep(
    picture: Tensor, ground: Tensor, own: Tensor, glow: Tensor, noise: Tensor, dither: Tensor, numbers: Tensor
) -> Tensor:
    height, width = picture.shape[1:]
    corner = corners(torch.arange(height), (width, height))
    code = finished(picture, ground, own, glow, noise, corner, numbers)
    return (code * 65_535 + dither).clamp(0, 65_535).round()


def numbers_of(lens: Lens) -> Tensor:
    """Returns the numbers of a lens as finished reads them."""
    return torch.tensor([BLOOM * lens.bloom, lens.vignette, lens.grain])


def joined(panels: Sequence[Exposure]) -> Exposure:
    """Returns panels side by side as one exposure."""
    first = panels[0]
    if len(panels) == 1:
        return first
    defocus = None
    if any(panel.defocus is not None for panel in panels):  # one without a path is sharp all over
        sharp = (torch.zeros_like(panel.cover) for panel in panels)
        pairs = zip((panel.defocus for panel in panels), sharp, strict=True)
        defocus = torch.cat([clear if soft is None else soft for soft, clear in pairs], 1)
    picture, alpha, own, glow, cover = (torch.cat([getattr(panel, name) for panel in panels], -1) for name in PLANES)
    return Exposure(picture, first.ground, alpha, own, glow, cover, defocus)


PLANES = ("picture", "alpha", "own", "glow", "cover")


def develop(panels: Sequence[Exposure], lens: Lens, seed: int, depth: int = 8) -> Tensor:
    """Returns codes of panels side by side, (H, W, 3), or (H, W, 4) straight alpha over a transparent ground.

    Haloes and vignette are those of one picture. Noise and dither are seeded. depth: bits of a code, 8 or 16.
    """
    whole = joined(panels)
    with unfused(whole.cover.numel() < WORTH):
        return _developed(whole, lens, seed, depth)


def _developed(whole: Exposure, lens: Lens, seed: int, depth: int) -> Tensor:
    picture = whole.picture
    if lens.focus and whole.defocus is not None:
        picture = focused(picture, whole.defocus, lens.focus, picture.shape[1])
    shape = picture.shape[1:]
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(shape, generator=generator)
    dither = (torch.rand(picture.shape, generator=generator) - 0.5) * 0.998  # never a whole code
    numbers = numbers_of(lens)
    glow = halo(whole.glow) if lens.bloom else torch.zeros_like(picture)
    if bool((whole.alpha >= 1).all()):
        finish = _finish if depth == 8 else _finish_deep
        finished = fuse(finish)(picture, whole.ground, whole.own, glow, noise, dither, numbers)
        return finished.permute(1, 2, 0).to(CODES[depth])
    return _straight(whole, picture, glow, (noise, dither, numbers), depth)


def _straight(
    whole: Exposure, picture: Tensor, glow: Tensor, rest: tuple[Tensor, Tensor, Tensor], depth: int
) -> Tensor:
    """Returns codes (H, W, 4) of straight alpha."""
    noise, dither, numbers = rest
    most = 2**depth - 1
    corner = corners(torch.arange(picture.shape[1]), (picture.shape[2], picture.shape[1]))
    code, alpha = straight(picture, whole.alpha, whole.own, glow, noise, corner, numbers)
    codes = (code * most + dither).clamp(0, most).round()
    opacity = (alpha * most + dither[0]).clamp(0, most).round()
    return torch.cat([codes, opacity[None]]).permute(1, 2, 0).to(CODES[depth])


def straight(
    picture: Tensor, alpha: Tensor, own: Tensor, glow: Tensor, noise: Tensor, corner: Tensor, numbers: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns sRGB values (3, h, W) in 0..1 and their straight alpha (h, W) of a picture times its alpha.

    A halo hides what is behind it as far as it shines.
    """
    shine = 1 - torch.exp(-numbers[0] * glow)
    fall = own.clamp(0, 1) * numbers[1] * corner**1.2
    held = picture * (1 - fall)
    through = (1 - alpha) * (1 - fall) + fall * (1 - own.clamp(0, 1))
    opacity = 1 - through * (1 - shine.amax(0))
    colour = (held + (1 - held.clamp(0, 1)) * shine) / opacity.clamp(min=1e-4)
    left = numbers * torch.tensor([1.0, 0.0, 1.0])  # the vignette has been laid on
    code = finished(colour, torch.zeros(3), own, torch.zeros_like(glow), noise, corner, left)
    return code, opacity
