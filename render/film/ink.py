"""Letters as covered pixels: what words become before they meet a picture.

A line is rendered four times larger and averaged, so that its letters stand where the type designer spaced them and
not on the nearest pixel, and its coverage is mixed with the picture in linear light. Figures of values share one
advance, so nothing jitters from frame to frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from render.files import asset

TEXT = "fonts/Inter-Regular.otf"
DISPLAY = "fonts/InterDisplay-Medium.otf"
FIGURES = "0123456789\u2007"  # with the space that is as wide as a digit
SUPERSAMPLING = 4
VEILED = 0.88  # of the light, where a veil lies in full
DARK = 0.18  # linear light; a colour below it is read on white

_CODES = np.arange(256) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4)  # (256,) light of a code


@dataclass(frozen=True)
class Ink:
    """The pixels that letters cover."""

    rows: np.ndarray  # (N,)
    columns: np.ndarray  # (N,)
    coverage: np.ndarray  # (N,) 0 to 1

    def moved(self, column: int, row: int) -> Ink:
        """Returns the same ink, farther right and down."""
        return Ink(self.rows + row, self.columns + column, self.coverage)

    def faded(self, opacity: float) -> Ink:
        """Returns the same ink, thinner."""
        return Ink(self.rows, self.columns, self.coverage * opacity)

    def within(self, width: int, height: int) -> Ink:
        """Returns the part that lies in a frame."""
        inside = (self.rows >= 0) & (self.rows < height) & (self.columns >= 0) & (self.columns < width)
        return Ink(self.rows[inside], self.columns[inside], self.coverage[inside])


def together(inks: Sequence[Ink]) -> Ink:
    """Returns several inks, which must not overlap, as one."""
    if not inks:
        return Ink(np.empty(0, int), np.empty(0, int), np.empty(0))
    parts = zip(*((ink.rows, ink.columns, ink.coverage) for ink in inks), strict=True)
    return Ink(*(np.concatenate(part) for part in parts))


@lru_cache(maxsize=512)
def line_ink(text: str, face: str, size: float) -> Ink:
    """Returns a line of text of a size in pixels, its baseline in row 0 and its first letter at column 0."""
    font, scale = _font(face, size * SUPERSAMPLING), SUPERSAMPLING
    left, top, right, bottom = (math.floor(edge / scale) - 1 for edge in font.getbbox(text, anchor="ls"))
    canvas = Image.new("L", ((right - left + 3) * scale, (bottom - top + 3) * scale))
    ImageDraw.Draw(canvas).text((-left * scale, -top * scale), text, fill=255, font=font, anchor="ls")
    tiles = np.asarray(canvas, np.float64).reshape(canvas.height // scale, scale, canvas.width // scale, scale)
    coverage = tiles.mean(axis=(1, 3)) / 255
    rows, columns = np.nonzero(coverage)
    return Ink(rows + top, columns + left, coverage[rows, columns])


def line_width(text: str, face: str, size: float) -> float:
    """Returns the advance of a line in pixels."""
    return _font(face, 256.0).getlength(text) * size / 256


def value_ink(text: str, size: float) -> Ink:
    """Returns a value whose last cell ends at column 0; every digit stands in the middle of an equal cell."""
    column, inks = 0, []
    for letter in reversed(text):
        cell = _cell(letter, size)
        column -= cell
        inks.append(line_ink(letter, TEXT, size).moved(column + round((cell - line_width(letter, TEXT, size)) / 2), 0))
    return together(inks)


@lru_cache(maxsize=32)
def dot(diameter: float) -> Ink:
    """Returns a disc of a diameter in pixels, its middle in row 0 and column 0."""
    reach, fine = math.ceil(diameter / 2) + 1, SUPERSAMPLING * 2
    places = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    inside = (places[:, None] ** 2 + places**2 <= (diameter / 2) ** 2).astype(np.float64)
    coverage = inside.reshape(2 * reach + 1, fine, 2 * reach + 1, fine).mean(axis=(1, 3))
    rows, columns = np.nonzero(coverage)
    return Ink(rows - reach, columns - reach, coverage[rows, columns])


def value_width(text: str, size: float) -> int:
    """Returns the width of a value in whole pixels."""
    return sum(_cell(letter, size) for letter in text)


@lru_cache(maxsize=512)
def _cell(letter: str, size: float) -> int:
    """Returns the advance of one character of a value, in whole pixels so that a digit looks alike wherever it is."""
    letters = FIGURES if letter in FIGURES else letter
    return round(max(line_width(each, TEXT, size) for each in letters))


def paint(pixels: np.ndarray, ink: Ink, colour: str) -> None:
    """Mixes ink of a colour into pixels (H, W, 3) uint8, in place."""
    ink = ink.within(pixels.shape[1], pixels.shape[0])
    ground = _LINEAR[pixels[ink.rows, ink.columns]]
    light = _LINEAR[list(ImageColor.getrgb(colour)[:3])]
    pixels[ink.rows, ink.columns] = _codes(ground + (light - ground) * ink.coverage[:, None])


def _codes(light: np.ndarray) -> np.ndarray:
    codes = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(codes * 255).astype(np.uint8)


def veiled(pixels: np.ndarray, start: int, full: int, colour: str) -> np.ndarray:
    """Returns pixels (H, W, 3) uint8 with a veil that grows from the row start to the row full and lies below it.

    It is black under a light colour and white under a dark one.
    """
    share = np.clip((np.arange(len(pixels)) - start) / max(1, full - start), 0, 1)
    share = VEILED * share**2 * (3 - 2 * share)
    light = _LINEAR[list(ImageColor.getrgb(colour)[:3])]
    ground = _LINEAR[pixels]
    ground += (float(light.mean() < DARK) - ground) * share[:, None, None]
    return _codes(ground)


def undrawable(text: str) -> str:
    """Returns the characters of text that the fonts have no letter for."""
    font = _font(TEXT, 32.0)
    absent = bytes(font.getmask("\uffff"))
    return "".join(letter for letter in dict.fromkeys(text) if bytes(font.getmask(letter)) == absent)


@lru_cache(maxsize=32)
def _font(face: str, size: float) -> ImageFont.FreeTypeFont:
    """Returns a bundled font at a size in pixels."""
    return ImageFont.truetype(asset(face), size)
