"""Words on a print: laid out once on the whole sheet, kept as the few patches that have ink, laid onto each band.

What words do to a picture is read off two grounds. Over black a pixel of ink of colour c and coverage a is a·c, over
white a·c + 1 − a, in linear light; so whatever is drawn, letters, dots or a veil, comes back as colour and coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.stage import palette

Draw = Callable[[np.ndarray], np.ndarray]  # puts words on pixels (H, W, 3) uint8, returning a copy
APART = 32  # rows without ink that part one patch from the next


@dataclass(frozen=True)
class Patch:
    """A rectangle with ink."""

    top: int  # row and column of its first pixel on the print
    left: int
    light: np.ndarray  # (h, w, 3) float32 linear
    coverage: np.ndarray  # (h, w) float32, 0 to 1


def patches(draw: Draw, size: tuple[int, int], offset: int = 0) -> list[Patch]:
    """Returns the ink of words on a sheet of a size in pixels; offset: rows and columns of print before the sheet."""
    width, height = size
    grounds = []
    for code in (0, 255):
        plain = np.broadcast_to(np.uint8(code), (height, width, 3))
        drawn = draw(plain)
        grounds.append((drawn, [np.flatnonzero((drawn != code).any(axis=(1, 2)))]))
    (black, first), (white, second) = grounds
    rows = np.union1d(first[0], second[0])
    return [_patch(black[run], white[run], run.start, offset) for run in _runs(rows)]


def _runs(rows: np.ndarray) -> Iterator[slice]:
    """Gives the stretches of rows with ink."""
    if not len(rows):
        return
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > APART) + 1):
        yield slice(int(run[0]), int(run[-1]) + 1)


def _patch(black: np.ndarray, white: np.ndarray, top: int, offset: int) -> Patch:
    columns = np.flatnonzero(((black != 0) | (white != 255)).any(axis=(0, 2)))
    within = slice(int(columns[0]), int(columns[-1]) + 1)
    dark, pale = (palette.light_of(codes[:, within] / np.float32(255)).astype(np.float32) for codes in (black, white))
    coverage = np.clip(1 - (pale - dark).mean(axis=2), 0, 1)
    light = np.clip(dark / np.maximum(coverage, 1e-4)[..., None], 0, 1)
    return Patch(top + offset, within.start + offset, light, coverage)


def lay(words: Sequence[Patch], shown: Tensor, rows: range) -> Tensor:
    """Returns sRGB values (3, h, W), or (4, h, W) with straight alpha, of rows of a print with the words on them."""
    for patch in words:
        top, bottom = max(rows.start, patch.top), min(rows.stop, patch.top + len(patch.coverage))
        if top < bottom:
            part = slice(top - rows.start, bottom - rows.start), slice(patch.left, patch.left + patch.coverage.shape[1])
            inked = slice(top - patch.top, bottom - patch.top)
            shown[(slice(None), *part)] = _over(patch, inked, shown[(slice(None), *part)])
    return shown


def _over(patch: Patch, rows: slice, ground: Tensor) -> Tensor:
    """Returns ground (3 or 4, h, w) sRGB under the ink of some rows of a patch."""
    coverage = torch.from_numpy(patch.coverage[rows])
    light = torch.from_numpy(patch.light[rows]).permute(2, 0, 1)
    below = torch.from_numpy(palette.light_of(ground[:3].numpy()).astype(np.float32))
    if len(ground) == 3:
        return _shown(below + (light - below) * coverage)
    behind = ground[3] * (1 - coverage)
    alpha = coverage + behind
    mixed = (light * coverage + below * behind) / alpha.clamp(min=1e-6)
    return torch.cat([_shown(mixed), alpha[None]])


def lettered(pixels: np.ndarray, draw: Draw) -> np.ndarray:
    """Returns pixels (H, W, 3) or (H, W, 4) uint8 with words on them; those without a ground keep straight alpha."""
    if pixels.shape[2] == 3:
        return draw(pixels)
    values = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1).contiguous()
    height, width = pixels.shape[:2]
    shown = lay(patches(draw, (width, height)), values, range(height))
    return np.rint(shown.permute(1, 2, 0).numpy() * 255).clip(0, 255).astype(np.uint8)


def _shown(light: Tensor) -> Tensor:
    """Returns linear light as sRGB values."""
    return torch.from_numpy(palette.srgb_of(np.maximum(light.numpy(), 0)).astype(np.float32))
