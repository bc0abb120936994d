"""A contact sheet: pictures of one size side by side with even margins, each with its name beneath.

The ground is a middle grey, on which dark pictures and those on paper have an edge, and which tints neither.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.film.words.ink import TEXT, line_ink, paint
from render.stage.colour import decoded, encoded

GROUND = "#8e8e8d"
NAME = "#111214"  # on the ground 5.7 : 1
MARGIN = 0.05  # between pictures and around them / width of a picture
LETTERS, SMALLEST = 0.03, 9.0  # size of a name / width of a picture, and its least, pixels
FALL = 1.5  # from a picture down to the baseline of its name / size
LINE = 2.1  # height of the strip for a name / size
ASPECT = 1.6  # width / height that a sheet comes near to


@dataclass(frozen=True)
class ContactSheet:
    """Where pictures and their names stand, pixels."""

    picture: tuple[int, int]  # width and height of each
    columns: int
    count: int

    @property
    def letters(self) -> float:
        """The size of the names."""
        return max(SMALLEST, LETTERS * self.picture[0])

    @property
    def margin(self) -> int:
        """The space between pictures and around them."""
        return max(6, round(MARGIN * self.picture[0]))

    @property
    def step(self) -> tuple[int, int]:
        """From one picture to its neighbours at the right and beneath."""
        return self.picture[0] + self.margin, self.picture[1] + round(LINE * self.letters) + self.margin

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet."""
        right, down = self.step
        rows = -(-self.count // self.columns)
        return self.columns * right + self.margin, rows * down + self.margin

    def corner(self, index: int) -> tuple[int, int]:
        """Returns the column and row of a picture's upper left pixel."""
        row, column = divmod(index, self.columns)
        return self.margin + column * self.step[0], self.margin + row * self.step[1]

    def box(self, index: int) -> list[int]:
        """Returns left, top, width and height of a picture."""
        return [*self.corner(index), *self.picture]


def arranged(count: int, picture: tuple[int, int]) -> ContactSheet:
    """Returns the sheet of pictures of a size whose own shape comes nearest to ASPECT, with the fewest gaps."""
    sheets = [ContactSheet(picture, columns, count) for columns in range(1, count + 1)]
    return min(sheets, key=_unevenness)


def _unevenness(sheet: ContactSheet) -> float:
    """Returns how far a sheet is from its aim: the logarithm of its aspect, and the share of places left empty."""
    places = -(-sheet.count // sheet.columns) * sheet.columns
    return abs(math.log(sheet.size[0] / sheet.size[1] / ASPECT)) + (places - sheet.count) / places


def drawn(sheet: ContactSheet, pictures: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
    """Returns pictures (H, W, 3 or 4) uint8 with their names on the ground of a sheet, (H', W', 3) uint8."""
    width, height = sheet.size
    ground = np.array([int(GROUND[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)
    pixels = np.broadcast_to(ground, (height, width, 3)).copy()
    for index, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        left, top = sheet.corner(index)
        bottom = top + sheet.picture[1]
        part = pixels[top:bottom, left : left + sheet.picture[0]]
        part[:] = _over(picture, part)
        paint(pixels, line_ink(name, TEXT, sheet.letters).moved(left, bottom + round(FALL * sheet.letters)), NAME)
    return pixels


def _over(picture: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Returns a picture, which may have straight alpha, over a ground, in linear light."""
    if picture.shape[2] == 3:
        return picture
    share = picture[..., 3:] / 255
    return encoded(decoded(picture[..., :3]) * share + decoded(ground) * (1 - share))
