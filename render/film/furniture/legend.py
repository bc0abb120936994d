"""The legend: a bar of the palette from the lowest to the highest loss, in the colours that the picture shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from render.film.take import Take
from render.stage import palette
from render.stage.stage import drawn_levels

SIZE = 1024  # entries of the palette
WIDTH, HEIGHT = 0.9, 0.24  # of the bar, sizes and share of the picture's height

Shown = Callable[[np.ndarray], np.ndarray]  # levels (n,) 0 to 1 as codes (n, 3) uint8


def plain_colours(take: Take) -> Shown:
    """Returns the colours of a take's palette as they are, without light and view transform."""
    look = take.look
    levels = np.concatenate([drawn_levels(panel.relief, look.body) for panel in take.panels])
    table = palette.table(look.palette, palette.places(levels, look.palette_gamma, look.palette_balance, SIZE))

    def shown(levels: np.ndarray) -> np.ndarray:
        places = np.clip(levels, 0, 1) * (SIZE - 1)
        light = np.stack([np.interp(places, np.arange(SIZE), table[:, k]) for k in range(3)], axis=1)
        codes = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)
        return np.asarray(np.rint(255 * codes).astype(np.uint8))

    return shown


def paint_bar(pixels: np.ndarray, shown: Shown, left: int, top: int, width: int, height: int) -> None:
    """Fills a rectangle of pixels (H, W, 3) uint8 with the palette, high above low, in place."""
    levels = (height - 0.5 - np.arange(height)) / height
    pixels[top : top + height, left : left + width] = shown(levels)[:, None]
