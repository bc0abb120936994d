"""Exposing: the panels of a take, drawn tile by tile onto a plate.

A driver that fails returns an empty picture and says nothing; so where a tile comes back empty, a small picture of the
whole panel is asked whether anything should be there.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from render.errors import MachineError
from render.film.canvas import Canvas
from render.film.take import Take
from render.progress import Reporter
from render.scene.printing import Print
from render.stage.camera import View
from render.stage.lens.lens import Exposure
from render.stage.lens.tiles import CanvasBox, CanvasTile, tile_size, tiles
from render.stage.stage import Stage

MOST_SIDE = 2048  # pixels along a side of a tile; with 2 × 2 sub-pixels it takes about 1.5 GB while it is drawn
MARGIN = 8  # pixels around a tile, for what looks at its neighbours
FINE, FINE_PIXELS = 3, 40_000_000  # sub-pixels along the side of a pixel, in prints of at most so many pixels
COARSE = 2  # in larger ones
SEEN = 0.01  # share of an empty tile that a small picture may show covered, along the outline of the object
INSET = 2.0  # pixels of the small picture at the edges of a tile that are not asked


class Taking(Protocol):
    """What tiles are laid on: a plate, or what takes the passes of a picture."""

    @property
    def factor(self) -> int:
        """What the pixels of a tile are multiples of."""

    @property
    def layered(self) -> bool:
        """Whether it takes what a tile is made of."""

    def take_up(self, tile: CanvasTile) -> bool:
        """Whether a tile is there already."""

    def put(self, tile: CanvasTile, exposure: Exposure) -> None:
        """Lays the pixels that a tile gives down."""

    def forget(self) -> None:
        """Lets go of the memory that need not be held."""


def expose(plate: Taking, take: Take, time: float, printed: Print, reporter: Reporter, most: int = MOST_SIDE) -> None:
    """Draws every panel of a take at a time of its shot, seconds, onto the plate; what is there already is kept."""
    view, areas = take.view(time), areas_of(printed, len(take.pictures))
    whole = [list(tiles(canvas, most, MARGIN, plate.factor)) for canvas, _ in areas]
    left = [[tile for tile in own if not plate.take_up(tile)] for own in whole]
    count, wanted = (sum(map(len, each)) for each in (whole, left))
    if wanted < count:
        reporter.say(f"{count - wanted} of {count} tiles of the print are there from an earlier start")
    with reporter.task("drawing the print", total=wanted, unit="tiles") as task:
        for shown, area, own in zip(take.pictures, areas, left, strict=True):
            if not own:  # its light need not be baked
                continue
            size = tile_size(area[0], most, MARGIN, plate.factor)
            stage = _stage(take, shown, time, size, area[1])
            try:
                overview = functools.cache(functools.partial(_overview, stage, view, size[0] / size[1], area))
                for tile in own:
                    exposure = stage.expose(view, tile.drawn.crop(area[1]), layered=plate.layered)
                    if exposure.is_empty:
                        _require_empty(tile, overview())
                    plate.put(tile, exposure)
                    plate.forget()
                    task.advance(1)
            finally:
                stage.close()


def areas_of(printed: Print, panels: int) -> list[tuple[CanvasBox, CanvasBox]]:
    """Returns of every panel what it covers of the print, its share of the bleed with it, and the picture in it."""
    bleed, areas = printed.bleed, []
    for number, panel in enumerate(Canvas(*printed.trim, panels).panels):
        own = panel.moved(bleed, bleed)
        left, right = own.left - bleed * (number == 0), own.right + bleed * (number == panels - 1)
        areas.append((CanvasBox(left, 0, right, own.bottom + bleed), own))
    return areas


def factor_of(size: tuple[int, int]) -> int:
    """Returns the sub-pixels along the side of a pixel in a picture of a print."""
    return FINE if size[0] * size[1] <= FINE_PIXELS else COARSE


def _stage(take: Take, shown: Sequence[int], time: float, size: tuple[int, int], picture: CanvasBox) -> Stage:
    factor = factor_of((picture.width, picture.height))
    stage = take.stage(shown, size, factor, picture.height)
    panels = [take.panels[number] for number in shown]
    stage.show_paths([take.trails(each, time) for each in panels], [take.strands(each, time) for each in panels])
    return stage


@dataclass(frozen=True)
class _Overview:
    """A small picture of a whole panel."""

    alpha: Tensor  # (h, w) share of each of its pixels that the object covers
    box: CanvasBox  # what it shows of the print

    def covered(self, tile: CanvasTile) -> float:
        """Returns the share of a tile that is covered, but for its edges."""
        scale = self.alpha.shape[1] / self.box.width
        left, right = ((x - self.box.left) * scale for x in (tile.kept.left, tile.kept.right))
        top, bottom = ((y - self.box.top) * scale for y in (tile.kept.top, tile.kept.bottom))
        seen = self.alpha[int(top + INSET) : int(bottom - INSET), int(left + INSET) : int(right - INSET)]
        return float(seen.mean()) if seen.numel() else 0.0


def _overview(stage: Stage, view: View, aspect: float, areas: tuple[CanvasBox, CanvasBox]) -> _Overview:
    canvas, picture = areas
    box = _enclosing(canvas, aspect)
    return _Overview(stage.expose(view, box.crop(picture)).cover, box)


def _require_empty(tile: CanvasTile, overview: _Overview) -> None:
    """Raises MachineError where a small picture of the panel shows something in a tile that came back empty."""
    if overview.covered(tile) > SEEN:
        raise MachineError(
            "the graphics driver returned an empty tile where the print has something; run the command again, or "
            "print with fewer --dpi"
        )


def _enclosing(box: CanvasBox, aspect: float) -> CanvasBox:
    """Returns the smallest box around the middle of another that holds it, of an aspect (width / height)."""
    width = max(box.width, round(box.height * aspect))
    height = max(box.height, round(width / aspect))
    left, top = (box.left + box.right - width) // 2, (box.top + box.bottom - height) // 2
    return CanvasBox(left, top, left + width, top + height)
