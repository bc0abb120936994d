"""What moves on a line: balls that lie on the curve, the way they have come, their tangents and their next steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.film.furniture.strokes import stroke
from render.film.lines.chart import Chart
from render.film.lines.line_take import LineTake
from render.film.lines.profile_body import Body
from render.film.words.ink import Ink
from render.scene.pathlight import PathLight
from render.stage.light.fire import is_flat, path_colours

RADIUS = 2.2  # of a ball / width of the look's path nearby
STEP = 0.28  # radius of the bead that marks a step / radius of the ball
TANGENT = 0.11  # length of a tangent to either side / width of the chart
FINE = 48  # points of a tangent, which bends where the scale is logarithmic
THIN = 2.0  # width of tangents and steps, pixels of 1080 rows
HOT = 0.75  # share of white in the middle of a ball that glows
FLARE = 0.9  # light of its halo / its colour, at glow 1
TRAIL = 0.55  # light of the way it has come / its colour, at glow 1
DASH = 9.0  # length of a dash and of a gap, pixels of 1080 rows
SOFT = 6.0  # pixels over which the glow of a way ends
STEEP = 1.0  # pixels to either side over which the slope of the drawn curve is taken


@dataclass(frozen=True)
class Easel:
    """A picture in linear light that things are laid on, in place."""

    light: np.ndarray  # (H, W, 3)

    def lay(self, ink: Ink, colour: np.ndarray, share: float = 1.0) -> None:
        """Mixes a colour (3,) in where ink covers."""
        ink = ink.within(self.light.shape[1], self.light.shape[0])
        under = self.light[ink.rows, ink.columns]
        self.light[ink.rows, ink.columns] = under + (colour - under) * (share * ink.coverage)[:, None]

    def shine(self, box: tuple[slice, slice], light: np.ndarray) -> None:
        """Adds light (h, w, 3) to a part, which never grows whiter than white."""
        self.light[box] = 1 - (1 - self.light[box]) * (1 - np.clip(light, 0, 1))

    def around(self, x: float, y: float, reach: float) -> tuple[tuple[slice, slice], np.ndarray]:
        """Returns the part within a reach of a place, pixels, and the distance (h, w) of its pixels from there."""
        height, width = self.light.shape[:2]
        rows = slice(max(0, int(y - reach)), min(height, int(y + reach) + 2))
        columns = slice(max(0, int(x - reach)), min(width, int(x + reach) + 2))
        across = np.arange(columns.start, max(columns.start, columns.stop)) + 0.5 - x
        down = np.arange(rows.start, max(rows.start, rows.stop)) + 0.5 - y
        return (rows, columns), np.hypot(down[:, None], across)


def draw_moving(take: LineTake, chart: Chart, body: Body, time: float) -> np.ndarray:
    """Returns the picture of a line at a time of its shot, seconds, in linear light (H, W, 3), without words."""
    easel = Easel(body.light.copy())
    if take.balls is None:
        return easel.light
    places, colours = take.places(time), path_colours(take.look.path)
    seen = [ball for ball, place in enumerate(places) if take.alphas[0] <= place <= take.alphas[-1]]
    for ball in range(len(places)):
        _draw_way(easel, take, chart, body, (ball, colours[ball], time))
    for ball in seen:
        if take.shot.tangent:
            _draw_tangent(easel, take, chart, (ball, colours[ball], time))
    for ball in seen:
        _draw_ball(easel, take.look.path, chart, _touch(take, chart, float(places[ball])), colours[ball])
    return easel.light


def _draw_way(easel: Easel, take: LineTake, chart: Chart, body: Body, which: tuple[int, np.ndarray, float]) -> None:
    """Draws the part of the curve that a ball has come over, and a bead where each of its steps ended."""
    ball, colour, time = which
    whole, _ = take.step(time)
    assert take.balls is not None
    steps = take.balls.alpha[ball, : whole + 1]
    been = np.append(steps, take.places(time)[ball])
    been = been[np.isfinite(been)].clip(take.alphas[0], take.alphas[-1])
    if not been.size:
        return
    first, last = chart.column(np.array([been.min(), been.max()]))
    low, high = max(0, int(first - SOFT) - 40), min(easel.light.shape[1], int(last + SOFT) + 40)
    box = (slice(0, easel.light.shape[0]), slice(low, high))
    nearest = body.nearest[box] + 0.5
    if not is_flat(take.look.path):
        soft = np.clip((nearest - first) / SOFT + 1, 0, 1) * np.clip((last - nearest) / SOFT + 1, 0, 1)
        glow = TRAIL * min(1.0, take.look.path.glow) * body.halo[box] * soft
        easel.shine(box, glow[..., None] * colour)
    over = np.clip(nearest - first + 0.5, 0, 1) * np.clip(last - nearest + 0.5, 0, 1)
    share = (0.9 * body.curve[box] * over)[..., None]
    easel.light[box] += (colour - easel.light[box]) * share
    radius = STEP * RADIUS * take.look.path.width[0] * chart.unit
    for place in dict.fromkeys(float(step) for step in steps if take.alphas[0] <= step <= take.alphas[-1]):
        x, y = _on_curve(take, chart, place)
        if np.isfinite(y):
            easel.lay(_disc(easel, x, y, radius), np.ones(3) if not body.paper else colour)


def _draw_tangent(easel: Easel, take: LineTake, chart: Chart, which: tuple[int, np.ndarray, float]) -> None:
    """Draws the tangent of the loss where a ball stands, and its next step: as long as it is, and down to the curve."""
    ball, colour, time = which
    whole, part = take.step(time)
    assert take.balls is not None
    here, rise = take.balls.alpha[ball, whole], take.balls.rise[ball, whole]
    if not np.isfinite(rise) or not take.alphas[0] <= here <= take.alphas[-1]:
        return
    x, y = _on_curve(take, chart, float(here))
    wide = TANGENT * (chart.right - chart.left)
    columns = x + np.linspace(-3 * wide, 3 * wide, 3 * FINE)
    height = take.loss_at(np.array([here]))[0] + rise * (chart.alpha(columns) - here)
    rows = chart.row(height)
    near = np.isfinite(rows) & (np.hypot(columns - x, rows - y) <= wide) & (rows > chart.top) & (rows < chart.bottom)
    if near.sum() > 1:
        easel.lay(_faded(stroke(np.stack([columns, rows], 1)[near], THIN * chart.unit), (x, y), wide), colour, 1 - part)
    if whole < take.balls.steps:
        there = float(take.balls.alpha[ball, whole + 1])
        if take.alphas[0] <= there <= take.alphas[-1]:
            end, foot = _on_curve(take, chart, there)
            for line in _dashes(np.array([[x, y], [end, y], [end, foot]]), DASH * chart.unit):
                easel.lay(stroke(line, 0.75 * THIN * chart.unit), colour, 0.7 * (1 - part))


def _draw_ball(
    easel: Easel, style: PathLight, chart: Chart, touch: tuple[float, float, float, float], colour: np.ndarray
) -> None:
    """Draws a ball that lies on the curve, at its touch: column and row, and the way up from the curve there."""
    x, y, up_x, up_y = touch
    if not np.isfinite(y):
        return
    radius = RADIUS * style.width[0] * chart.unit
    x, y = x + radius * up_x, y + radius * up_y
    flat = is_flat(style)
    if not flat:
        box, away = easel.around(x, y, 9 * radius)
        fade = np.exp(-((away / (1.5 * radius)) ** 2)) + 0.22 * np.exp(-away / (2.2 * radius))
        easel.shine(box, (FLARE * min(1.5, style.glow) * fade)[..., None] * colour)
    box, away = easel.around(x, y, radius + 2)
    cover = np.clip(radius + 0.5 - away, 0, 1)[..., None]
    white = 0.0 if flat else HOT * np.clip(1 - (away / radius) ** 2, 0, 1)[..., None]
    own = colour + white * (1 - colour)
    easel.light[box] += (own - easel.light[box]) * cover


def _touch(take: LineTake, chart: Chart, place: float) -> tuple[float, float, float, float]:
    """Returns where a ball touches the drawn curve, and the unit vector that leads up from it there."""
    x, y = _on_curve(take, chart, place)
    beside = x + np.array([-STEEP, STEEP]) * chart.unit
    rows = chart.row(take.loss_at(chart.alpha(beside.clip(chart.left, chart.right))))
    slope = float(np.diff(rows)[0] / (2 * STEEP * chart.unit)) if np.isfinite(rows).all() else 0.0
    size = float(np.hypot(slope, 1.0))
    return x, y, slope / size, -1.0 / size


def _on_curve(take: LineTake, chart: Chart, place: float) -> tuple[float, float]:
    """Returns column and row of the curve at a place of the line, no higher than the chart."""
    row = float(chart.row(take.loss_at(np.array([place])))[0])
    return float(chart.column(np.array(place))), max(row, chart.top)


def _disc(easel: Easel, x: float, y: float, radius: float) -> Ink:
    (rows, columns), away = easel.around(x, y, radius + 1)
    cover = np.clip(radius + 0.5 - away, 0, 1)
    down, across = np.nonzero(cover)
    return Ink(down + rows.start, across + columns.start, cover[down, across])


def _faded(ink: Ink, middle: tuple[float, float], reach: float) -> Ink:
    """Returns ink that dies out towards a reach from a place, pixels."""
    away = np.hypot(ink.columns + 0.5 - middle[0], ink.rows + 0.5 - middle[1]) / reach
    return Ink(ink.rows, ink.columns, ink.coverage * np.clip(1 - away, 0, 1) ** 0.7)


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
