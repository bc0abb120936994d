"""The chart: what insets are drawn with: words, lines, fields and pictures in a rectangle, as marks on a frame.

Marks that do not change while a shot runs are made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from render.film.furniture.strokes import stroke
from render.film.words import ink
from render.film.words.ink import Ink, line_ink, line_width, value_ink, value_width
from render.film.words.layout import Box
from render.film.words.pieces import Face
from render.stage.colour import decoded, encoded

LINE = 0.075  # width of a fine line / size of the letters
MAIN = 0.15  # width of a curve / size
BETWEEN = 0.8  # clear space between the words at both sides of a heading / size
WIDEST = "0.0000"  # value that a heading has room for, so that its size stays as values change
FAINT = 0.45  # opacity of axes beside words


@dataclass(frozen=True)
class Style:
    """What the marks of a shot's insets have in common."""

    face: Face
    ink: str  # colour of words and lines
    accent: str  # colour of what is pointed out
    letters: float  # size of words, pixels
    quiet: float = 1.0  # opacity of words beside the values


@dataclass(frozen=True)
class Picture:
    """Codes that fill a rectangle."""

    box: Box
    codes: np.ndarray  # (h, w, 3) uint8, as large as the box


@dataclass(frozen=True)
class InkMark:
    """Ink of a colour."""

    ink: Ink
    colour: str


@dataclass
class InsetMarks:
    """The marks of an inset, in the order in which they are laid."""

    marks: list[InkMark | Picture] = field(default_factory=list)

    def add(self, *marks: InkMark | Picture) -> None:
        """Takes further marks."""
        self.marks.extend(marks)

    def lay(self, pixels: np.ndarray, share: float) -> None:
        """Lays all marks on pixels (H, W, 3) uint8, in place, by a share of their opacity."""
        for mark in self.marks:
            if isinstance(mark, Picture):
                _lay_picture(pixels, mark, share)
            else:
                ink.paint(pixels, mark.ink if share >= 1 else mark.ink.faded(share), mark.colour)


def _lay_picture(pixels: np.ndarray, picture: Picture, share: float) -> None:
    left, top, right, bottom = picture.box
    part = pixels[top:bottom, left:right]
    codes = picture.codes[: part.shape[0], : part.shape[1]]
    if share >= 1:
        part[:] = codes
    else:
        ground = decoded(part)
        part[:] = encoded(ground + share * (decoded(codes) - ground))


@dataclass(frozen=True)
class InsetChart:
    """A rectangle of the picture that an inset is drawn in."""

    box: Box
    style: Style

    @property
    def size(self) -> float:
        """Size of the letters, pixels."""
        return self.style.letters

    @property
    def line(self) -> float:
        """Width of a fine line, pixels."""
        return max(0.7, LINE * self.size)

    @property
    def heading(self) -> Box:
        """The line of words at the top."""
        return self.box._replace(bottom=self.box.top + round(1.5 * self.size))

    @property
    def body(self) -> Box:
        """What is left under the heading."""
        return self.box._replace(top=self.heading.bottom)

    def head(self, left: str, right: str = "") -> list[InkMark]:
        """Returns the words of the heading; those at the right keep their figures in equal cells."""
        row, share = self.heading_row, self.fitting(left, right)
        found = [self.words(left, self.box.left, row, size=share)]
        if right:
            value = value_ink(right, share * self.size, self.style.face)
            found.append(InkMark(value.moved(self.box.right, row), self.style.ink))
        return found

    @property
    def heading_row(self) -> int:
        """The row of the baseline of the heading."""
        return self.box.top + round(0.95 * self.size)

    def fitting(self, left: str, right: str) -> float:
        """Returns the size of words at both sides of a heading, 1 at most, at which they keep apart."""
        value = max(value_width(text, 100.0, self.style.face) for text in (right, WIDEST if right else ""))
        wide = self.wide(left) + (BETWEEN * self.size if right else 0.0) + value / 100 * self.size
        return min(1.0, (self.box.right - self.box.left) / max(wide, 1e-9))

    def words(self, text: str, column: float, row: float, side: float = 0.0, size: float = 1.0) -> InkMark:
        """Returns words with their baseline at a row; side: share of their width that lies left of the column."""
        letters = size * self.size
        left = column - side * line_width(text, self.style.face, letters)
        made = line_ink(text, self.style.face, letters).moved(round(left), round(row))
        return InkMark(made.faded(self.style.quiet), self.style.ink)

    def wide(self, text: str, size: float = 1.0) -> float:
        """Returns the width of words, pixels."""
        return line_width(text, self.style.face, size * self.size)

    def lines(
        self, points: Sequence[tuple[float, float]] | np.ndarray, width: float = 1.0, colour: str = ""
    ) -> InkMark:
        """Returns a line through points, in widths of a fine line, in full ink or in a colour."""
        made = stroke(np.asarray(points, float), width * self.line)
        return InkMark(made, colour or self.style.ink)

    def faint(self, points: Sequence[tuple[float, float]] | np.ndarray, width: float = 1.0) -> InkMark:
        """Returns a line that stands back."""
        made = self.lines(points, width)
        return replace(made, ink=made.ink.faded(FAINT))

    def fill(self, box: tuple[float, float, float, float], colour: str = "", opacity: float = 1.0) -> InkMark:
        """Returns a filled rectangle with exact edges: left, top, right, bottom."""
        return InkMark(rectangle(box).faded(opacity), colour or self.style.ink)

    def dot(self, place: tuple[float, float], diameter: float, colour: str = "") -> InkMark:
        """Returns a disc around a place, its diameter in sizes."""
        spot = ink.dot(max(2.0, diameter * self.size))
        return InkMark(spot.moved(round(place[0]), round(place[1])), colour or self.style.accent)


def rectangle(box: tuple[float, float, float, float]) -> Ink:
    """Returns a rectangle as ink: a pixel that it covers in part is covered by that part."""
    left, top, right, bottom = box
    columns, rows = (np.arange(int(np.floor(a)), int(np.ceil(b))) for a, b in ((left, right), (top, bottom)))
    across = np.clip(np.minimum(columns + 1, right) - np.maximum(columns, left), 0, 1)
    down = np.clip(np.minimum(rows + 1, bottom) - np.maximum(rows, top), 0, 1)
    cover = down[:, None] * across[None, :]
    found_rows, found_columns = np.nonzero(cover > 1e-6)
    return Ink(
        rows[found_rows] if len(rows) else np.empty(0, int),
        columns[found_columns] if len(columns) else np.empty(0, int),
        cover[found_rows, found_columns],
    )


def enlarged(codes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns a picture (h, w, 3) uint8 at a size in pixels, its cells with sharp edges at their exact places.

    A pixel that several cells share has their mean, in linear light.
    """
    width, height = size
    light = decoded(codes)
    down, across = (_shares(count, length) for count, length in ((codes.shape[0], height), (codes.shape[1], width)))
    rows = (down @ light.reshape(len(light), -1)).reshape(height, codes.shape[1], 3)
    return encoded(np.matmul(across, rows))


@lru_cache(maxsize=64)
def _shares(count: int, length: int) -> np.ndarray:
    """Returns how much of each of so many pixels each of so many cells has, (length, count)."""
    edges = np.arange(length + 1) * count / length
    cells = np.arange(count)
    shared = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    return np.clip(shared, 0, None) * length / count
