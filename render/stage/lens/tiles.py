"""Tiles: a picture larger than a window of the graphics library, drawn piece by piece by the camera itself.

A view shows the rectangle |x| ≤ aspect, |y| ≤ 1 of the plane one unit ahead of it, in half heights; a tile shows a
part of that very plane. With c its middle and h its half height there, a point at x lies at (x − c) / h in the tile,
so that the tangent of half the angle is narrowed by h, and the shift is (shift + c) / h. Nothing else changes: the
eye, the axes and the clipping range are those of the whole, so a depth means the same in every tile.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from render.stage.camera import View

Crop = tuple[float, float, float, float]  # x0, y0, x1, y1 in 0..1 of a picture, y downwards; beyond it outside 0..1
WHOLE_CROP: Crop = (0.0, 0.0, 1.0, 1.0)


def tile_of(view: View, crop: Crop, aspect: float) -> View:
    """Returns the view of a part of a picture of an aspect (width / height)."""
    x0, y0, x1, y1 = crop
    half = y1 - y0
    middle = aspect * (x0 + x1 - 1), 1 - y0 - y1
    tangent = math.tan(math.radians(view.angle) / 2) * half
    shift = (view.shift[0] + middle[0]) / half, (view.shift[1] + middle[1]) / half
    return replace(view, angle=2 * math.degrees(math.atan(tangent)), shift=shift)


@dataclass(frozen=True)
class CanvasBox:
    """A rectangle of pixels, its ends excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and its columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """Its width and its height."""
        return self.width, self.height

    def moved(self, right: int, down: int) -> CanvasBox:
        """Returns the box elsewhere."""
        return CanvasBox(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def grown(self, margin: int) -> CanvasBox:
        """Returns the box with a margin around it."""
        return CanvasBox(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)

    def within(self, other: CanvasBox) -> CanvasBox:
        """Returns the part that lies in another box."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return CanvasBox(left, top, max(left, min(self.right, other.right)), max(top, min(self.bottom, other.bottom)))

    def crop(self, picture: CanvasBox) -> Crop:
        """Returns where it lies in a picture that is a box too."""
        left, right = ((x - picture.left) / picture.width for x in (self.left, self.right))
        top, bottom = ((y - picture.top) / picture.height for y in (self.top, self.bottom))
        return left, top, right, bottom


@dataclass(frozen=True)
class CanvasTile:
    """A part of a canvas that is drawn at once: with a margin, of which neighbours take nothing."""

    kept: CanvasBox  # pixels of the canvas that it gives
    drawn: CanvasBox  # pixels of the canvas that it draws; every tile of a canvas draws as many

    @property
    def inner(self) -> tuple[slice, slice]:
        """Rows and columns of the kept pixels among the drawn ones."""
        top, left = self.kept.top - self.drawn.top, self.kept.left - self.drawn.left
        return slice(top, top + self.kept.height), slice(left, left + self.kept.width)


def tile_size(canvas: CanvasBox, most: int, margin: int, step: int = 1) -> tuple[int, int]:
    """Returns the width and height, pixels, of tiles of at most a side, so that few of them cover a canvas evenly.

    step: what the pixels that they give are multiples of, for which they may be larger by less than that.
    """
    kept = max(1, most - 2 * margin)
    even = (math.ceil(side / math.ceil(side / kept)) for side in (canvas.width, canvas.height))
    width, height = (math.ceil(side / step) * step for side in even)
    return width + 2 * margin, height + 2 * margin


def tiles(canvas: CanvasBox, most: int, margin: int, step: int = 1) -> Iterator[CanvasTile]:
    """Gives the tiles of a canvas, row by row; all draw the same number of pixels, the last ones beyond the canvas."""
    width, height = (side - 2 * margin for side in tile_size(canvas, most, margin, step))
    for top in range(canvas.top, canvas.bottom, height):
        for left in range(canvas.left, canvas.right, width):
            whole = CanvasBox(left, top, left + width, top + height)
            yield CanvasTile(whole.within(canvas), whole.grown(margin))
