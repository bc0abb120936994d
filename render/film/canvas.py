"""The canvas: a frame in pixels, and the rectangles on it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from render.stage.lens.tiles import CanvasBox

SAFE = 0.05  # margin that no word enters / width or height of the frame
GAP = 0.018  # between insets, and between them and words / shorter side of the frame
SHRINKING = (1.0, 0.92, 0.84, 0.76, 0.68, 0.6)  # of the size of insets, until all have room


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

    @property
    def gap(self) -> int:
        """Pixels between insets, and between them and words."""
        return max(2, round(GAP * min(self.width, self.height)))

    def insets(
        self, asked: Sequence[tuple[str, float, float]], taken: Sequence[CanvasBox]
    ) -> tuple[list[CanvasBox | None], float]:
        """Returns a rectangle for each inset, by its place, width and height in pixels, and by how much all shrank.

        None of them meets another one or what is taken, by words for instance; None stands for one without room.
        """
        best: tuple[list[CanvasBox | None], float] = [], 0.0
        for share in SHRINKING:
            found = self._laid([(place, share * width, share * height) for place, width, height in asked], taken)
            if None not in found:
                return found, share
            if len(found) - found.count(None) > len(best[0]) - best[0].count(None):
                best = found, share
        return best if best[0] else ([None] * len(asked), 1.0)

    def _laid(self, asked: Sequence[tuple[str, float, float]], taken: Sequence[CanvasBox]) -> list[CanvasBox | None]:
        found: list[CanvasBox | None] = []
        for place, width, height in asked:
            settled = [*taken, *(box for box in found if box)]
            size = max(1, round(width)), max(1, round(height))
            free = [box for way in self._ways(place) if (box := self.free(way, size, settled))]
            first = min(free, key=lambda box: box.top, default=None) if self._is_upright else next(iter(free), None)
            found.append(first)
        return found

    @property
    def _is_upright(self) -> bool:
        return self.height > self.width

    def _ways(self, place: str) -> list[str]:
        """Returns the places that are tried for an inset: the first free one is taken, or if upright the highest."""
        if place != "auto":
            return [place]
        if self._is_upright:
            return ["upper-left", "upper-right"]
        return ["upper-right", "upper-left", "lower-right", "lower-left"]

    def free(self, place: str, size: tuple[int, int], taken: Sequence[CanvasBox]) -> CanvasBox | None:
        """Returns the first free rectangle of a size from a place on, inwards along its edge; None where none is."""
        safe, (width, height) = self.safe, size
        side = "centre" if place.endswith("centre") else "right" if place.endswith("right") else "left"
        left = {"left": safe.left, "right": safe.right - width, "centre": (safe.left + safe.right - width) // 2}[side]
        upward = place.startswith("lower")
        middle = not upward and not place.startswith("upper")
        top = safe.bottom - height if upward else (self.height - height) // 2 if middle else safe.top
        while safe.top <= top and top + height <= safe.bottom and width <= safe.width:
            box = CanvasBox(left, top, left + width, top + height)
            hit = [other for other in taken if _near(box, other, self.gap)]
            if not hit:
                return box
            if upward:
                top = min(other.top for other in hit) - self.gap - height
            else:
                top = max(other.bottom for other in hit) + self.gap
        return None


def _near(box: CanvasBox, other: CanvasBox, gap: int) -> bool:
    """Whether a rectangle comes nearer to another one than a gap."""
    across = box.left < other.right + gap and other.left < box.right + gap
    return across and box.top < other.bottom + gap and other.top < box.bottom + gap
