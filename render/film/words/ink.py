"""Letters as covered pixels: what words become before they meet a picture.

A line is rendered four times larger and averaged, so that its letters stand where the type designer spaced them and
not on the nearest pixel, and its coverage is mixed with the picture in linear light. Figures of values share one
advance, so nothing jitters from frame to frame. Emoji keep colours of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image, ImageColor, ImageDraw
from scipy.ndimage import gaussian_filter, map_coordinates

from render.film.words.pieces import Face, TextPiece, pieces
from render.stage.colour import LUMA, decoded, encoded

TEXT = Face("fonts/Inter-Regular.otf")
DISPLAY = Face("fonts/InterDisplay-Medium.otf")
FIGURES = "0123456789\u2007"  # with the space that is as wide as a digit
SUPERSAMPLING = 4
HALO = 5.0  # coverage of a halo / blurred coverage of its letters, so that thin strokes have one too
SEEN = 2.5  # contrast of a line with its ground, below which it changes to black or white
PALE = 0.18  # luminance of ground on which that is black
LUMINANCE = LUMA


@dataclass(frozen=True)
class Ink:
    """The pixels that letters cover."""

    rows: np.ndarray  # (N,)
    columns: np.ndarray  # (N,)
    coverage: np.ndarray  # (N,) 0 to 1
    light: np.ndarray | None = None  # (N, 3) linear, of letters that have their own colours; NaN where they have not

    def moved(self, column: int, row: int) -> Ink:
        """Returns the same ink, farther right and down."""
        return replace(self, rows=self.rows + row, columns=self.columns + column)

    def faded(self, opacity: float) -> Ink:
        """Returns the same ink, thinner."""
        return replace(self, coverage=self.coverage * opacity)

    def within(self, width: int, height: int) -> Ink:
        """Returns the part that lies in a frame."""
        inside = (self.rows >= 0) & (self.rows < height) & (self.columns >= 0) & (self.columns < width)
        light = None if self.light is None else self.light[inside]
        return Ink(self.rows[inside], self.columns[inside], self.coverage[inside], light)


def together(inks: Sequence[Ink]) -> Ink:
    """Returns several inks, which must not overlap, as one."""
    if not inks:
        return Ink(np.empty(0, int), np.empty(0, int), np.empty(0))
    parts = zip(*((ink.rows, ink.columns, ink.coverage) for ink in inks), strict=True)
    joined = Ink(*(np.concatenate(part) for part in parts))
    if all(ink.light is None for ink in inks):
        return joined
    lights = [np.full((len(ink.rows), 3), np.nan) if ink.light is None else ink.light for ink in inks]
    return replace(joined, light=np.concatenate(lights))


@lru_cache(maxsize=512)
def line_ink(text: str, face: Face, size: float) -> Ink:
    """Returns a line of text of a size in pixels, its baseline in row 0 and its first letter at column 0."""
    place, inks = 0.0, []
    for piece in pieces(text, face):
        whole = math.floor(place)
        draw = _picture_ink if piece.typeface.colour else _letter_ink
        inks.append(draw(piece, size, place - whole).moved(whole, 0))
        place += _advance(piece, size)
    return together(inks)


def _letter_ink(piece: TextPiece, size: float, shift: float) -> Ink:
    """Returns the ink of a piece that is written in the colour of the words, shifted by a part of a pixel."""
    font, scale = piece.font(size * SUPERSAMPLING), SUPERSAMPLING
    box = font.getbbox(piece.text, anchor="ls", direction=piece.direction)
    left, top, right, bottom = (math.floor(edge / scale) - 1 for edge in box)
    canvas = Image.new("L", ((right - left + 3) * scale, (bottom - top + 3) * scale))
    ImageDraw.Draw(canvas).text(
        ((shift - left) * scale, -top * scale), piece.text, fill=255, font=font, anchor="ls", direction=piece.direction
    )
    coverage = _averaged(np.asarray(canvas, np.float64)) / 255
    rows, columns = np.nonzero(coverage)
    return Ink(rows + top, columns + left, coverage[rows, columns])


def _picture_ink(piece: TextPiece, size: float, shift: float) -> Ink:
    """Returns the ink of a piece whose letters are pictures in colours of their own."""
    fine = size * SUPERSAMPLING
    font, scale = piece.font(fine), piece.scale(fine)
    left, top, right, bottom = (math.floor(edge) for edge in font.getbbox(piece.text, anchor="ls"))
    drawn = Image.new("RGBA", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(drawn).text((-left, -top), piece.text, font=font, anchor="ls", embedded_color=True)
    column, row = math.floor(left * scale / SUPERSAMPLING) - 1, math.floor(top * scale / SUPERSAMPLING) - 1
    width, height = (max(1, round(side * scale)) for side in drawn.size)
    x = round(left * scale + (shift - column) * SUPERSAMPLING)
    y = round(top * scale - row * SUPERSAMPLING)
    columns, rows = (-(-(at + side) // SUPERSAMPLING) for at, side in ((x, width), (y, height)))
    canvas = Image.new("RGBA", (columns * SUPERSAMPLING, rows * SUPERSAMPLING))
    canvas.paste(drawn.convert("RGBa").resize((width, height), Image.Resampling.BOX).convert("RGBA"), (x, y))
    return _coloured(np.asarray(canvas), column, row)


def _coloured(picture: np.ndarray, column: int, row: int) -> Ink:
    """Returns a picture (H, W, 4) uint8 of sub-pixels as ink, its upper left pixel in a column and row."""
    alpha = picture[..., 3] / 255
    coverage = _averaged(alpha)
    sums = np.stack([_averaged(decoded(picture[..., channel]) * alpha) for channel in range(3)], axis=-1)
    rows, columns = np.nonzero(coverage)
    light = sums[rows, columns] / coverage[rows, columns, None]
    return Ink(rows + row, columns + column, coverage[rows, columns], light)


def _averaged(fine: np.ndarray) -> np.ndarray:
    """Returns the means of squares of sub-pixels (H · n, W · n), (H, W)."""
    scale = SUPERSAMPLING
    return fine.reshape(fine.shape[0] // scale, scale, fine.shape[1] // scale, scale).mean(axis=(1, 3))


def _advance(piece: TextPiece, size: float) -> float:
    """Returns the width of a piece, pixels; measured large, since at some sizes letters are set on whole pixels."""
    return piece.font(256.0).getlength(piece.text, direction=piece.direction) * piece.scale(256.0) * size / 256


@lru_cache(maxsize=2048)
def line_width(text: str, face: Face, size: float) -> float:
    """Returns the advance of a line in pixels."""
    return sum(_advance(piece, size) for piece in pieces(text, face))


def value_ink(text: str, size: float, face: Face = TEXT) -> Ink:
    """Returns a value whose last cell ends at column 0; every digit stands in the middle of an equal cell."""
    column, inks = 0, []
    for letter in reversed(text):
        cell = _cell(letter, size, face)
        column -= cell
        inks.append(line_ink(letter, face, size).moved(column + round((cell - line_width(letter, face, size)) / 2), 0))
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


def value_width(text: str, size: float, face: Face = TEXT) -> int:
    """Returns the width of a value in whole pixels."""
    return sum(_cell(letter, size, face) for letter in text)


@lru_cache(maxsize=512)
def _cell(letter: str, size: float, face: Face) -> int:
    """Returns the advance of one character of a value, in whole pixels so that a digit looks alike wherever it is."""
    letters = FIGURES if letter in FIGURES else letter
    return round(max(line_width(each, face, size) for each in letters))


def paint(pixels: np.ndarray, ink: Ink, colour: str) -> None:
    """Mixes ink of a colour into pixels (H, W, 3) uint8, in place."""
    ink = ink.within(pixels.shape[1], pixels.shape[0])
    ground = decoded(pixels[ink.rows, ink.columns])
    light = light_of(colour)
    if ink.light is not None:
        light = np.where(np.isnan(ink.light), light, ink.light)
    pixels[ink.rows, ink.columns] = encoded(ground + (light - ground) * ink.coverage[:, None])


def shade(pixels: np.ndarray, shares: np.ndarray, light: float) -> None:
    """Mixes a grey of linear light into the rows of pixels (H, W, 3) uint8, in place, by a share (H,) of each row."""
    for row in np.flatnonzero(shares):  # one at a time: those of a print are wide, and there are many
        ground = decoded(pixels[row])
        pixels[row] = encoded(ground + (light - ground) * shares[row])


def halo(ink: Ink, radius: float) -> Ink:
    """Returns a soft spot around ink that covers it whole and dies out within some radii, pixels."""
    if not ink.rows.size:
        return ink
    reach = math.ceil(4 * radius) + 1
    top, left = ink.rows.min() - reach, ink.columns.min() - reach
    height, width = ink.rows.max() - top + reach + 1, ink.columns.max() - left + reach + 1
    cover = np.zeros((height, width))
    np.maximum.at(cover, (ink.rows - top, ink.columns - left), ink.coverage)
    spread = np.clip(HALO * gaussian_filter(cover, radius), 0.0, 1.0)
    rows, columns = np.nonzero(spread > 1e-3)
    return Ink(rows + top, columns + left, spread[rows, columns])


def against(ink: Ink, pixels: np.ndarray, colour: str, proof: np.ndarray | None = None) -> Ink:
    """Returns the part of ink that lies on pixels (H, W, 3) uint8, dark where a colour would not be seen on them.

    proof: a smaller picture of the same, (h, w, 3) uint8, which tells the ground where pixels are not the ground.
    """
    ink = ink.within(pixels.shape[1], pixels.shape[0])
    ground = luminance(pixels[ink.rows, ink.columns]) if proof is None else _told(ink, pixels.shape, proof)
    light = light_of(colour)
    own = float(light @ LUMINANCE)
    far = np.where(ground > PALE, 0.0, 1.0)  # of a line, which is black on pale ground and white on dark
    seen = (np.maximum(ground, own) + 0.05) / (np.minimum(ground, own) + 0.05) >= SEEN
    return replace(ink, light=np.where(seen[:, None], light, far[:, None]))


def _told(ink: Ink, shape: Sequence[int], proof: np.ndarray) -> np.ndarray:
    """Returns the luminance (N,) under ink on a picture of a shape, blended between the pixels of a smaller one."""
    places = [
        (place + 0.5) * (small / large) - 0.5
        for place, small, large in zip((ink.rows, ink.columns), proof.shape, shape, strict=False)
    ]
    return np.asarray(map_coordinates(luminance(proof), places, order=1, mode="nearest"))


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Returns the relative luminance (...) of codes (..., 3) uint8, 0 to 1 (WCAG 2.2)."""
    return decoded(pixels) @ LUMINANCE


def light_of(colour: str) -> np.ndarray:
    """Returns a colour in linear light, (3,)."""
    return decoded(np.array(ImageColor.getrgb(colour)[:3]))


def colour_of(light: np.ndarray) -> str:
    """Returns linear light (3,) as a colour, "#rrggbb"."""
    return "#" + "".join(f"{code:02x}" for code in encoded(light))
