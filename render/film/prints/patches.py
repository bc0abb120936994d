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

from render.stage.colour import light_of, srgb_of

Draw = Callable[[np.ndarray], np.ndarray]  # puts words on pixels (H, W, 3) uint8, returning a copy
APART = 32  # rows or columns without ink that part one patch from the next
GROUNDS = 0, 255  # codes


@dataclass(frozen=True)
class Patch:
    """A rectangle with ink, as it looks on black and on white, (h, w, 3) uint8 each."""

    top: int  # row and column of its first pixel on the print
    left: int
    black: np.ndarray
    white: np.ndarray

    def ink(self, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Returns the linear light (h, w, 3) of the ink in some of its rows, and its coverage (h, w), 0 to 1."""
        dark, pale = (light_of(codes[rows] / np.float32(255)).astype(np.float32) for codes in (self.black, self.white))
        coverage = np.clip(1 - (pale - dark).mean(axis=2), 0, 1)
        return np.clip(dark / np.maximum(coverage, 1e-4)[..., None], 0, 1), coverage


def patches(draw: Draw, size: tuple[int, int], offset: int = 0) -> list[Patch]:
    """Returns the ink of words on a sheet of a size in pixels; offset: rows and columns of print before the sheet.

    Only one ground of the whole sheet is held at a time.
    """
    width, height = size
    inked = np.zeros((height, width), bool)
    for code in GROUNDS:
        drawn = draw(_plain(code, size))
        for row in range(height):
            inked[row] |= (drawn[row] != code).any(axis=1)
        del drawn
    boxes = list(_boxes(inked, 0, 0))
    cut = []
    for code in GROUNDS:
        drawn = draw(_plain(code, size))
        cut.append([drawn[rows, columns].copy() for rows, columns in boxes])
        del drawn
    return [
        Patch(rows.start + offset, columns.start + offset, black, white)
        for (rows, columns), black, white in zip(boxes, *cut, strict=True)
    ]


def _plain(code: int, size: tuple[int, int]) -> np.ndarray:
    return np.broadcast_to(np.uint8(code), (size[1], size[0], 3))


def _boxes(inked: np.ndarray, top: int, left: int) -> Iterator[tuple[slice, slice]]:
    """Gives the rectangles with ink, parted by rows and then by columns until no part has a gap in it."""
    for rows in _runs(np.any(inked, axis=1)):
        for columns in _runs(np.any(inked[rows], axis=0)):
            part = inked[rows, columns]
            if part.shape == inked.shape:
                yield _moved(rows, top), _moved(columns, left)
            else:
                yield from _boxes(part, top + rows.start, left + columns.start)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _runs(inked: np.ndarray) -> Iterator[slice]:
    """Gives the stretches of rows or columns with ink."""
    places = np.flatnonzero(inked)
    if len(places):
        for run in np.split(places, np.flatnonzero(np.diff(places) > APART) + 1):
            yield slice(int(run[0]), int(run[-1]) + 1)


def lay(words: Sequence[Patch], shown: Tensor, rows: range) -> Tensor:
    """Returns sRGB values (3, h, W), or (4, h, W) with straight alpha, of rows of a print with the words on them."""
    for patch in words:
        height, width = patch.black.shape[:2]
        top, bottom = max(rows.start, patch.top), min(rows.stop, patch.top + height)
        if top < bottom:
            part = slice(top - rows.start, bottom - rows.start), slice(patch.left, patch.left + width)
            inked = slice(top - patch.top, bottom - patch.top)
            shown[(slice(None), *part)] = _over(patch, inked, shown[(slice(None), *part)])
    return shown


def _over(patch: Patch, rows: slice, ground: Tensor) -> Tensor:
    """Returns ground (3 or 4, h, w) sRGB under the ink of some rows of a patch."""
    light, coverage = map(torch.from_numpy, patch.ink(rows))
    light = light.permute(2, 0, 1)
    below = torch.from_numpy(light_of(ground[:3].numpy()).astype(np.float32))
    if len(ground) == 3:
        return _shown(below + (light - below) * coverage)
    behind = ground[3] * (1 - coverage)
    alpha = coverage + behind
    mixed = (light * coverage + below * behind) / alpha.clamp(min=1e-6)
    return torch.cat([_shown(mixed), alpha[None]])


def lettered(pixels: np.ndarray, draw: Draw) -> np.ndarray:
    """Returns pixels (H, W, 3) or (H, W, 4) with words on them, of 8 or 16 bits; straight alpha is kept."""
    if pixels.shape[2] == 3 and pixels.dtype == np.uint8:
        return draw(pixels)
    most = np.iinfo(pixels.dtype).max
    values = torch.from_numpy(pixels.astype(np.float32) / most).permute(2, 0, 1).contiguous()
    height, width = pixels.shape[:2]
    shown = lay(patches(draw, (width, height)), values, range(height))
    return np.rint(shown.permute(1, 2, 0).numpy() * most).clip(0, most).astype(pixels.dtype)


def _shown(light: Tensor) -> Tensor:
    """Returns linear light as sRGB values."""
    return torch.from_numpy(srgb_of(np.maximum(light.numpy(), 0)).astype(np.float32))
