"""The legend: a bar of the palette from the lowest to the highest loss, in the colours that the picture shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

WIDTH, HEIGHT = 0.9, 0.24  # of the bar, sizes and share of the picture's height

LevelColours = Callable[[np.ndarray], np.ndarray]  # levels (n,) 0 to 1 as codes (n, 3) uint8


def paint_bar(pixels: np.ndarray, shown: LevelColours, left: int, top: int, width: int, height: int) -> None:
    """Fills a rectangle of pixels (H, W, 3) uint8 with the palette, high above low, in place."""
    levels = (height - 0.5 - np.arange(height)) / height
    pixels[top : top + height, left : left + width] = shown(levels)[:, None]
