"""Words at an angle: letters drawn large, turned, and averaged down, so that they are as clean as level ones."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.ndimage import map_coordinates

from render.film.words.ink import Ink, line_ink, line_width
from render.film.words.layout import CAPITAL
from render.film.words.pieces import Face

LARGE = 4  # size at which letters are drawn / size at which they are seen
FINE = 3  # sub-pixels along the side of a pixel


def turned_ink(text: str, face: Face, size: float, middle: np.ndarray, angle: float) -> Ink:
    """Returns a line of text around a middle (2,), column and row, that rises to the right by an angle in radians."""
    canvas, centre = _canvas(text, face, size)
    reach = math.ceil(math.hypot(*canvas.shape) / 2 / LARGE) + 2
    left, top = math.floor(middle[0]) - reach, math.floor(middle[1]) - reach
    places = (np.arange((2 * reach + 1) * FINE) + 0.5) / FINE
    x, y = (left + places - middle[0])[None, :], (top + places - middle[1])[:, None]
    across, down = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    fine = map_coordinates(canvas, [centre[1] + LARGE * down - 0.5, centre[0] + LARGE * across - 0.5], order=1)
    coverage = fine.reshape(2 * reach + 1, FINE, 2 * reach + 1, FINE).mean(axis=(1, 3))
    rows, columns = np.nonzero(coverage > 1e-3)
    return Ink(rows + top, columns + left, coverage[rows, columns])


@lru_cache(maxsize=256)
def _canvas(text: str, face: Face, size: float) -> tuple[np.ndarray, tuple[float, float]]:
    """Returns the coverage of large letters (H, W), and the column and row of their middle."""
    ink = line_ink(text, face, size * LARGE)
    top, left = (int(each.min()) - 1 if each.size else 0 for each in (ink.rows, ink.columns))
    canvas = np.zeros([(int(np.ptp(each)) + 3 if each.size else 1) for each in (ink.rows, ink.columns)])
    np.maximum.at(canvas, (ink.rows - top, ink.columns - left), ink.coverage)
    wide = line_width(text, face, size * LARGE)
    return canvas, (wide / 2 - left, -CAPITAL / 2 * size * LARGE - top)
