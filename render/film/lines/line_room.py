"""The room of a line: what words and insets leave to its chart, the largest rectangle that meets none of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from render.film.insets.inset_room import boxes_of
from render.film.words.layout import Box
from render.film.words.sheet import Sheet
from render.scene.insets import InsetSettings

APART = 2.4  # between insets and what belongs to the chart / size of the caption
NARROWEST, LOWEST = 0.36, 0.4  # of the picture between its margins, that insets leave to the chart and its numbers


@dataclass(frozen=True)
class LineRoom:
    """The room of a chart with its numbers, and which insets stand beside it."""

    box: Box
    kept: tuple[int, ...] = ()  # their numbers
    lost: tuple[int, ...] = ()  # of those that would leave it too little


def room_of(
    sheet: Sheet, words: Sequence[Box], insets: Sequence[InsetSettings], others: Sequence[Box] = ()
) -> LineRoom:
    """Returns the room of a chart on a sheet, off its words, and off insets, which are off other words too.

    Insets that leave a chart too little are left out, the last first.
    """
    middle, kept = sheet.height / 2, [*range(len(insets))]
    lost: list[int] = []
    whole = Box(
        sheet.left,
        max([box.bottom for box in words if box.top <= middle], default=sheet.top),
        sheet.right,
        min([box.top for box in words if box.top > middle], default=sheet.bottom),
    )
    while kept:
        boxes, _ = boxes_of([insets[number] for number in kept], (sheet.width, sheet.height), [*words, *others])
        room = _largest(whole, [box for box in boxes if box], APART * sheet.size)
        if room and room.right - room.left >= NARROWEST * sheet.span and room.bottom - room.top >= LOWEST * sheet.tall:
            return LineRoom(room, tuple(kept), tuple(lost))
        lost.insert(0, kept.pop())
    return LineRoom(whole, (), tuple(lost))


def _largest(whole: Box, boxes: Sequence[Box], apart: float) -> Box | None:
    """Returns the largest rectangle of a whole that lies apart from all boxes."""
    wide = [Box(*map(round, (b.left - apart, b.top - apart, b.right + apart, b.bottom + apart))) for b in boxes]
    lefts = {whole.left, *(box.right for box in wide)}
    tops = {whole.top, *(box.bottom for box in wide)}
    rights = {whole.right, *(box.left for box in wide)}
    bottoms = {whole.bottom, *(box.top for box in wide)}
    found = [
        room
        for room in itertools.starmap(Box, itertools.product(lefts, tops, rights, bottoms))
        if _is_in(room, whole) and not any(room.meets(box) for box in wide)
    ]
    return max(found, key=lambda room: ((room.right - room.left) * (room.bottom - room.top), room), default=None)


def _is_in(room: Box, whole: Box) -> bool:
    """Whether a rectangle is one, and lies within another one."""
    across = whole.left <= room.left < room.right <= whole.right
    return across and whole.top <= room.top < room.bottom <= whole.bottom
