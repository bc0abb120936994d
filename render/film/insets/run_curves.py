"""Curves: the loss and the accuracy of paths by step, with a mark at the step that the head has come to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from render.film.insets.inset_chart import InkMark, InsetChart, InsetMarks
from render.film.insets.telling import Told
from render.film.words.figures import format_loss, format_share, short_loss
from render.film.words.ink import Ink
from render.scene.insets import CurvesInset
from render.scene.words import say

AHEAD = 0.32  # opacity of what is still to come
HEADING = 2.1  # from the upper edge of a curve to that of the words over it / size
SMALL = 0.82  # size of the numbers of the scales / size of the words
WIDE = 1.9  # width of a curve, fine lines


@dataclass(frozen=True)
class DrawnCourse:
    """A value over the logged steps, in the rectangle where it is drawn."""

    name: str
    points: np.ndarray  # (T, 2) columns and rows; NaN where the value is not known
    values: np.ndarray  # (T,)
    colour: str
    is_share: bool

    def value(self, place: int) -> str:
        """Returns the value at a logged step, in figures."""
        return (format_share if self.is_share else format_loss)(float(self.values[place]))


class Curves:
    """The curves of a shot, drawn once; only the marks move."""

    def __init__(self, settings: CurvesInset, told: Told, chart: InsetChart):
        self._told, self._chart = told, chart
        self._made: dict[str, list[InkMark]] = {}
        self._steps = max(float(course.steps[-1]) for course in told.courses)
        self._moves = bool(told.places(0.0))
        self._courses = [
            self._courses_of(kind, area) for kind, area in zip(settings.of, self._areas(settings), strict=True)
        ]
        self._kinds = settings.of
        self._places = list(self._areas(settings))

    def _areas(self, settings: CurvesInset) -> list[tuple[float, float, float, float]]:
        """Returns where each of the curves is drawn, with a line of words over each."""
        left, top, right, bottom = (float(edge) for edge in self._chart.box)
        size, count = self._chart.size, len(settings.of)
        left += self._gutter(settings)
        foot = 1.35 * size
        high = (bottom - foot - top) / count
        return [(left, top + n * high + HEADING * size, right, top + (n + 1) * high - 0.5 * size) for n in range(count)]

    def _gutter(self, settings: CurvesInset) -> float:
        """Returns the width of the numbers at the ends of the scales, and of the space beside them."""
        ends = [text for kind in settings.of for text in self._ends(kind)]
        return max(self._chart.wide(text, SMALL) for text in ends) + 0.5 * self._chart.size

    def _ends(self, kind: str) -> tuple[str, str]:
        """Returns what the lowest and the highest value of a scale are called."""
        low, high = self._range(kind)
        return ("0", "100 %") if kind == "accuracy" else (short_loss(low, 2), short_loss(high, 2))

    def _courses_of(self, kind: str, area: tuple[float, float, float, float]) -> list[DrawnCourse]:
        found, told = [], self._told
        series = self._series(kind)
        low, high = self._range(kind)
        for number, (course, values) in enumerate(zip(told.courses, series, strict=True)):
            share = self._place(kind, values, low, high)
            columns = area[0] + (area[2] - area[0]) * course.steps / max(self._steps, 1.0)
            rows = area[3] - (area[3] - area[1]) * share
            found.append(
                DrawnCourse(
                    f"{kind} {number}", np.stack([columns, rows], 1), values, told.colours[number], kind != "loss"
                )
            )
        return found

    def _series(self, kind: str) -> list[np.ndarray]:
        """Returns the values (T,) of each path."""
        return [course.loss if kind == "loss" else course.accuracy for course in self._told.courses]

    def _range(self, kind: str) -> tuple[float, float]:
        """Returns the lowest and the highest value that is drawn: 0 to 1 of an accuracy."""
        if kind == "accuracy":
            return 0.0, 1.0
        known = np.concatenate([values[np.isfinite(values)] for values in self._series(kind)])
        if not len(known):
            return 0.0, 1.0
        if self._told.floor is not None:
            known = np.maximum(known, self._told.floor)
            return float(known.min()), max(float(known.max()), 1.0001 * float(known.min()))
        return min(0.0, float(known.min())), max(float(known.max()), 1e-12)

    def _place(self, kind: str, values: np.ndarray, low: float, high: float) -> np.ndarray:
        if kind == "loss" and self._told.floor is not None:
            whole = np.log(high / low)
            return np.asarray(np.log(np.maximum(values, self._told.floor) / low) / whole)
        return np.asarray((values - low) / (high - low))

    def _lines(self, course: DrawnCourse) -> list[InkMark]:
        """Returns a whole curve as lines, made once."""
        if course.name not in self._made:
            pieces = pieces_of(course.points)
            self._made[course.name] = [self._chart.lines(thinned(piece), WIDE, course.colour) for piece in pieces]
        return self._made[course.name]

    def still(self) -> InsetMarks:
        """Returns what does not change."""
        chart, told, drawn = self._chart, self._told, InsetMarks()
        for kind, area, courses in zip(self._kinds, self._places, self._courses, strict=True):
            for text, row in zip(self._ends(kind), (area[3], area[1]), strict=True):
                drawn.add(chart.words(text, area[0] - 0.5 * chart.size, row + 0.27 * chart.size, 1.0, SMALL))
            drawn.add(chart.faint([(area[0], area[3]), (area[2], area[3])]))
            for course in courses:
                for line in self._lines(course):
                    drawn.add(InkMark(line.ink.faded(AHEAD), line.colour) if self._moves else line)
            if not self._moves:
                drawn.add(*self._head(kind, area))
        row = chart.box.bottom - 0.2 * chart.size
        drawn.add(chart.words("0", self._places[0][0], row, size=SMALL))
        drawn.add(chart.words(f"{int(self._steps):,} {say(told.language, 'steps')}", chart.box.right, row, 1.0, SMALL))
        return drawn

    def moving(self, time: float) -> InsetMarks:
        """Returns what changes: the curves so far, their marks and values; nothing where no step is at hand."""
        chart, drawn, places = self._chart, InsetMarks(), self._told.places(time)
        if not self._moves:
            return drawn
        for kind, area, courses in zip(self._kinds, self._places, self._courses, strict=True):
            column = float(courses[0].points[places[0]][0])
            drawn.add(chart.faint([(column, area[1]), (column, area[3])]))
            for at, course in zip(places, courses, strict=True):
                drawn.add(*(before(line, float(course.points[at][0])) for line in self._lines(course)))
                if np.isfinite(course.points[at]).all():
                    drawn.add(
                        chart.dot((float(course.points[at][0]), float(course.points[at][1])), 0.42, course.colour)
                    )
            drawn.add(*self._head(kind, area, courses[0].value(places[0]) if len(courses) == 1 else ""))
        return drawn

    def _head(self, kind: str, area: tuple[float, float, float, float], value: str = "") -> list[InkMark]:
        """Returns the words over a curve."""
        chart = self._chart
        top = replace(chart, box=chart.box._replace(top=round(area[1] - HEADING * chart.size)))
        return top.head(self._called(kind), value)

    def _called(self, kind: str) -> str:
        language = self._told.language
        name = say(language, kind) if self._moves else say(language, "in training", say(language, kind))
        return f"{name}, {say(language, 'log scale')}" if self._is_log(kind) else name

    def _is_log(self, kind: str) -> bool:
        return kind == "loss" and self._told.floor is not None


def before(line: InkMark, column: float) -> InkMark:
    """Returns the part of a line that lies left of a column of pixels, and in it."""
    own = line.ink
    left = own.columns <= column
    return InkMark(Ink(own.rows[left], own.columns[left], own.coverage[left]), line.colour)


def pieces_of(points: np.ndarray) -> list[np.ndarray]:
    """Returns the stretches of at least two points (T, 2) that are known."""
    known = np.isfinite(points).all(axis=1)
    runs = np.split(np.arange(len(points)), np.flatnonzero(np.diff(known.astype(int))) + 1)
    return [points[run] for run in runs if len(run) > 1 and known[run[0]]]


def thinned(points: np.ndarray) -> np.ndarray:
    """Returns points (T, 2) of a curve with at most the first, lowest, highest and last of each column of pixels."""
    column = np.floor(points[:, 0]).astype(int)
    edges = np.flatnonzero(np.diff(column)) + 1
    kept: set[int] = {0, len(points) - 1}
    for start, end in zip([0, *edges], [*edges, len(points)], strict=True):
        rows = points[start:end, 1]
        kept |= {start, end - 1, start + int(rows.argmin()), start + int(rows.argmax())}
    return np.asarray(points[sorted(kept)])
