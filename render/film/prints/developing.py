"""Developing by bands: from the linear light of a plate to codes of 8 or 16 bits, a few rows at a time.

Every step knows its place: haloes are those of the whole plate, the vignette is that of the whole sheet, and grain
and dither belong to the pixel, so that the height of a band and the size of a tile cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.film.prints.lettering import Patch, lay
from render.film.prints.plate import Plate, enlarged
from render.stage import noise
from render.stage.lens import Lens, halo

PIXELS = 1 << 21  # of a band
GRAIN, DITHER = 0, 1  # channels of the noise; the dither has one for each colour
LUMINANCE = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Development:
    """How a plate becomes codes."""

    lens: Lens
    seed: int
    depth: int  # bits
    words: Sequence[Patch] = ()


def bands_of(height: int, width: int) -> Iterator[range]:
    """Gives the rows of a print in bands of about PIXELS pixels."""
    rows = max(1, PIXELS // width)
    for top in range(0, height, rows):
        yield range(top, min(height, top + rows))


def developed(plate: Plate, development: Development) -> Iterator[np.ndarray]:
    """Gives a plate's bands as codes, (h, W, 3) or (h, W, 4) with straight alpha, uint8 or uint16."""
    width, height = plate.size
    around = halo(torch.from_numpy(plate.glow))
    for rows in bands_of(height, width):
        light = torch.from_numpy(plate.light[rows.start : rows.stop]).permute(2, 0, 1)
        glow = enlarged(around, rows, plate.factor, width)
        shown = _shown(light, glow, _corner(rows, plate.size), development.lens)
        shown[:3] = _grained(shown[:3], rows, development)
        yield _codes(lay(development.words, shown, rows), rows, development)
        plate.forget()


def linear(plate: Plate, lens: Lens) -> Iterator[np.ndarray]:
    """Gives a plate's bands in linear light, haloes and all, (h, W, 3) or (h, W, 4) float32; light is premultiplied."""
    width, height = plate.size
    around = lens.bloom * halo(torch.from_numpy(plate.glow))
    for rows in bands_of(height, width):
        band = plate.light[rows.start : rows.stop].copy()
        band[..., :3] += enlarged(around, rows, plate.factor, width).permute(1, 2, 0).numpy()
        yield band
        plate.forget()


def _corner(rows: range, size: tuple[int, int]) -> Tensor:
    """Returns how near to a corner of the whole sheet the pixels of a band lie, (h, W) in 0..1."""
    width, height = size
    y = (torch.arange(rows.start, rows.stop) + 0.5) / height * 2 - 1
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    aspect = (width / height) ** 2
    return (x[None, :] ** 2 * aspect + y[:, None] ** 2) / (aspect + 1)


def _shown(light: Tensor, glow: Tensor, corner: Tensor, lens: Lens) -> Tensor:
    """Returns sRGB values (3, h, W), or (4, h, W) with straight alpha, in 0..1.

    Where there is alpha, object and halo are toned apart and joined by coverage, and a halo beyond the object covers
    the ground by as much as it is bright: right over black, and close over anything else.
    """
    scale = (1 - lens.vignette * corner**1.2) * (0.85 * lens.exposure)
    if len(light) == 3:
        return _toned((light + lens.bloom * glow) * scale)
    alpha = light[3]
    solid = _toned((light[:3] / alpha.clamp(min=1e-6) + lens.bloom * glow) * scale) * alpha
    air = _toned(lens.bloom * glow * scale) * (1 - alpha)
    covered = alpha + air.amax(0)
    return torch.cat([(solid + air) / covered.clamp(min=1e-6), covered[None]]).clamp(0, 1)


def _toned(value: Tensor) -> Tensor:
    """Returns sRGB values of light under the filmic curve that lens.py tells of."""
    shown = ((value * (2.51 * value + 0.03)) / (value * (2.43 * value + 0.59) + 0.14)).clamp(0, 1)
    return torch.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def _grained(shown: Tensor, rows: range, development: Development) -> Tensor:
    grain = development.lens.grain
    if not grain:
        return shown
    speckle = torch.from_numpy(noise.normal(rows, range(shown.shape[2]), GRAIN, development.seed))
    luminance = sum(weight * shown[k] for k, weight in enumerate(LUMINANCE))
    return (shown + speckle * grain * (1 - 0.6 * luminance)).clamp(0, 1)


def _codes(shown: Tensor, rows: range, development: Development) -> np.ndarray:
    """Returns values (C, h, W) in 0..1 as codes (h, W, C), dithered by half a code each way; alpha is rounded."""
    white = 2**development.depth - 1
    codes = np.empty((*shown.shape[1:], len(shown)), f"uint{development.depth}")
    for channel, plane in enumerate(shown):
        scaled = plane.numpy() * np.float32(white)
        if channel < 3:
            scaled = scaled + noise.uniform(rows, range(shown.shape[2]), DITHER + channel, development.seed)
        codes[..., channel] = np.clip(np.rint(scaled), 0, white)
    return codes
