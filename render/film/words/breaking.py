"""Breaking: a caption parted into lines of like width, at its dots, and set as small as its room asks."""

from __future__ import annotations

from collections.abc import Sequence

from render.film.words.ink import line_width
from render.film.words.pieces import Face

SHRINK = 0.85  # a caption is set smaller down to this share of its size before it is broken once more
LEADING = 1.5  # distance of baselines / size
DOT = " · "
UNEVEN = 1.2  # width of the longest part / that of an even line, above which a text is broken at spaces


def broken(text: str, face: Face, size: float, room: tuple[float, float], most: int) -> tuple[tuple[str, ...], float]:
    """Returns a text as lines, and their size: as few lines as hold it without setting it much smaller.

    Where none hold it in the room, width and height, the lines are those that can be largest; no word is ever lost.
    """
    if not text:
        return (), size
    best, largest = [text], 0.0
    for count in range(1, most + 1):
        lines = balanced(text, count, face)
        across = room[0] / max(line_width(line, face, 1.0) for line in lines)
        fitting = min(size, across, room[1] / (LEADING * len(lines)))
        if fitting > largest:
            best, largest = lines, fitting
        if largest >= SHRINK * size:
            break
    return tuple(best), largest


def balanced(text: str, count: int, face: Face) -> list[str]:
    """Breaks a text at its dots, or where a part is too long at its spaces, into at most count lines of like width."""
    even = line_width(text, face, 1.0) / count
    dot, parts = DOT, text.split(DOT)
    if max(line_width(part, face, 1.0) for part in parts) > UNEVEN * even:
        dot, parts = " ", text.replace(DOT, "\u00a0· ").split(" ")
    limit = max(even, *(line_width(part, face, 1.0) for part in parts))
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
