"""The first layer: the weights of each unit as a picture of what it looks at, at the current step.

All share one scale, from the largest weight of the whole run: nothing brightens because a frame has another scale.
"""

from __future__ import annotations

import math

import numpy as np

from render.film.insets.inset_chart import InsetChart, InsetMarks, Picture, enlarged
from render.film.insets.telling import Told
from render.film.words.figures import short_loss
from render.film.words.layout import Box
from render.scene.insets import FirstLayerInset
from render.scene.words import say
from render.stage.colour import encoded, from_oklab, linear_of, to_oklab

BETWEEN = 0.14  # of the side of a picture, between two
WHOLE = 0.995  # of all weights of the run, that the scale holds; few are far larger than the rest
BRIGHT, DEEP = 0.82, 0.45  # lightness of full colours, on dark and on pale ground
DARK, PALE = "#161616", "#f2f2f2"  # of a weight of zero, on dark and on pale ground


class FirstLayer:
    """The pictures of a shot's first layer."""

    def __init__(self, settings: FirstLayerInset, told: Told, chart: InsetChart):
        self._told, self._chart = told, chart
        self._weights = pictures_of(told.chronicle.weights[:, : settings.units])
        sizes = np.abs(self._weights)
        self._most = max(float(np.quantile(sizes, WHOLE)) if sizes.size else 0.0, 1e-30)
        self._clipped = bool((sizes > self._most).any())
        count, high, wide = self._weights.shape[1], *self._weights.shape[2:4]
        self._cells = cells(self._chart.body, count, wide / high, self._chart.size)
        look = told.look
        pale = is_pale(chart.style.ink)
        colours = (to_oklab(linear_of(colour)) for colour in (look.sky.colour, look.path.colour))
        self._ends = tuple(np.array([BRIGHT if pale else DEEP, a, b]) for _, a, b in colours)
        self._zero = to_oklab(linear_of(DARK if pale else PALE))

    def still(self) -> InsetMarks:
        """Returns the words that stay."""
        return InsetMarks()

    def moving(self, time: float) -> InsetMarks:
        """Returns the pictures at the current step."""
        place, drawn = self._told.places(time)[0], InsetMarks()
        drawn.add(*self._chart.head(say(self._told.language, "first layer"), self._scale()))
        shown = self._weights[place]
        codes = self.coloured(shown.reshape(-1, *shown.shape[2:])).reshape(*shown.shape[:3], 3)
        for own, box in zip(codes, self._cells, strict=False):
            drawn.add(Picture(box, enlarged(own, (box.right - box.left, box.bottom - box.top))))
        return drawn

    def _scale(self) -> str:
        """Returns what full colour stands for, and whether larger weights have it as well."""
        most = short_loss(self._most)
        return say(self._told.language, "clipped at", most) if self._clipped else f"±{most}"

    def coloured(self, weights: np.ndarray) -> np.ndarray:
        """Returns weights (h, w), or (h, w, 3) of three colours around a middle grey, as codes (h, w, 3) uint8."""
        share = np.clip(weights / self._most, -1, 1)
        if share.ndim == 3:
            return np.rint(127.5 + 127.5 * share).astype(np.uint8)
        low, high = self._ends
        towards = np.where(share[..., None] < 0, low, high)
        return encoded(from_oklab(self._zero + np.abs(share)[..., None] * (towards - self._zero)))


def is_pale(colour: str) -> bool:
    """Whether an ink is paler than the ground that it is read on."""
    return float(to_oklab(linear_of(colour))[0]) > 0.6


def pictures_of(weights: np.ndarray) -> np.ndarray:
    """Returns weights (T, U, ...) as pictures (T, U, h, w), or (T, U, h, w, 3) where they look at three colours.

    What looks at a row of numbers is a row, or a square where the numbers are those of one of at least six by six.
    """
    if weights.ndim == 5:
        steps, units, channels, high, wide = weights.shape
        if channels == 3:
            return np.moveaxis(weights, 2, -1)
        return weights[:, :, 0] if channels == 1 else weights.reshape(steps, units, channels * high, wide)
    steps, units, count = weights.shape
    side = math.isqrt(count)
    square = side * side == count and side >= 6
    return weights.reshape(steps, units, side, side) if square else weights.reshape(steps, units, 1, count)


def cells(room: Box, count: int, aspect: float, size: float) -> list[Box]:
    """Returns where so many pictures of an aspect (width / height) are largest in a room, row by row."""
    wide, high = room.right - room.left, room.bottom - room.top - round(0.2 * size)
    best = max(range(1, count + 1), key=lambda columns: _side(wide, high, count, columns, aspect))
    side = _side(wide, high, count, best, aspect)
    whole = max(1, math.floor(side)), max(1, math.floor(side / aspect))
    between = max(1, round(BETWEEN * min(whole)))
    return [
        Box(left, top, left + whole[0], top + whole[1])
        for left, top in (
            (
                room.left + (number % best) * (whole[0] + between),
                room.top + round(0.2 * size) + (number // best) * (whole[1] + between),
            )
            for number in range(count)
        )
    ]


def _side(wide: float, high: float, count: int, columns: int, aspect: float) -> float:
    """Returns the width of a picture where so many stand in so many columns."""
    rows = math.ceil(count / columns)
    across = wide / (columns + BETWEEN * (columns - 1))
    down = high / (rows + BETWEEN * (rows - 1)) * aspect
    return min(across, down)
