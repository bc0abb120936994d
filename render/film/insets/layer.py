"""The layer of insets: where those of a shot stand, what makes them readable there, and their marks at each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from render.film.canvas import Canvas
from render.film.insets import curves, example, first_layer, gradient
from render.film.insets import map as maps
from render.film.insets.chart import Chart, Drawn, Style, rectangle
from render.film.insets.telling import Telling
from render.film.words import ink
from render.film.words.ground import Behind, Dress, dressed, ends_of
from render.film.words.layout import Box
from render.film.words.sheet import Sheet
from render.scene.insets import (
    WIDTH,
    CurvesInset,
    ExampleInset,
    FirstLayerInset,
    GradientInset,
    InsetSettings,
    MapInset,
)
from render.stage.lens.tiles import CanvasBox

FADE = 0.4  # seconds in which an inset comes or goes
PAD = 0.55  # of the shade under an inset, beyond it / size of its letters
LEAST = 60  # pixels of the width of an inset; a smaller one cannot be read
WIDEST = 0.47  # of the width between the margins, so that two stand beside each other


class Drawing(Protocol):
    """An inset in its rectangle."""

    def still(self) -> Drawn:
        """Returns the marks that do not change while the shot runs."""

    def moving(self, time: float) -> Drawn:
        """Returns the marks at a time of the shot, seconds."""


INSETS: dict[type, tuple[type[Any], float]] = {  # what draws each, and its height / width
    CurvesInset: (curves.Curves, curves.RATIO),
    FirstLayerInset: (first_layer.FirstLayer, first_layer.RATIO),
    GradientInset: (gradient.Gradient, gradient.RATIO),
    ExampleInset: (example.Example, example.RATIO),
    MapInset: (maps.PlaneMap, maps.RATIO),
}


@dataclass(frozen=True)
class PlacedInset:
    """An inset of a shot where it stands."""

    settings: InsetSettings
    drawing: Drawing
    chart: Chart
    shade: float  # share of the shade under it
    dark: bool

    @cached_property
    def still(self) -> Drawn:
        """The marks that do not change."""
        return self.drawing.still()

    def presence(self, time: float, duration: float) -> float:
        """Returns how much of it is there at a time of a shot of a duration, seconds."""
        come = 1.0 if self.settings.show <= 0 else (time - self.settings.show) / FADE
        hide = self.settings.hide
        go = 1.0 if hide is None or hide >= duration else (hide - time) / FADE
        share = max(0.0, min(1.0, come, go))
        return share * share * (3 - 2 * share)

    def draw(self, pixels: np.ndarray, time: float, duration: float) -> None:
        """Draws it on a picture (H, W, 3) uint8, in place."""
        share = self.presence(time, duration)
        if share <= 0:
            return
        if self.shade:
            pad, box = PAD * self.chart.size, self.chart.box
            under = rectangle((box.left - pad, box.top - pad, box.right + pad, box.bottom + pad))
            ink.paint(pixels, under.faded(self.shade * share), "#000000" if self.dark else "#ffffff")
        self.still.lay(pixels, share)
        self.drawing.moving(time).lay(pixels, share)


@dataclass(frozen=True)
class InsetLayer:
    """The insets of a shot."""

    placed: tuple[PlacedInset, ...] = ()
    left_out: tuple[str, ...] = ()  # kinds that had no room
    duration: float = 0.0

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The pixels that they need."""
        return tuple(each.chart.box for each in self.placed)

    def draw(self, pixels: np.ndarray, time: float) -> None:
        """Draws all of them at a time of the shot on a picture (H, W, 3) uint8, in place."""
        for each in self.placed:
            each.draw(pixels, time, self.duration)


def layer_of(
    asked: Sequence[tuple[InsetSettings, Telling]],
    sheet: Sheet,
    dress: Dress,
    taken: Sequence[Box],
    pictures: Sequence[np.ndarray],
) -> InsetLayer:
    """Returns the insets of a shot, off what is taken by words.

    pictures: (H, W, 3) uint8 of some moments without words, as large as the sheet or smaller.
    """
    if not asked:
        return InsetLayer()
    boxes = boxes_of([settings for settings, _ in asked], sheet, taken)
    placed, lost = [], []
    for (settings, told), box in zip(asked, boxes, strict=True):
        if box is None or box.right - box.left < LEAST:
            lost.append(getattr(settings, "kind", "inset"))
            continue
        shade = shade_of(box, sheet, dress, pictures)
        style = Style(sheet.text, dress.ink, told.take.look.path.colour)
        chart = Chart(box, style)
        drawing = INSETS[type(settings)][0](settings, told, chart)
        placed.append(PlacedInset(settings, drawing, chart, max(shade.upper, shade.lower), shade.dark))
    return InsetLayer(tuple(placed), tuple(lost), asked[0][1].take.shot.duration)


def boxes_of(asked: Sequence[InsetSettings], sheet: Sheet, taken: Sequence[Box]) -> list[Box | None]:
    """Returns where insets stand on a sheet, off what is taken; None for one that has no room."""
    canvas = Canvas(sheet.width, sheet.height)
    sizes = []
    for settings in asked:
        wide = min(
            settings.size * WIDTH * min(sheet.width, sheet.height), max(WIDEST, settings.size * WIDEST) * sheet.span
        )
        wide = min(wide, sheet.span)
        sizes.append((settings.place, wide, wide * INSETS[type(settings)][1]))
    found, _ = canvas.insets(sizes, [CanvasBox(*box) for box in taken])
    return [None if box is None else Box(box.left, box.top, box.right, box.bottom) for box in found]


def shade_of(box: Box, sheet: Sheet, dress: Dress, pictures: Sequence[np.ndarray]) -> Dress:
    """Returns the shade that words of the ink of a dress need in a box."""
    seen = []
    for picture in pictures:
        share = picture.shape[0] / sheet.height
        small = Box(*(round(edge * share) for edge in box))
        seen.append(ends_of([picture], [small]))
    known = [ends for ends in seen if ends]
    if not known:
        return Dress(dress.ink)
    ends = min(low for low, _ in known), max(high for _, high in known)
    return dressed(Behind(ends, None), dress.ink, asked=True)
