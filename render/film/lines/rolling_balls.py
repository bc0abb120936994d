"""What moves on a line: balls that lie on the curve, the way they have come, and their tangents."""

from __future__ import annotations

import numpy as np

from render.film.easing import smooth
from render.film.lines.chart import Chart
from render.film.lines.easel import Easel
from render.film.lines.line_take import LineTake
from render.film.lines.profile_body import LineBody
from render.film.lines.tangents import draw_tangent, on_curve, touch_of
from render.film.words.ink import Ink
from render.scene.pathlight import PathLight
from render.stage.light.fire import is_flat, path_colours

RADIUS = 2.2  # of a ball / width of the look's path nearby
STEP = 0.28  # radius of the bead that marks a step / radius of the ball
HOT = 0.75  # share of white in the middle of a ball that glows
FLARE = 0.9  # light of its halo / its colour, at glow 1
TRAIL = 0.55  # light of the way it has come / its colour, at glow 1
SOFT = 26.0  # pixels of 1080 rows, over which the glow of a way ends


def draw_moving(take: LineTake, chart: Chart, body: LineBody, time: float) -> np.ndarray:
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
            draw_tangent(easel, take, chart, body.paper, (ball, colours[ball], time))
    for ball in seen:
        _draw_ball(easel, take.look.path, chart, touch_of(take, chart, float(places[ball])), colours[ball])
    return easel.light


def _draw_way(easel: Easel, take: LineTake, chart: Chart, body: LineBody, which: tuple[int, np.ndarray, float]) -> None:
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
    soft = SOFT * chart.unit
    low, high = max(0, int(first - 4 * soft)), min(easel.light.shape[1], int(last + 4 * soft) + 1)
    box = (slice(0, easel.light.shape[0]), slice(low, high))
    nearest = body.nearest[box] + 0.5
    if not is_flat(take.look.path):
        ends = smooth((nearest - first) / soft + 0.5) * smooth((last - nearest) / soft + 0.5)
        glow = TRAIL * min(1.0, take.look.path.glow) * body.halo[box] * ends
        easel.shine(box, glow[..., None] * colour)
    over = np.clip(nearest - first + 0.5, 0, 1) * np.clip(last - nearest + 0.5, 0, 1)
    share = (0.9 * body.curve[box] * over)[..., None]
    easel.light[box] += (colour - easel.light[box]) * share
    radius = STEP * RADIUS * take.look.path.width[0] * chart.unit
    for place in dict.fromkeys(float(step) for step in steps if take.alphas[0] <= step <= take.alphas[-1]):
        x, y = on_curve(take, chart, place)
        if np.isfinite(y):
            easel.lay(_disc(easel, x, y, radius), np.ones(3) if not body.paper else colour)


def middle_of(take: LineTake, chart: Chart, place: float) -> tuple[float, float]:
    """Returns column and row of the middle of a ball at a place of the line."""
    x, y, up_x, up_y = touch_of(take, chart, place)
    radius = RADIUS * take.look.path.width[0] * chart.unit
    return x + radius * up_x, y + radius * up_y


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
        fade *= np.clip(1 - away / (9 * radius), 0, 1)
        easel.shine(box, (FLARE * min(1.5, style.glow) * fade)[..., None] * colour)
    box, away = easel.around(x, y, radius + 2)
    cover = np.clip(radius + 0.5 - away, 0, 1)[..., None]
    white = 0.0 if flat else HOT * np.clip(1 - (away / radius) ** 2, 0, 1)[..., None]
    own = colour + white * (1 - colour)
    easel.light[box] += (own - easel.light[box]) * cover


def _disc(easel: Easel, x: float, y: float, radius: float) -> Ink:
    (rows, columns), away = easel.around(x, y, radius + 1)
    cover = np.clip(radius + 0.5 - away, 0, 1)
    down, across = np.nonzero(cover)
    return Ink(down + rows.start, across + columns.start, cover[down, across])
