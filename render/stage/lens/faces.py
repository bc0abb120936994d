"""Faces: the sides of a cube around the eye, of which a picture of a wide projection is put together.

Each side is seen at a right angle and a little more; it may be parted into tiles, so that no window is too large, and
only those that the picture takes something from are drawn. The cube of a dome has its edges, not a side, before the
axis: half of all around then takes four sides instead of five.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.stage.lens.bearings import Projection, places_of, within

FINER = 1.15  # pixels of a side in its middle, where they are coarsest, to a pixel of the picture
MOST_SIDE = 1600  # pixels along a side, from which on it is parted
MARGIN = 6  # pixels around what is taken from a tile, for what looks at its neighbours
SUB = 2  # places along the side of a pixel at which the sides are looked up: away from their middles they are finer
RIM = 1 - 1e-9  # half heights of the picture
TURN = math.sqrt(0.5)
SIDES = np.array(  # right, up and forward of each
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
        [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],
        [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
        [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
        [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],
    ],
    float,
)
ON_EDGE = np.array([[1, 0, 0], [0, TURN, TURN], [0, -TURN, TURN]])


@dataclass(frozen=True)
class CubeFace:
    """A side of the cube or a tile of it, and what a picture takes from it."""

    axes: np.ndarray  # (3, 3) right, up and forward in the picture's frame
    middle: tuple[float, float]  # of what it shows, tangents to the right and up of forward
    half: float  # of its width, tangents
    pixels: Tensor  # (m,) int64, flat index of the places that take something from it
    looked_up: Tensor  # (m, 2) where on it, −1..1 to the right and downwards


@dataclass(frozen=True)
class Faces:
    """What a picture is put together from."""

    side: int  # pixels along the side of each
    faces: tuple[CubeFace, ...]


def side_of(projection: Projection, size: tuple[int, int]) -> tuple[int, int]:
    """Returns the pixels along the side of a tile, and how many tiles there are along that of the cube."""
    whole = math.ceil(2 * FINER * size[1] / projection.angle)
    count = math.ceil(whole / MOST_SIDE)
    inner = math.ceil(whole / count / 2) * 2
    return inner + 2 * MARGIN, count


@functools.lru_cache(maxsize=2)
def faces_of(projection: Projection, size: tuple[int, int]) -> Faces:
    """Returns the faces of a picture of a size, pixels."""
    places = places_of(size, SUB)
    if projection.is_dome:  # a pixel of the rim reaches beyond it, for which no side of the cube is worth drawing
        places /= np.maximum(1, np.hypot(*np.moveaxis(places, -1, 0)) / RIM)[..., None]
    directions = projection.directions(places).reshape(-1, 3)
    seen = np.repeat(np.repeat(within(projection, size) > 0, SUB, 0), SUB, 1).ravel()
    sides = SIDES @ ON_EDGE if projection.is_dome else SIDES
    owner = np.argmax(directions @ sides[:, 2].T, axis=1)
    side, count = side_of(projection, size)
    found = []
    for number, axes in enumerate(sides):
        own = np.flatnonzero(seen & (owner == number))
        right, up, forward = axes @ directions[own].T
        x, y = right / forward, up / forward
        cells = [np.clip(((each + 1) / 2 * count).astype(int), 0, count - 1) for each in (x, y)]
        for column in range(count):
            for row in range(count):
                there = (cells[0] == column) & (cells[1] == row)
                if there.any():
                    found.append(_face(axes, (column, row), (side, count), (own[there], x[there], y[there])))
    return Faces(side, tuple(found))


def _face(
    axes: np.ndarray, cell: tuple[int, int], sizes: tuple[int, int], taken: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> CubeFace:
    (side, count), (pixels, x, y) = sizes, taken
    half = side / (side - 2 * MARGIN) / count
    middle = (2 * cell[0] + 1) / count - 1, (2 * cell[1] + 1) / count - 1
    looked_up = np.stack([(x - middle[0]) / half, (middle[1] - y) / half], 1)
    return CubeFace(axes, middle, half, torch.from_numpy(pixels), torch.from_numpy(looked_up.astype(np.float32)))
