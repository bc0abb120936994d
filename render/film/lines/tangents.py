"""Tangents: the slope of the loss at every ball, and the step that follows from it.

A slope is known at steps; between two the tangent turns evenly from the one to the other.
"""

from __future__ import annotations

import numpy as np

from render.film.furniture.strokes import stroke
from render.film.lines.chart import Chart
from render.film.lines.easel import Easel
from render.film.lines.line_take import LineTake
from render.film.words.ink import Ink

TANGENT = 0.13  # length to either side / width of the chart
FINE = 240  # points, since it bends where the scale is logarithmic
THIN = 2.6  # width of tangents and steps, pixels of 1080 rows
PALER = 0.55  # share of white in a tangent on dark ground
DASH = 9.0  # length of a dash and of a gap, pixels of 1080 rows
STEEP = 1.0  # pixels of 1080 rows to either side, over which the slope of the drawn curve is taken


def draw_tangent(easel: Easel, take: LineTake, chart: Chart, paper: bool, which: tuple[int, np.ndarray, float]) -> None:
    """Draws the tangent at a ball at a time of the shot, in its colour; and its next step, where it waits for that."""
    ball, colour, time = which
    here, rise = take.places(time)[ball], take.rises(time)[ball]
    if not np.isfinite(rise):
        return
    x, y = on_curve(take, chart, float(here))
    wide = TANGENT * (chart.right - chart.left)
    columns = np.linspace(max(chart.left, x - wide), min(chart.right, x + wide), FINE)
    rows = chart.row(take.loss_at(np.array([here]))[0] + rise * (chart.alpha(columns) - here))
    near = np.isfinite(rows) & (np.hypot(columns - x, rows - y) <= wide) & (rows > chart.top) & (rows < chart.bottom)
    if near.sum() > 1:
        line = stroke(np.stack([columns, rows], 1)[near], THIN * chart.unit)
        easel.lay(_faded(line, (x, y), wide), colour if paper else colour + PALER * (1 - colour))
    if take.waits:
        _draw_step(easel, take, chart, which)


def _draw_step(easel: Easel, take: LineTake, chart: Chart, which: tuple[int, np.ndarray, float]) -> None:
    """Draws the next step of a ball as long as it is, and from its end down to the curve, until it is gone."""
    ball, colour, time = which
    whole, part = take.step(time)
    assert take.balls is not None
    if whole >= take.balls.steps:
        return
    here, there = (float(take.balls.alpha[ball, step]) for step in (whole, whole + 1))
    if all(take.alphas[0] <= place <= take.alphas[-1] for place in (here, there)):
        (x, y), (end, foot) = on_curve(take, chart, here), on_curve(take, chart, there)
        for line in _dashes(np.array([[x, y], [end, y], [end, foot]]), DASH * chart.unit):
            easel.lay(stroke(line, 0.75 * THIN * chart.unit), colour, 0.7 * (1 - part))


def touch_of(take: LineTake, chart: Chart, place: float) -> tuple[float, float, float, float]:
    """Returns where a ball touches the drawn curve, and the unit vector that leads up from it there."""
    x, y = on_curve(take, chart, place)
    beside = x + np.array([-STEEP, STEEP]) * chart.unit
    rows = chart.row(take.loss_at(chart.alpha(beside.clip(chart.left, chart.right))))
    slope = float(np.diff(rows)[0] / (2 * STEEP * chart.unit)) if np.isfinite(rows).all() else 0.0
    size = float(np.hypot(slope, 1.0))
    return x, y, slope / size, -1.0 / size


def on_curve(take: LineTake, chart: Chart, place: float) -> tuple[float, float]:
    """Returns column and row of the curve at a place of the line, no higher than the chart."""
    row = float(chart.row(take.loss_at(np.array([place])))[0])
    return float(chart.column(np.array(place))), max(row, chart.top)


def _faded(ink: Ink, middle: tuple[float, float], reach: float) -> Ink:
    """Returns ink that dies out towards a reach from a place, pixels."""
    away = np.hypot(ink.columns + 0.5 - middle[0], ink.rows + 0.5 - middle[1]) / reach
    return Ink(ink.rows, ink.columns, ink.coverage * np.clip(2 * (1 - away), 0, 1))


def _dashes(points: np.ndarray, length: float) -> list[np.ndarray]:
    """Returns the dashes (2, 2) along a polyline (N, 2)."""
    legs = np.linalg.norm(np.diff(points, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(legs)])
    starts = np.arange(0.0, way[-1], 2 * length)
    ends = np.minimum(starts + length, way[-1])
    return [
        np.stack([np.interp([start, end], way, points[:, k]) for k in (0, 1)], axis=1)
        for start, end in zip(starts, ends, strict=True)
    ]
