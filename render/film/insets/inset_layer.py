"""The layer of insets: where those of a shot stand, what makes them readable there, and their marks at each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from render.film.insets import answer, first_layer, gradient_bars, plane_map, run_curves
from render.film.insets.inset_chart import InsetChart, InsetMarks, Style, rectangle
from render.film.insets.inset_room import boxes_of
from render.film.insets.telling import Told
from render.film.words import ink
from render.film.words.ground import CONTRAST, Behind, Dress, contrast, dressed, ends_of
from render.film.words.layout import Box
from render.film.words.sheet import Sheet
from render.scene.insets import (
    CurvesInset,
    ExampleInset,
    FirstLayerInset,
    GradientInset,
    InsetSettings,
    MapInset,
)

FADE = 0.4  # seconds in which an inset comes or goes
PAD = 0.55  # of the shade under an inset, beyond it / size of its letters
FLAG, FLAG_AWAY = 0.14, 0.45  # width of the stroke beside an inset, and how far from it it begins / size of its letters
LEAST = 48  # pixels of the width of an inset; a smaller one cannot be read
LEAST_SHADE = 0.8  # of a plate: one through which edges are seen would not be calm
SMALL, LARGE = 21.0, 16.5  # width of an inset / size of its letters, at most and at least
READABLE, CROWDED = 9.0, 10.0  # pixels of letters at least, where that leaves so many of them on a line


class InsetDrawing(Protocol):
    """An inset in its rectangle."""

    def still(self) -> InsetMarks:
        """Returns the marks that do not change while the shot runs."""

    def moving(self, time: float) -> InsetMarks:
        """Returns the marks at a time of the shot, seconds."""


INSETS: dict[type, type[Any]] = {  # what draws each
    CurvesInset: run_curves.Curves,
    FirstLayerInset: first_layer.FirstLayer,
    GradientInset: gradient_bars.GradientBars,
    ExampleInset: answer.Answer,
    MapInset: plane_map.PlaneMap,
}


@dataclass(frozen=True)
class PlacedInset:
    """An inset of a shot where it stands."""

    settings: InsetSettings
    drawing: InsetDrawing
    chart: InsetChart
    shade: float = 0.0  # share of the plate under it, where its ground is not quiet
    plate: str = ""  # its colour
    flag: str = ""  # colour of the stroke at its edge that says of which ball it tells; "" where there is none

    @cached_property
    def still(self) -> InsetMarks:
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
            ink.paint(pixels, under.faded(self.shade * share), self.plate)
        if self.flag:
            ink.paint(pixels, rectangle(flag_of(self.chart)).faded(share), self.flag)
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
    asked: Sequence[tuple[InsetSettings, Told]],
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
    boxes, share = boxes_of([settings for settings, _ in asked], (sheet.width, sheet.height), taken)
    placed, lost = [], []
    for (settings, told), box in zip(asked, boxes, strict=True):
        if box is None or box.right - box.left < LEAST:
            lost.append(getattr(settings, "kind", "inset"))
            continue
        need = shade_of(box, sheet, dress, pictures)
        wide = share * InsetSettings(size=settings.size).width(sheet.width, sheet.height)
        style = Style(sheet.text, dress.ink, told.look.path.colour, letters_of(wide, sheet.size))
        chart = InsetChart(box, style)
        drawing = INSETS[type(settings)](settings, told, chart)
        shade = max(need.upper, need.lower)
        under = plate_of(told.look.background.colour, need) if shade else ""
        shade = max(shade, LEAST_SHADE) if shade else 0.0
        placed.append(PlacedInset(settings, drawing, chart, shade, under, told.flag))
    return InsetLayer(tuple(placed), tuple(lost), asked[0][1].shot.duration)


def flag_of(chart: InsetChart) -> tuple[float, float, float, float]:
    """Returns the edges of the stroke beside an inset: left, top, right and bottom."""
    box, size = chart.box, chart.size
    return box.left - FLAG_AWAY * size, float(box.top), box.left - (FLAG_AWAY - FLAG) * size, float(box.bottom)


def letters_of(wide: float, usual: float) -> float:
    """Returns the size of the letters of an inset that would be so wide at full width, near that of captions."""
    return max(min(max(usual, wide / SMALL), wide / LARGE), min(READABLE, wide / CROWDED))


def plate_of(background: str, need: Dress) -> str:
    """Returns the colour of what is laid under an inset: that of the background where words are read on it."""
    if background.startswith("#"):
        own = float(ink.light_of(background) @ ink.LUMINANCE)
        if contrast(own, float(ink.light_of(need.ink) @ ink.LUMINANCE)) >= CONTRAST:
            return background
    return "#000000" if need.dark else "#ffffff"


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
