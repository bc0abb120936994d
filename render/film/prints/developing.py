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

from render.compiler import unfused
from render.film.prints.patches import Patch, lay
from render.film.prints.plate import Plate, enlarged
from render.stage.lens import noise
from render.stage.lens.lens import BLOOM, BLURS, Lens, corners, finished, focused, halo, numbers_of, straight

PIXELS = 1 << 21  # of a band
GRAIN, DITHER = 0, 1  # channels of the noise; the dither has one for each colour
SPREAD = 3.5  # standard deviations of a blur that a band looks beyond its rows, a multiple of STEP of them
STEP = 8


@dataclass(frozen=True)
class Development:
    """How a plate becomes codes."""

    lens: Lens
    seed: int
    depth: int  # bits
    words: Sequence[Patch] = ()
    ground: tuple[float, float, float] | None = None  # linear colour of what is behind everything; None is nothing


def bands_of(height: int, width: int) -> Iterator[range]:
    """Gives the rows of a print in bands of about PIXELS pixels."""
    rows = max(1, PIXELS // width)
    for top in range(0, height, rows):
        yield range(top, min(height, top + rows))


def developed(plate: Plate, development: Development) -> Iterator[np.ndarray]:
    """Gives a plate's bands as codes, (h, W, 3) or (h, W, 4) with straight alpha, uint8 or uint16."""
    width = plate.size[0]
    around = _halo(plate)
    for rows in bands_of(plate.size[1], width):
        light = _sharp(plate, rows, development.lens)
        glow = enlarged(around, rows, plate.factor, width)
        shown = _shown(light, glow, rows, plate.size, development)
        yield _codes(lay(development.words, shown, rows), rows, development)
        plate.forget()


def _halo(plate: Plate) -> Tensor:
    with unfused():
        return halo(torch.from_numpy(plate.glow))


def _sharp(plate: Plate, rows: range, lens: Lens) -> Tensor:
    """Returns the planes (6, h, W) of some rows, as the lens focuses them."""
    height = plate.size[1]
    if not lens.focus or plate.is_sharp(rows):
        return plate.planes(rows)
    margin = -(-int(SPREAD * max(BLURS) * lens.focus * height + 1) // STEP) * STEP
    top = max(0, rows.start // STEP * STEP - margin)
    bottom = min(height, rows.stop + margin)
    light = plate.planes(range(top, bottom))
    with unfused():  # no two bands need be alike
        soft = focused(light[:3], light[4], lens.focus, height)
    return torch.cat([soft, light[3:]])[:, rows.start - top : rows.stop - top]


def linear(plate: Plate, lens: Lens, channels: int = 3) -> Iterator[np.ndarray]:
    """Gives a plate's bands in linear light, haloes and all, (h, W, 3) or (h, W, 4) float32; light is premultiplied."""
    width, height = plate.size
    around = BLOOM * lens.bloom * _halo(plate)
    for rows in bands_of(height, width):
        band = _sharp(plate, rows, lens).permute(1, 2, 0).numpy().copy()[..., :channels]
        band[..., :3] += enlarged(around, rows, plate.factor, width).permute(1, 2, 0).numpy()
        yield band
        plate.forget()


def _shown(light: Tensor, glow: Tensor, rows: range, size: tuple[int, int], development: Development) -> Tensor:
    """Returns sRGB values (3, h, W), or (4, h, W) with straight alpha, in 0..1, as the lens makes them of planes."""
    corner = corners(torch.arange(rows.start, rows.stop), size)
    speckle = torch.from_numpy(noise.normal(rows, range(size[0]), GRAIN, development.seed))
    picture, own, numbers = light[:3], light[5], numbers_of(development.lens)
    if development.ground is not None:
        return finished(picture, torch.tensor(development.ground), own, glow, speckle, corner, numbers)
    shown, alpha = straight(picture, light[3], own, glow, speckle, corner, numbers)
    return torch.cat([shown, alpha[None]])


def _codes(shown: Tensor, rows: range, development: Development) -> np.ndarray:
    """Returns values (C, h, W) in 0..1 as codes (h, W, C), dithered by half a code each way; alpha is rounded."""
    white = 2**development.depth - 1
    codes = np.empty((*shown.shape[1:], len(shown)), f"uint{development.depth}")
    for channel, plane in enumerate(shown):
        scaled = plane.numpy() * np.float32(white)
        if channel < 3:
            scaled = scaled + 0.998 * noise.uniform(rows, range(shown.shape[2]), DITHER + channel, development.seed)
        codes[..., channel] = np.clip(np.rint(scaled), 0, white)
    return codes
