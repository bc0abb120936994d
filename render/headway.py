"""Headway: how fast a piece of work goes, told from its last half minute.

What comes before the first unit is done holds what is done once: compiling, light, the surface read from disk. It says
nothing of the rest. Of the time since then the median over spans of a second or more counts, so that one slow unit, as
the first of each shot is, does not either.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

SPAN = 1.0  # seconds of a span at least
WINDOW = 30.0  # seconds that are looked back on
FEWEST = 6  # marks that are kept where units take long


class Headway:
    """Marks of how much was done when."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()  # (time, done); the first unit, or the beginning of the window

    def mark(self, time: float, done: int) -> None:
        """Takes how much is done at a time, seconds."""
        if not self._marks or time - self._marks[-1][0] >= SPAN:
            self._marks.append((time, done))
        while len(self._marks) > FEWEST and time - self._marks[1][0] > WINDOW:
            self._marks.popleft()

    def rate(self, time: float, done: int) -> float:
        """Returns units per second at a time, 0 where that cannot be told yet."""
        marks = list(self._marks)
        if marks and time - marks[-1][0] >= SPAN:
            marks.append((time, done))
        spans = [(b - a, after - before) for (a, before), (b, after) in pairwise(marks) if after > before]
        return _median(spans) if spans else 0.0


def _median(spans: list[tuple[float, int]]) -> float:
    """Returns the units per second that half of all units were faster than; spans: seconds, units."""
    ordered = sorted(spans, key=lambda span: span[1] / span[0])
    half, count = sum(units for _, units in ordered) / 2, 0
    for number, (seconds, units) in enumerate(ordered):
        count += units
        if count == half:  # between two spans
            after, more = ordered[number + 1]
            return (units + more) / (seconds + after)
        if count > half:
            return units / seconds
    raise AssertionError("there is no span")
