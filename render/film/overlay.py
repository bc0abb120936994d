"""Words on the picture: title, caption and counters, drawn in two dimensions on the finished frame.

One family in two sizes, grey, in the lower safe area: the title over the caption at the left, the counters at the
right. What stays the same from frame to frame is laid out once.

In a small picture nothing is set smaller than can be read, so less fits: the caption takes the whole width, and what
would be cut, or would cover too much of the picture, is left out and told of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from render.errors import SceneError
from render.film import ink
from render.film.ink import DISPLAY, TEXT, Ink, line_ink, line_width, together
from render.film.pieces import Face
from render.scene.fonts import find
from render.scene.lettering import sentence
from render.scene.typeface import Typeface

SAFE = 0.05  # margin / width or height of the frame
TITLE = 1.75  # size of the title / size of the caption
LEADING = 1.5  # distance of baselines / size
AIR = 1.9  # from the caption's first baseline up to the title's / size
COMPANION = 0.6  # least size of counters and title when a long caption shrinks / size
GAP = 3.0  # clear space between caption and counters / size
MOST_LINES, MOST_LINES_SMALL = 4, 6  # of a caption
SMALL = 720  # rows of a picture, below which its letters are few to a line
LABEL = 1.25  # size of a panel's name / size of the caption
DOT = 0.5  # diameter of a dot / size
VEIL = 14.0  # height over which a veil fades in above the words / size
QUIET = 0.7  # opacity of caption and labels beside title and values
VALUE_DIGITS = 8  # width that the column of values has before it grows
SHRINK = 0.85  # a caption is set smaller down to this share of its size before it is broken once more
SMALLEST = 7.0  # pixels; smaller letters are left out
READABLE = 9.0  # pixels; the least size that words are meant to have
LITTLE = 320  # rows of a picture, below which words are left out rather than set smaller
MOST_COVERED = 0.25  # of the height of such a picture, by a caption or by counters

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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


def draw_words(
    pixels: np.ndarray,
    words: Words,
    colour: str = "#9a9a9a",
    *,
    film: bool = False,
    veiled: bool = False,
    fonts: Sequence[str] = (),
) -> np.ndarray:
    """Returns a copy of pixels (H, W, 3) uint8 with the words on it; veiled lays a shade under those at the foot.

    A caption wider than the safe area is broken into up to four lines (six in a small picture) and then set smaller;
    letters under 7 px are left out. fonts: files and families that go before the bundled one. Raises SceneError for a
    character that no font has.
    """
    sheet = Sheet(pixels.shape[1], pixels.shape[0], film, tuple(map(find, fonts)))
    size = _companion_size(sheet, words.caption)
    values = [counter.value for counter in words.counters]
    column = max(ink.value_width(text, size, sheet.text) for text in ["0" * VALUE_DIGITS, *values])
    page = _page(sheet, words.title, words.caption, tuple(counter.label for counter in words.counters), column)
    drawn = ink.veiled(pixels, page.top - round(VEIL * size), page.top, colour) if veiled else pixels.copy()
    ink.paint(drawn, together([page.ink, *_labels(words.labels, sheet)]), colour)
    for counter, (x, y) in zip(words.counters if page.baselines else (), page.dots, strict=True):
        if counter.colour:
            ink.paint(drawn, ink.dot(DOT * size).moved(x, y), counter.colour)
    for value, baseline in zip(values if page.baselines else (), page.baselines, strict=True):
        ink.paint(drawn, ink.value_ink(value, size, sheet.text).moved(sheet.right, baseline), colour)
    return drawn


def format_loss(loss: float) -> str:
    """Returns a loss to three significant figures: 2.31, 0.0412, 1,230, 4.12×10⁻⁵."""
    if not math.isfinite(loss):
        return "diverged"
    mantissa, exponent = f"{loss:.2e}".split("e")
    power = int(exponent)
    if -3 <= power < 6:
        text = f"{float(f'{loss:.2e}'):,.{max(2 - power, 0)}f}"
    else:
        text = f"{mantissa}×10{str(power).translate(_RAISED)}"
    return text.replace("-", "−")


def format_step(step: int, total: int) -> str:
    """Returns a step with its thousands marked, padded with figure spaces to about the width of the last one."""
    return f"{step:,}".rjust(len(f"{total:,}"), "\u2007")


@dataclass(frozen=True)
class Sheet:
    """A frame and what follows from its size, in pixels."""

    width: int
    height: int
    film: bool
    fonts: tuple[Typeface, ...] = ()

    @property
    def little(self) -> bool:
        """Whether it is too small for all words."""
        return self.height < LITTLE

    @property
    def stacked(self) -> bool:
        """Whether the caption takes the whole width, and the counters stand beside the title."""
        return self.portrait or self.little

    @property
    def text(self) -> Face:
        """The face of captions, counters and labels."""
        return TEXT._replace(chosen=self.fonts)

    @property
    def display(self) -> Face:
        """The face of titles."""
        return DISPLAY._replace(chosen=self.fonts)

    @property
    def portrait(self) -> bool:
        """Says whether the frame is higher than wide."""
        return self.height > self.width

    @property
    def size(self) -> float:
        """The size of captions and counters."""
        return max(self._share * self.height, READABLE)

    @property
    def _share(self) -> float:
        return (0.026 if self.portrait else 0.020) if self.film else 0.014

    def title_size(self, companion: float) -> float:
        """Returns the size of the title beside words of a size; in a little picture, its share of the height."""
        return max(TITLE * self._share * self.height, READABLE) if self.little else TITLE * companion

    @property
    def left(self) -> int:
        """The column where lines begin."""
        return round(SAFE * self.width)

    @property
    def right(self) -> int:
        """The column where values end."""
        return self.width - self.left

    @property
    def span(self) -> int:
        """The width between the margins."""
        return self.right - self.left

    @property
    def bottom(self) -> int:
        """The row of the lowest baseline."""
        return self.height - round(SAFE * self.height)


@dataclass(frozen=True)
class Page:
    """What stays the same from frame to frame, and where the values go."""

    ink: Ink
    baselines: tuple[int, ...]  # of the values, from the top; empty where they would be illegible
    dots: tuple[tuple[int, int], ...]  # column and row of the middle of the dot before each label
    top: int  # row of the highest letters at the foot of the picture
    left_out: tuple[str, ...] = ()  # words that there is no room for


@lru_cache(maxsize=16)
def _page(sheet: Sheet, title: str, caption: str, labels: tuple[str, ...], column: int) -> Page:
    """Lays out everything but the values, which stand in a column so many pixels wide.

    The counters stand beside the caption; in portrait and in little pictures, where it needs the whole width, beside
    the title.
    """
    for what, text in (("title", title), ("caption", caption), *(("name", label) for label in labels)):
        refuse_undrawable(what, text, sheet.display)
    size, told = _companion_size(sheet, caption), labels
    heading = " ".join(title.splitlines())
    labels = labels if _counters_fit(sheet, heading, labels, column, size) else ()
    beside = _labels_width(labels, size, sheet.text) + column
    aside = beside + GAP * size if labels else 0.0
    written, above = _caption(caption, sheet, sheet.span if sheet.stacked else sheet.span - aside)
    baselines = _stack(above if sheet.stacked else sheet.bottom, size, len(labels))
    named = [
        line_ink(label, sheet.text, size).moved(sheet.right - round(beside), row).faded(QUIET)
        for label, row in zip(labels, baselines, strict=True)
    ]
    headed = _title(heading, sheet.display, sheet.title_size(size), sheet.span - aside).moved(sheet.left, above)
    dots = tuple((sheet.right - round(beside + size), row - round(0.36 * size)) for row in baselines)
    inks = together([*written, *named, headed])
    wanted = {"the title": (title, headed.rows.size), "the caption": (caption, written), "the counters": (told, labels)}
    left_out = tuple(name for name, (asked, given) in wanted.items() if asked and not given)
    return Page(inks, baselines, dots, int(inks.rows.min(initial=sheet.bottom)), left_out)


def _counters_fit(sheet: Sheet, title: str, labels: tuple[str, ...], column: int, size: float) -> bool:
    """Whether there is room for counters; in a little picture the title goes before them."""
    if not sheet.little:
        return size >= SMALLEST
    aside = _labels_width(labels, size, sheet.text) + column + GAP * size
    wide = line_width(title, sheet.display, sheet.title_size(size))
    return wide + aside <= sheet.span and LEADING * size * len(labels) <= MOST_COVERED * sheet.height


def left_out(words: Words, width: int, height: int, *, film: bool = False, fonts: Sequence[str] = ()) -> list[str]:
    """Returns which words a picture of a size in pixels has no room for: the title, the caption, and so on."""
    sheet = Sheet(width, height, film, tuple(map(find, fonts)))
    column = ink.value_width("0" * VALUE_DIGITS, _companion_size(sheet, words.caption), sheet.text)
    page = _page(sheet, words.title, words.caption, tuple(counter.label for counter in words.counters), column)
    names = ["the names of its surfaces"] if words.labels and not _labels(words.labels, sheet) else []
    return [*page.left_out, *names]


def _labels(labels: Sequence[str], sheet: Sheet) -> list[Ink]:
    """Returns the names of panels, each in the middle of the upper edge of its own."""
    size = LABEL * sheet.size
    panel, row = sheet.width / max(1, len(labels)), round(SAFE * sheet.height + size)
    if sheet.little and any(line_width(label, sheet.text, size) > (1 - SAFE) * panel for label in labels):
        return []
    return [
        line_ink(label, sheet.text, size).moved(round((n + 0.5) * panel - line_width(label, sheet.text, size) / 2), row)
        for n, label in enumerate(labels)
    ]


@lru_cache(maxsize=16)
def _companion_size(sheet: Sheet, caption: str) -> float:
    """Returns the size of counters, and of the title before it is enlarged: in portrait it follows a long caption."""
    if not sheet.portrait or sheet.little:
        return sheet.size
    return max(_broken(caption, sheet, sheet.span)[1], COMPANION * sheet.size)


def _caption(caption: str, sheet: Sheet, width: float) -> tuple[list[Ink], int]:
    """Returns the inks of the caption's lines and the first free baseline above them."""
    lines, size = _broken(" ".join(caption.splitlines()), sheet, width)
    if not lines or size < (READABLE - 0.01 if sheet.little else SMALLEST):
        return [], sheet.bottom
    if sheet.little and LEADING * size * len(lines) > MOST_COVERED * sheet.height:
        return [], sheet.bottom
    rows = _stack(sheet.bottom, size, len(lines))
    inks = [
        line_ink(line, sheet.text, size).moved(sheet.left, row).faded(QUIET)
        for line, row in zip(lines, rows, strict=True)
    ]
    return inks, rows[0] - round(AIR * size)


def _title(title: str, face: Face, size: float, width: float) -> Ink:
    """Returns the title at a size, or as large as the width allows."""
    text = " ".join(title.splitlines())
    fitting = min(size, width / max(line_width(text, face, 1.0), 1e-9))
    return line_ink(text, face, fitting) if text and fitting >= SMALLEST else together([])


def _labels_width(labels: Sequence[str], size: float, face: Face) -> float:
    """Returns the width of the column of labels with the space that parts it from the values."""
    return max((line_width(label, face, size) for label in labels), default=0.0) + size


def _stack(lowest: int, size: float, count: int) -> tuple[int, ...]:
    """Returns the baselines of count lines, from the top, the last at the lowest row."""
    return tuple(lowest - round(LEADING * size) * row for row in reversed(range(count)))


def _broken(caption: str, sheet: Sheet, width: float) -> tuple[list[str], float]:
    """Returns a caption as lines, and their size: as few lines as hold it without setting it much smaller."""
    if not caption:
        return [], sheet.size
    most = MOST_LINES if sheet.height >= SMALL else MOST_LINES_SMALL
    for count in range(1, most + 1):
        lines = _balanced(caption, count, sheet.text)
        size = min(sheet.size, width / max(line_width(line, sheet.text, 1.0) for line in lines))
        if size >= (1.0 if sheet.little else SHRINK) * sheet.size:
            break
    return lines, size


def _balanced(caption: str, count: int, face: Face) -> list[str]:
    """Breaks a caption at its dots (at its spaces, if it has none) into at most count lines of like width."""
    dot = " · " if " · " in caption else " "
    parts = caption.split(dot)
    limit = max(line_width(caption, face, 1.0) / count, *(line_width(part, face, 1.0) for part in parts))
    while len(lines := _filled(parts, dot, limit, face)) > count:
        limit *= 1.01
    return lines


def _filled(parts: Sequence[str], dot: str, limit: float, face: Face) -> list[str]:
    """Puts as many parts on each line as its width, in sizes, allows."""
    lines = [parts[0]]
    for part in parts[1:]:
        longer = lines[-1] + dot + part
        if line_width(longer, face, 1.0) <= limit:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def refuse_undrawable(what: str, text: str, face: Face) -> None:
    """Raises SceneError where no font of a face has a letter of a text."""
    if said := sentence(text, face.chain):
        raise SceneError([f"{what}: {said}"])
