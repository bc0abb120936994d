"""Words apart: all that is written on a frame, as light with straight alpha, and the frame without it.

    frame = words · alpha + plate · (1 − alpha), in linear light

Whatever is drawn, letters, shades, charts or a card, is read off what it makes of black and of white.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from render.film.encoders.stream import FrameStream, in_depth
from render.film.prints.patches import GROUNDS, Draw, Patch
from render.stage.colour import light_of, srgb_of


def words_apart(draw: Draw, plate: np.ndarray, depth: int) -> np.ndarray:
    """Returns what is drawn on a plate (H, W, 3 or 4) as codes (H, W, 4) with straight alpha, of 8 or 16 bits."""
    height, width, channels = plate.shape
    black, white = (draw(np.full((height, width, 3), code, np.uint8)) for code in GROUNDS)
    light, coverage = Patch(0, 0, black, white).ink(slice(None))
    if channels == 3 and plate.dtype == np.uint8:  # on which words were drawn themselves; on others this ink was laid
        shining = light_of(black / np.float32(255))
        coverage = np.maximum(coverage, shining.max(axis=2))  # white tells it by a code, much of a thin line
        light = shining / np.maximum(coverage, 1e-6)[..., None]
    values = np.dstack([srgb_of(light), coverage]) * (coverage > 0)[..., None]
    most = 2**depth - 1
    return np.rint(values * most).astype(f"uint{depth}")


def plate_of(pixels: np.ndarray, number: int, depth: int) -> np.ndarray:
    """Returns a picture without words in so many bits, dithered as the frame of its number is."""
    height, width, channels = pixels.shape

    def drawn(wanted: Sequence[int]) -> Iterator[np.ndarray]:
        return iter([pixels])

    one = FrameStream(width, height, number + 1, 1, 8 * pixels.dtype.itemsize, channels == 4, drawn)  # type: ignore[arg-type]
    return next(in_depth(one, depth).pictures([number]))
