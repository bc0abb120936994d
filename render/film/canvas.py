"""The canvas: a frame in pixels, and the rectangles on it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from render.stage.lens.tiles import CanvasBox

SAFE = 0.05  # margin that no word enters / width or height of the frame


@dataclass(frozen=True)
class Canvas:
    """A frame, with so many panels side by side."""

    width: int
    height: int
    count: int = 1

    @property
    def panels(self) -> list[CanvasBox]:
        """The panels from left to right, alike but for a pixel."""
        edges = [round(panel * self.width / self.count) for panel in range(self.count + 1)]
        return [CanvasBox(left, 0, right, self.height) for left, right in itertools.pairwise(edges)]

    @property
    def safe(self) -> CanvasBox:
        """Where words stand, whatever a screen or a frame hides of the edges."""
        across, down = round(SAFE * self.width), round(SAFE * self.height)
        return CanvasBox(across, down, self.width - across, self.height - down)

    @property
    def aspect(self) -> float:
        """The width of a panel / its height."""
        return self.width / self.count / self.height
