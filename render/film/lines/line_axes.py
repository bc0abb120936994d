"""The axes of a line: fine lines and true numbers, in the ink and the letters of the look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from render.film.furniture.rule import thinned
from render.film.furniture.strokes import stroke
from render.film.lines.chart import Chart
from render.film.lines.line_take import LineTake
from render.film.lines.rolling_balls import middle_of
from render.film.words import ink
from render.film.words.figures import short_loss
from render.film.words.ground import Dress
from render.film.words.ink import line_ink, line_width
from render.film.words.layout import Box
from render.film.words.sheet import Sheet
from render.scene.words import say

SIZE = 0.92  # of numbers / size of the caption
FINE = 1.2  # width of a line, pixels of 1080 rows
FAINT, GRID, QUIET = 0.5, 0.07, 0.8  # opacity of the axis, of the lines across the chart, and of numbers
TICK = 0.35  # length of a mark / size
AXIS, LABEL = 1.75, 3.4  # from the foot of the chart to the baselines of numbers and of what the axis is / size
RISE = 1.0  # from the top of the chart to the baseline of what stands over it / size
OVER, BESIDE = 0.5, 1.2  # from the middle of a ball to the baseline and the edge of its slope / size
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of accuracy
LEAST = 0.35  # of the picture's height, that a chart keeps however many words there are
ACCURACY = 2.2  # width of its curve, pixels of 1080 rows


@dataclass(frozen=True)
class LineAxes:
    """The words of the axes, and where they stand."""

    chart: Chart
    sheet: Sheet
    room: Box  # of all that belongs to the chart, pixels
    across: str  # what α is
    language: Mapping[str, str]

    @property
    def size(self) -> float:
        """Size of the letters, pixels."""
        return SIZE * self.sheet.size


def axes_of(take: LineTake, sheet: Sheet, room: Box, across: str, language: Mapping[str, str]) -> LineAxes:
    """Returns the axes of a line on a sheet, as large as the room that words and insets leave to them."""
    size = SIZE * sheet.size
    top = room.top + (RISE + 1.2) * size
    bottom = max(room.bottom - (LABEL + 1.4) * size, top + LEAST * sheet.height)
    ends = float(take.alphas[0]), float(take.alphas[-1])
    bare = Chart(0.0, top, 1.0, bottom, ends, take.scale, sheet.height / 1080)
    wide = max((line_width(short_loss(loss), sheet.text, size) for loss in bare.loss_ticks()), default=0.0)
    left = room.left + wide + 1.2 * size
    right = room.right - (line_width("100 %", sheet.text, size) + 1.2 * size if take.shot.accuracy else 0.0)
    chart = Chart(left, top, right, bottom, ends, take.scale, bare.unit)
    return LineAxes(chart.of(take.cut) if take.cut else chart, sheet, room, across, language)


def draw_axes(pixels: np.ndarray, take: LineTake, axes: LineAxes, dress: Dress) -> None:
    """Draws the axes of a line on a picture (H, W, 3) uint8, in place."""
    _draw_losses(pixels, axes, dress)
    _draw_alphas(pixels, axes, dress)
    accuracy = take.accuracy
    if accuracy is not None:
        _draw_accuracy(pixels, take, accuracy, axes, dress)


def _draw_losses(pixels: np.ndarray, axes: LineAxes, dress: Dress) -> None:
    chart, size = axes.chart, axes.size
    losses = chart.loss_ticks()
    rows = chart.row(np.array(losses))
    for number in thinned(rows, size):
        row = float(rows[number])
        _line(pixels, [(chart.left, row), (chart.right, row)], axes, dress, GRID)
        text = short_loss(losses[number])
        left = chart.left - 0.8 * size - line_width(text, axes.sheet.text, size)
        _write(pixels, text, (left, row + 0.36 * size), axes, dress)
    _write(pixels, say(axes.language, "loss"), (chart.left, chart.top - RISE * size), axes, dress)


def _draw_alphas(pixels: np.ndarray, axes: LineAxes, dress: Dress) -> None:
    chart, size = axes.chart, axes.size
    _line(pixels, [(chart.left, chart.bottom), (chart.right, chart.bottom)], axes, dress, FAINT)
    for alpha in chart.alpha_ticks():
        column, text = float(chart.column(np.array(alpha))), short_loss(alpha)
        _line(pixels, [(column, chart.bottom), (column, chart.bottom + TICK * size)], axes, dress, FAINT)
        left = column - line_width(text.replace("−", ""), axes.sheet.text, size) / 2
        left -= line_width("−", axes.sheet.text, size) if text.startswith("−") else 0.0  # digits stand over their place
        _write(pixels, text, (left, chart.bottom + AXIS * size), axes, dress)
    wide, room = line_width(axes.across, axes.sheet.text, size), axes.room
    smaller = min(1.0, (room.right - room.left) / max(wide, 1e-9))
    left = min((chart.left + chart.right - smaller * wide) / 2, room.right - smaller * wide)
    _write(pixels, axes.across, (max(room.left, left), chart.bottom + LABEL * size), axes, dress, smaller=smaller)


def _draw_accuracy(pixels: np.ndarray, take: LineTake, accuracy: np.ndarray, axes: LineAxes, dress: Dress) -> None:
    chart, size = axes.chart, axes.size
    points = np.stack([chart.column(take.alphas), chart.share_row(accuracy)], axis=1)
    known = np.isfinite(accuracy)
    if known.sum() > 1:
        ink.paint(pixels, stroke(points[known], ACCURACY * chart.unit).faded(QUIET), dress.ink)
    rows = chart.share_row(np.array(SHARES))
    for number in thinned(rows, size):
        text = f"{100 * SHARES[number]:g} %"
        _write(pixels, text, (chart.right + 0.8 * size, float(rows[number]) + 0.36 * size), axes, dress)
    text = say(axes.language, "accuracy")
    left = axes.room.right - line_width(text, axes.sheet.text, size)
    _write(pixels, text, (left, chart.top - RISE * size), axes, dress)


def draw_slopes(pixels: np.ndarray, take: LineTake, axes: LineAxes, dress: Dress, time: float) -> None:
    """Writes over every ball the slope of its tangent, per unit of the axis as it is drawn.

    Its step comes of it. Nothing is written where another's words, or another ball, stand already.
    """
    if not take.shot.tangent or take.balls is None:
        return
    (whole, _), size = take.step(time), axes.size
    on_it = {n: float(a) for n, a in enumerate(take.places(time)) if take.alphas[0] <= a <= take.alphas[-1]}
    middles = {ball: middle_of(take, axes.chart, place) for ball, place in on_it.items()}
    taken: list[tuple[float, float, float]] = []
    for ball, (x, y) in middles.items():
        text = f"{say(axes.language, 'slope')} {short_loss(float(take.balls.rise[ball, whole]))}"
        wide, row = line_width(text, axes.sheet.text, size), y - OVER * size
        beside = BESIDE * size if take.balls.slope[ball, whole] <= 0 else -BESIDE * size - wide  # over open ground
        left = min(max(x + beside, axes.chart.left + 0.5 * size), axes.chart.right - wide)
        balls = ((column - size, line, 2 * size) for other, (column, line) in middles.items() if other != ball)
        share = min((_clear(left, row, wide, other, size) for other in (*taken, *balls)), default=1.0)
        _write(pixels, text, (left, row), axes, dress, share)
        taken.append((left, row, wide))


def _clear(left: float, row: float, wide: float, other: tuple[float, float, float], size: float) -> float:
    """Returns how far words stand beside others, 0 where they touch and 1 where they are well apart."""
    begin, line, length = other
    across = max(begin - left - wide, left - begin - length)
    return float(np.clip(max(across / (2 * size), (abs(row - line) - size) / size), 0, 1))


def _line(
    pixels: np.ndarray, points: Sequence[tuple[float, float]], axes: LineAxes, dress: Dress, share: float
) -> None:
    drawn = stroke(np.array(points), max(1.0, FINE * axes.chart.unit)).faded(share)
    ink.paint(pixels, drawn, dress.ink)


def _write(
    pixels: np.ndarray,
    text: str,
    place: tuple[float, float],
    axes: LineAxes,
    dress: Dress,
    share: float = 1.0,
    *,
    smaller: float = 1.0,
) -> None:
    """Writes a line of text whose baseline begins at a place, column and row."""
    drawn = line_ink(text, axes.sheet.text, smaller * axes.size).moved(round(place[0]), round(place[1]))
    ink.paint(pixels, drawn.faded(share * max(QUIET, dress.quiet)), dress.ink)
