"""Titling: the titles that come and go in a shot: where each stands, and its letters at a moment.

A title keeps its place as long as a shot runs. Where other words are in its way it moves inwards along its edge, and is
set smaller where even that leaves no room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.film.canvas import Canvas
from render.film.words import ink
from render.film.words.breaking import LEADING, broken
from render.film.words.ground import Dress
from render.film.words.ink import Ink, line_ink, line_width, together
from render.film.words.layout import ASCENT, DESCENT, Box
from render.film.words.pieces import Face
from render.film.words.sheet import TITLE, Sheet
from render.scene.titles import TimedTitle
from render.scene.words import TextSettings
from render.stage.lens.tiles import CanvasBox

LINES = 3  # of a title whose own line breaks do not part it, at most
TALLEST = 0.4  # of the height between the margins
SHRINKING = (1.0, 0.85, 0.7, 0.55)  # of its size, until it has room
HALO = 0.26  # radius of the shade under letters / size
LEAST = 1.0  # pixels; smaller letters leave no mark


@dataclass(frozen=True)
class PlacedTitle:
    """A title where it stands."""

    timed: TimedTitle
    letters: Ink
    box: Box
    size: float
    shade: float = 0.0  # share of the shade that follows its letters
    dark: bool = True

    def draw(self, pixels: np.ndarray, clock: float, colour: str) -> None:
        """Draws it at a time of the scene's clock on a picture (H, W, 3) uint8, in place."""
        share = self.timed.title.presence(clock - self.timed.start, self.timed.whole)
        if share <= 0:
            return
        if self.shade:
            under = ink.halo(self.letters, HALO * self.size).faded(self.shade * share)
            ink.paint(pixels, under, "#000000" if self.dark else "#ffffff")
        ink.paint(pixels, self.letters.faded(share), colour)


def titled(
    titles: Sequence[TimedTitle], sheet: Sheet, taken: Sequence[Box]
) -> tuple[list[PlacedTitle], list[TimedTitle]]:
    """Returns titles where they stand on a sheet, off what is taken by other words, and those that have no room."""
    placed: list[PlacedTitle] = []
    lost: list[TimedTitle] = []
    for timed in titles:
        beside = [other.box for other in placed if _meet(timed, other.timed)]
        found = next((each for share in SHRINKING if (each := _placed(timed, sheet, share, [*taken, *beside]))), None)
        if found:
            placed.append(found)
        else:
            lost.append(timed)
    return placed, lost


def _meet(one: TimedTitle, other: TimedTitle) -> bool:
    """Whether two titles are there at one time."""
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]


def _placed(timed: TimedTitle, sheet: Sheet, share: float, taken: Sequence[Box]) -> PlacedTitle | None:
    title = timed.title
    face = sheet.face(TextSettings(place="lower-left", weight=title.weight))
    lines, size = _lines(title.text, face, share * title.size * TITLE * sheet.size, sheet)
    if size < LEAST:
        return None
    wide = max(line_width(line, face, size) for line in lines)
    high = (ASCENT + DESCENT + LEADING * 0.85 * (len(lines) - 1)) * size
    canvas = Canvas(sheet.width, sheet.height)
    box = canvas.free(title.place, (round(wide), round(high)), [CanvasBox(*each) for each in taken])
    if box is None:
        return None
    side = 0.5 if title.place.endswith("centre") else 1.0 if title.place.endswith("right") else 0.0
    inks = []
    for number, line in enumerate(lines):
        left = box.left + side * (wide - line_width(line, face, size))
        row = box.top + (ASCENT + LEADING * 0.85 * number) * size
        inks.append(line_ink(line, face, size).moved(round(left), round(row)))
    return PlacedTitle(timed, together(inks), Box(box.left, box.top, box.right, box.bottom), size)


def _lines(text: str, face: Face, size: float, sheet: Sheet) -> tuple[tuple[str, ...], float]:
    """Returns the lines of a title, and their size in pixels."""
    own = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(own) > 1:
        widest = max(line_width(line, face, 1.0) for line in own)
        return own, min(size, sheet.span / widest, TALLEST * sheet.tall / (LEADING * len(own)))
    return broken(" ".join(text.split()), face, size, (0.9 * sheet.span, TALLEST * sheet.tall), LINES)


def shaded(title: PlacedTitle, need: Dress) -> PlacedTitle:
    """Returns a title with the shade that its ground asks for."""
    share = max(need.upper, need.lower, need.shadow)
    return PlacedTitle(title.timed, title.letters, title.box, title.size, share, need.dark)
