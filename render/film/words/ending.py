"""The ending: what a film shows after its last shot, on its last picture, dimmed: credits, then the whole caption."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.film.words import ink
from render.film.words.breaking import LEADING, broken
from render.film.words.ink import Ink, line_ink, line_width, together
from render.film.words.pieces import Face
from render.film.words.sheet import TITLE, Sheet
from render.scene.titles import Credits
from render.scene.words import TextSettings
from render.stage.colour import decoded, encoded

DIMMED = 0.92  # share of the shade over the last picture
COMING = 0.5  # seconds in which it comes
FADE = 0.4  # seconds in which a card comes or goes
CREDIT = 1.25  # size of credits / size of the caption
ROW = 1.55  # distance of the baselines of credits / size
TALLEST = 0.86  # of the height between the margins, by the lines of a card
CARD_LINES = 24


@dataclass(frozen=True)
class Ending:
    """What is written after the last shot of a film."""

    sheet: Sheet
    colour: str  # of the words
    dark: bool  # whether the shade is black, else white
    credits: Credits | None
    closing: float  # seconds of the card with the caption
    title: str
    captions: tuple[str, ...]
    fps: float

    def draw(self, bare: np.ndarray, written: np.ndarray, after: float) -> np.ndarray:
        """Returns the picture so many seconds after the last shot, from it without words and with them."""
        come = min(1.0, after / COMING)
        pixels = _mixed(written, bare, min(1.0, after / FADE))
        ink.shade(pixels, np.full(len(pixels), DIMMED * come), 0.0 if self.dark else 1.0)
        words, share = self._words(after)
        if share > 0:
            ink.paint(pixels, words.faded(share), self.colour)
        return pixels

    def _words(self, after: float) -> tuple[Ink, float]:
        """Returns the letters at a time after the last shot, and how much of them is there."""
        seconds = self.credits.seconds if self.credits else 0.0
        if self.credits and after < seconds:
            if self.credits.manner == "rolling":
                return self._rolled(after / seconds), 1.0
            return self._standing(), _presence(after - FADE, seconds - FADE)
        return self._card(), _presence(after - (seconds or FADE), self.closing, last=True)

    @property
    def _face(self) -> Face:
        return self.sheet.face(TextSettings(place="lower-left", weight="regular"))

    def _size(self) -> float:
        """Returns the size of credits, which fit the picture."""
        assert self.credits
        widest = max((line_width(line, self._face, 1.0) for line in self.credits.lines), default=1e-9)
        size = min(CREDIT * self.sheet.size, self.sheet.span / max(widest, 1e-9))
        if self.credits.manner == "standing":
            size = min(size, TALLEST * self.sheet.tall / (ROW * len(self.credits.lines)))
        return size

    def _column(self, first: float, size: float, lines: Sequence[str]) -> Ink:
        """Returns lines one under the other around the middle, the first with its baseline at a row."""
        middle, found = self.sheet.width / 2, []
        for number, line in enumerate(lines):
            row = first + ROW * size * number
            if line and -size < row < self.sheet.height + size:
                left = middle - line_width(line, self._face, size) / 2
                found.append(line_ink(line, self._face, size).moved(round(left), math.floor(row + 0.5)))
        return together(found)

    def _standing(self) -> Ink:
        assert self.credits
        size = self._size()
        high = ROW * size * (len(self.credits.lines) - 1)
        return self._column((self.sheet.height - high) / 2 + 0.36 * size, size, self.credits.lines)

    def _rolled(self, share: float) -> Ink:
        """Returns credits on their way up; whole pixels from frame to frame, so that no letter trembles."""
        assert self.credits
        size = self._size()
        way = self.sheet.height + ROW * size * len(self.credits.lines)
        frames = max(1.0, self.credits.seconds * self.fps)
        step = max(1, round(way / frames))
        return self._column(self.sheet.height + size - step * round(share * frames), size, self.credits.lines)

    def _card(self) -> Ink:
        """Returns the title over the whole caption."""
        sheet, face = self.sheet, self._face
        heading = sheet.face(TextSettings(place="lower-left", weight="medium"))
        large = min(TITLE * sheet.size, sheet.span / max(line_width(self.title, heading, 1.0), 1e-9))
        room = sheet.span, TALLEST * sheet.tall / (1 + len(self.captions))
        found = [broken(text, face, sheet.size, room, CARD_LINES) for text in self.captions]
        size = min([sheet.size, *(each for _, each in found)])
        paragraphs = [broken(text, face, size, room, CARD_LINES)[0] for text in self.captions]
        rows = sum(map(len, paragraphs)) * LEADING * size + (len(paragraphs) - 1) * size
        row = (sheet.height - rows - 2 * large) / 2 + large
        inks = [line_ink(self.title, heading, large).moved(sheet.left, round(row))]
        row += 1.4 * large
        for paragraph in paragraphs:
            for line in paragraph:
                inks.append(line_ink(line, face, size).moved(sheet.left, round(row)))
                row += LEADING * size
            row += size
        return together(inks)


def _presence(time: float, seconds: float, *, last: bool = False) -> float:
    """Returns how much of a card is there at a time of its own; the last one stays."""
    go = 1.0 if last else (seconds - time) / FADE
    share = max(0.0, min(1.0, time / FADE, go))
    return share * share * (3 - 2 * share)


def _mixed(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """Returns a picture between two, in linear light."""
    if share >= 1:
        return second.copy()
    light = decoded(first)
    return encoded(light + share * (decoded(second) - light))
