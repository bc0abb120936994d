"""Words on the picture: title, caption and counters, drawn in two dimensions on the finished frame.

One family in two sizes: the title over the caption at the lower left, the counters at the lower right, unless a look
sets them elsewhere. A colour that is asked for is the colour of the picture wherever a letter covers a pixel whole.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from render.errors import SceneError
from render.film.words import ink
from render.film.words.figures import format_loss, format_step
from render.film.words.ground import Dress
from render.film.words.ink import DISPLAY, Ink, together
from render.film.words.layout import Page, Text, lay_out
from render.film.words.pieces import Face
from render.film.words.sheet import Sheet
from render.scene.typefaces.drawable import sentence
from render.scene.typefaces.fonts import find
from render.scene.words import WordStyle

__all__ = ["Counter", "Words", "draw_words", "format_loss", "format_step", "left_out", "page_of"]

DOT = 0.5  # diameter of a dot / size
VEIL = 9.0  # height over which a shade fades in beyond the words / size
HALO = 0.16  # radius of a shadow / size
VALUE_DIGITS = 8  # width that the column of values has before it grows
BRIEF, FULL = 2, 12  # lines of a caption, at most


class Counter(NamedTuple):
    """A value that changes from frame to frame, with its label, and the colour of a dot before it; "" is no dot."""

    label: str
    value: str
    colour: str = ""


@dataclass(frozen=True)
class Words:
    """What is written on one frame; an empty text is not drawn."""

    title: str = ""
    caption: str = ""
    counters: tuple[Counter, ...] = ()
    labels: tuple[str, ...] = ()  # of panels side by side, from left to right
    full: bool = False  # whether the caption has as many lines as it needs


def sheet_of(
    size: tuple[int, int], *, film: bool = False, style: WordStyle | None = None, fonts: Sequence[str] = ()
) -> Sheet:
    """Returns the sheet of a picture of a size in pixels; fonts are files and families before the bundled one."""
    return Sheet(*size, film, style or WordStyle(), tuple(map(find, fonts)))


def page_of(words: Words, sheet: Sheet) -> Page:
    """Returns where words stand on a sheet; raises SceneError for a character that no font has."""
    labels = tuple(counter.label for counter in words.counters)
    for what, text in (("title", words.title), ("caption", words.caption), *(("name", label) for label in labels)):
        refuse_undrawable(what, text, DISPLAY._replace(chosen=sheet.fonts))
    values = ["0" * VALUE_DIGITS, *(counter.value for counter in words.counters)]
    widest = max(values, key=lambda text: ink.value_width(text, 100.0, sheet.text))
    title, caption = (" ".join(text.splitlines()) for text in (words.title, words.caption))
    return lay_out(sheet, Text(title, caption, FULL if words.full else BRIEF, labels, widest, words.labels))


def draw_words(pixels: np.ndarray, words: Words, dress: Dress, sheet: Sheet, *, bare: bool = False) -> np.ndarray:
    """Returns a copy of pixels (H, W, 3) uint8 with the words on it, made readable by a dress.

    bare: whether the title alone is written, where it stands above the rest. Raises SceneError for a character that no
    font has.
    """
    page, drawn = page_of(words, sheet), pixels.copy()
    values = _values(words, page)
    _shade(drawn, page, values, dress)
    ink.paint(drawn, page.loud, dress.ink)
    if bare:
        return drawn
    ink.paint(drawn, page.quiet.faded(dress.quiet), dress.ink)
    for counter, (x, y) in zip(words.counters if page.dots else (), page.dots, strict=True):
        if counter.colour:
            ink.paint(drawn, ink.dot(DOT * page.size).moved(x, y), counter.colour)
    ink.paint(drawn, values, dress.ink)
    return drawn


def _values(words: Words, page: Page) -> Ink:
    counters = words.counters if page.values else ()
    return together(
        [
            ink.value_ink(counter.value, page.size, page.face).moved(column, row)
            for counter, (column, row) in zip(counters, page.values, strict=True)
        ]
    )


def _shade(pixels: np.ndarray, page: Page, values: Ink, dress: Dress) -> None:
    """Lays the shades of a dress on pixels, in place."""
    light, rows = 0.0 if dress.dark else 1.0, np.arange(len(pixels))
    if dress.lower and page.lower:
        top, fade = min(box.top for box in page.lower), VEIL * page.size
        ink.shade(pixels, dress.lower * _smooth((rows - top) / fade + 1), light)
    if dress.upper and page.upper:
        end, fade = max(box.bottom for box in page.upper), VEIL * page.size
        ink.shade(pixels, dress.upper * _smooth((end - rows) / fade + 1), light)
    if dress.shadow:
        spot = ink.halo(together([page.loud, page.quiet, values]), HALO * page.size)
        ink.paint(pixels, spot.faded(dress.shadow), "#000000" if dress.dark else "#ffffff")


def _smooth(share: np.ndarray) -> np.ndarray:
    inside = np.clip(share, 0, 1)
    return np.asarray(inside**2 * (3 - 2 * inside))


def left_out(words: Words, sheet: Sheet) -> list[str]:
    """Returns which words would leave no mark on a sheet: the title, the caption, and so on."""
    return list(page_of(words, sheet).left_out)


@functools.lru_cache(maxsize=256)  # asked of the same words on every frame
def refuse_undrawable(what: str, text: str, face: Face) -> None:
    """Raises SceneError where no font of a face has a letter of a text."""
    if said := sentence(text, face.chain):
        raise SceneError([f"{what}: {said}"])
