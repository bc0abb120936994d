"""The colours of an export: the palette at the measured levels, as pictures, without light or lines."""

from __future__ import annotations

import numpy as np
from PIL import Image

from render.film.take import Take
from render.solid.model import Texture
from render.stage.body.relief import Relief
from render.stage.cast import drawn_levels
from render.stage.colour import encoded, places_of, table_of

WIDEST = 8192  # pixels of a texture that every graphics card takes
ROWS, COLUMNS = 1024, 4  # of the picture of the cut


def ramp_of(take: Take) -> np.ndarray:
    """Returns the colours of the levels from 0 to 1 in a take, (n, 3) linear RGB, as its pictures have them."""
    look = take.look
    levels = np.concatenate([drawn_levels(panel.relief, look.body) for panel in take.panels])
    return table_of(look.palette, places_of(levels, look.palette_gamma, look.palette_balance))


def coloured(ramp: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Returns the colours (..., 3) uint8 of levels in 0..1."""
    place = np.clip(level, 0, 1) * (len(ramp) - 1)
    entries = np.arange(len(ramp))
    return encoded(np.stack([np.interp(place, entries, ramp[:, k]) for k in range(3)], axis=-1))


def terrain_texture(relief: Relief, ramp: np.ndarray) -> Texture:
    """Returns the picture of a terrain from above, a pixel for each cell, +β at the top."""
    pixels = coloured(ramp, relief.level[::-1])
    most = max(pixels.shape[:2])
    if most > WIDEST:
        size = tuple(max(1, round(count * WIDEST / most)) for count in pixels.shape[1::-1])
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
    return Texture("terrain", pixels)


def terrain_places(relief: Relief, points: np.ndarray) -> np.ndarray:
    """Returns where points (N, 3) in picture widths lie on the terrain's picture: cells are in the middle of pixels."""
    rows, columns = relief.level.shape
    column, row = (points[:, 0] + 0.5) * (columns - 1), (points[:, 1] / relief.depth + 0.5) * (rows - 1)
    return np.column_stack([(column + 0.5) / columns, (row + 0.5) / rows]).astype(np.float32)


def cut_texture(relief: Relief, ramp: np.ndarray, bottom: float) -> Texture:
    """Returns the picture of the cut by height, from z = bottom to the highest level; below the lowest it is its."""
    heights = bottom + (np.arange(ROWS)[::-1] + 0.5) / ROWS * (relief.exaggeration - bottom)
    column = coloured(ramp, heights / max(relief.exaggeration, 1e-6))
    return Texture("cut", np.repeat(column[:, None], COLUMNS, axis=1))


def cut_places(relief: Relief, points: np.ndarray, bottom: float) -> np.ndarray:
    """Returns where points (N, 3) in picture widths lie on the picture of the cut."""
    up = (points[:, 2] - bottom) / max(relief.exaggeration - bottom, 1e-6)
    return np.column_stack([np.full(len(points), 0.5), up]).astype(np.float32)
