"""Layout: where the words of a picture stand, block by block, each in its place along the upper or the lower edge.

What stays the same from frame to frame is laid out once. Blocks of one place are stacked; where counters stand at the
other side of the same edge, caption and title leave them their room, or, in portrait, stand below and beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from render.film.canvas import SAFE
from render.film.words import ink
from render.film.words.breaking import LEADING, broken
from render.film.words.ink import Ink, line_ink, line_width, together
from render.film.words.pieces import Face
from render.film.words.sheet import LITTLE, NAME, TITLE, Sheet
from render.scene.words import TextSettings

AIR = 1.9  # from the baseline of a block to that of the title over it / size of the lower one
ASCENT = 0.95  # height of letters with their accents / size
CAPITAL = 0.73  # height of capitals / size
DESCENT = 0.3  # depth of descenders / size
TALLEST = 0.5  # of the height between the margins, by a caption
COMPANION = 0.6  # least size of counters and title when a long caption shrinks / size
GAP = 3.0  # clear space between caption and counters / size
WIDEST = 0.5  # of the width between the margins, by counters
LEAST = 1.0  # pixels; smaller letters leave no mark that is one


class Box(NamedTuple):
    """A rectangle of pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: Box) -> bool:
        """Whether it has pixels in common with another one."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


class Text(NamedTuple):
    """What a page is laid out for."""

    title: str = ""
    caption: str = ""
    lines: int = 2  # of the caption, at most
    labels: tuple[str, ...] = ()  # of counters
    widest: str = ""  # value, for which the column of values has room
    names: tuple[str, ...] = ()  # of panels from left to right


@dataclass(frozen=True)
class TextBlock:
    """Lines that stand together."""

    kind: str
    lines: tuple[str, ...]
    face: Face
    size: float
    setting: TextSettings
    column: int = 0  # pixels, of values to the right of the lines

    @property
    def width(self) -> float:
        """The width of its longest line, and of the values beside it."""
        widest = max((line_width(line, self.face, self.size) for line in self.lines), default=0.0)
        return widest + (self.size + self.column if self.column else 0)

    @property
    def upper(self) -> bool:
        """Whether it stands at the upper edge."""
        return self.setting.place.startswith("upper")

    @property
    def side(self) -> str:
        """The side it stands at: left, centre or right."""
        return self.setting.place.partition("-")[2]

    @property
    def legible(self) -> bool:
        """Whether its letters leave marks at all."""
        return bool(self.lines) and self.size >= LEAST


class PlacedBlock(NamedTuple):
    """A block on the page."""

    block: TextBlock
    left: float  # column
    baselines: tuple[int, ...]  # from the top

    @property
    def box(self) -> Box:
        """The pixels that it needs."""
        size, right = self.block.size, self.left + self.block.width
        top, bottom = self.baselines[0] - ASCENT * size, self.baselines[-1] + DESCENT * size
        return Box(math.floor(self.left), math.floor(top), math.ceil(right), math.ceil(bottom))


@dataclass(frozen=True)
class Page:
    """What stays the same from frame to frame, and where the values go."""

    loud: Ink  # titles and names
    quiet: Ink  # captions and labels
    size: float  # of the values
    face: Face  # of the values
    values: tuple[tuple[int, int], ...]  # column where each ends, and its baseline
    dots: tuple[tuple[int, int], ...]  # column and row of the middle of the dot before each label
    upper: tuple[Box, ...]  # the words along each edge
    lower: tuple[Box, ...]
    left_out: tuple[str, ...] = ()  # words whose letters would leave no mark

    @property
    def boxes(self) -> tuple[Box, ...]:
        """All pixels that words need."""
        return (*self.upper, *self.lower)

    def is_headed_as(self, other: Page) -> bool:
        """Whether another page has the same titles and names, letter on letter."""
        own, others = ((page.loud.rows, page.loud.columns) for page in (self, other))
        return all(np.array_equal(*pair) for pair in zip(own, others, strict=True))


@lru_cache(maxsize=16)
def lay_out(sheet: Sheet, text: Text) -> Page:
    """Returns the page of a text on a sheet."""
    blocks = _blocks(sheet, text)
    told = {"title": "the title", "caption": "the caption", "counters": "the counters"}
    left_out = [told[block.kind] for block in blocks if block.lines and not block.legible]
    placed = [*_stacked(sheet, [block for block in blocks if block.legible])]
    names = _names(sheet, text.names, placed)
    left_out += ["the names of its surfaces"] if text.names and not names else []
    everything = [*placed, *names]
    counters = next((each for each in placed if each.block.kind == "counters"), None)
    ends = round(counters.left + counters.block.width) if counters else 0
    rows = counters.baselines if counters else ()
    size = counters.block.size if counters else sheet.size
    start = round(counters.left - size) if counters else 0
    return Page(
        loud=together([part for each in everything if _is_loud(each) for part in _inks(each)]),
        quiet=together([part for each in everything if not _is_loud(each) for part in _inks(each)]),
        size=size,
        face=counters.block.face if counters else sheet.text,
        values=tuple((ends, row) for row in rows),
        dots=tuple((start, row - round(0.36 * size)) for row in rows),
        upper=tuple(each.box for each in everything if each.block.upper),
        lower=tuple(each.box for each in everything if not each.block.upper),
        left_out=tuple(left_out),
    )


def _is_loud(placed: PlacedBlock) -> bool:
    return placed.block.kind in ("title", "names")


def _blocks(sheet: Sheet, text: Text) -> list[TextBlock]:
    """Returns title, caption and counters at their sizes, in the order in which they are read."""
    style = sheet.style
    caption = _caption(sheet, text, sheet.span)
    companion = max(caption.size, COMPANION * sheet.size) if sheet.portrait and caption.lines else sheet.size
    counters = _counters(sheet, text, companion)
    aside = counters.width + GAP * counters.size if counters.lines else 0.0
    if not sheet.stacked:
        caption = _caption(sheet, text, sheet.span - _lost(caption, counters, aside))
    face, heading = sheet.face(style.title), text.title
    wanted = sheet.heading if sheet.height < LITTLE else TITLE * companion
    title = TextBlock("title", (heading,) if heading else (), face, wanted * style.title.size, style.title)
    room = sheet.span - _lost(title, counters, aside)
    fitting = min(title.size, room / max(line_width(heading, face, 1.0), 1e-9))
    return [replace(title, size=fitting), caption, counters]


def _lost(block: TextBlock, counters: TextBlock, aside: float) -> float:
    """Returns the width that counters take from a block at the same edge; on both sides of one in the middle."""
    if block.upper != counters.upper or block.side == counters.side:
        return 0.0
    return 2 * aside if block.side == "centre" else aside


def _caption(sheet: Sheet, text: Text, width: float) -> TextBlock:
    setting = sheet.style.caption
    face = sheet.face(setting)
    lines, size = broken(text.caption, face, setting.size * sheet.size, (width, TALLEST * sheet.tall), text.lines)
    return TextBlock("caption", lines, face, size, setting)


def _counters(sheet: Sheet, text: Text, size: float) -> TextBlock:
    setting = sheet.style.counters
    face, wanted = sheet.face(setting), size * setting.size
    labels = max((line_width(label, face, wanted) for label in text.labels), default=0.0)
    natural = labels + wanted + ink.value_width(text.widest, wanted, face)
    fitting = wanted * min(1.0, WIDEST * sheet.span / natural)
    return TextBlock("counters", text.labels, face, fitting, setting, ink.value_width(text.widest, fitting, face))


def _stacked(sheet: Sheet, blocks: Sequence[TextBlock]) -> Iterator[PlacedBlock]:
    """Gives blocks in their places; those of one place follow each other from the edge inwards."""
    caption = next((block for block in blocks if block.kind == "caption"), None)
    for place in dict.fromkeys(block.setting.place for block in blocks):
        own = [block for block in blocks if block.setting.place == place]
        before = [caption] if caption and sheet.stacked and _is_across(own[0], caption) else []
        if own[0].upper:
            yield from _downwards(sheet, own, before)
        else:
            yield from _upwards(sheet, own, before)


def _is_across(block: TextBlock, caption: TextBlock) -> bool:
    """Whether a block stands at the other side of the edge that a caption takes whole."""
    return block.upper == caption.upper and block.side != caption.side


def _upwards(sheet: Sheet, own: Sequence[TextBlock], before: Sequence[TextBlock]) -> Iterator[PlacedBlock]:
    last = None
    for block in (*before, *sorted(own, key=lambda block: block.kind == "title")):
        row = last.baselines[0] - _apart(last.block, block) if last else sheet.bottom
        rows = tuple(row - round(LEADING * block.size) * line for line in reversed(range(len(block.lines))))
        last = PlacedBlock(block, 0, rows)
        if block not in before:
            yield PlacedBlock(block, _left(sheet, block), rows)


def _downwards(sheet: Sheet, own: Sequence[TextBlock], before: Sequence[TextBlock]) -> Iterator[PlacedBlock]:
    last = None
    for block in (*before, *own):
        row = last.baselines[-1] + _apart(block, last.block) if last else sheet.top + round(CAPITAL * block.size)
        rows = tuple(row + round(LEADING * block.size) * line for line in range(len(block.lines)))
        last = PlacedBlock(block, 0, rows)
        if block not in before:
            yield PlacedBlock(block, _left(sheet, block), rows)


def _apart(lower: TextBlock, upper: TextBlock) -> int:
    """Returns the rows from the last baseline of a block to the first of the one below it."""
    return round(max(AIR * lower.size, ASCENT * lower.size + DESCENT * upper.size + 2))


def _left(sheet: Sheet, block: TextBlock) -> float:
    return sheet.left + _share(block) * (sheet.span - block.width)


def _inks(placed: PlacedBlock) -> Iterator[Ink]:
    """Gives the ink of the lines of a block."""
    block = placed.block
    align = "left" if block.column else block.setting.align if block.setting.align != "auto" else block.side
    for line, row in zip(block.lines, placed.baselines, strict=True):
        free = block.width - line_width(line, block.face, block.size)
        shift = {"left": 0.0, "centre": free / 2, "right": free}[align]
        yield line_ink(line, block.face, block.size).moved(round(placed.left + shift), row)


def _names(sheet: Sheet, names: Sequence[str], placed: Iterable[PlacedBlock]) -> list[PlacedBlock]:
    """Returns the names of panels, each at an edge of its own, beyond the words that stand there already."""
    setting, panel = sheet.style.names, sheet.width / max(1, len(names))
    face, room = sheet.face(setting), (1 - 2 * SAFE) * panel
    widest = max((line_width(name, face, 1.0) for name in names), default=1e-9)
    size = min(NAME * sheet.size * setting.size, room / widest)
    if size < LEAST:
        return []
    boxes = [each.box for each in placed if each.block.upper == setting.place.startswith("upper")]
    if setting.place.startswith("upper"):
        row = round(max([sheet.top, *(box.bottom for box in boxes)]) + size)
    else:
        row = round(min([sheet.bottom, *(box.top - size for box in boxes)]))
    blocks = [TextBlock("names", (name,), face, size, setting) for name in names]
    return [
        PlacedBlock(block, (n + SAFE) * panel + _share(block) * (room - block.width), (row,))
        for n, block in enumerate(blocks)
    ]


def _share(block: TextBlock) -> float:
    """Returns the share of the free width that lies left of a block."""
    return {"left": 0.0, "centre": 0.5, "right": 1.0}[block.side]
