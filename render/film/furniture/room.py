"""The room of words along a line: where they begin and end on a picture, at which angle, and what they would cover."""

from __future__ import annotations

import numpy as np

from render.film.furniture.plot import Plot
from render.film.words.layout import Box

TALL = 1.0  # height of a number with its room / size
ALONG, ACROSS = np.linspace(-0.5, 0.5, 13), np.linspace(-0.5, 0.5, 5)  # places that stand for the room


def pixels_of(plot: Plot, ends: np.ndarray) -> np.ndarray:
    """Returns where beginnings, middles and ends (k, 3, 3) are on the picture, (k, 3, 2)."""
    return plot.at(ends.reshape(-1, 3)).reshape(-1, 3, 2)


def angles_of(pixels: np.ndarray) -> np.ndarray:
    """Returns the angles (k,) by which words rise to the right, radians, −π to π."""
    way = pixels[:, 2] - pixels[:, 0]
    return np.asarray(np.arctan2(-way[:, 1], way[:, 0]))


def rooms_of(pixels: np.ndarray, size: float) -> np.ndarray:
    """Returns points (k, n, 2) all over the room that words take between their beginnings and ends (k, 3, 2)."""
    way = pixels[:, 2] - pixels[:, 0]
    normal = np.stack([-way[:, 1], way[:, 0]], 1) / np.maximum(np.linalg.norm(way, axis=1), 1e-9)[:, None]
    middle = pixels.mean(1)[:, None, None]
    rooms = (
        middle
        + ALONG[None, None, :, None] * way[:, None, None]
        + ACROSS[None, :, None, None] * (TALL * size * normal)[:, None, None]
    )
    return np.asarray(rooms.reshape(len(pixels), -1, 2))


def distance_to(box: Box, points: np.ndarray) -> np.ndarray:
    """Returns how far points (..., 2) lie from a box, pixels; 0 within it."""
    low, high = np.array([box.left, box.top]), np.array([box.right, box.bottom])
    return np.asarray(np.linalg.norm(np.maximum(0, np.maximum(low - points, points - high)), axis=-1))
