"""The body of a line: the ground under its curve, in the palette by height as a cut through a terrain shows it.

It is drawn in linear light once for a shot; what moves is laid over it. Coverage of the ground is exact along columns;
the curve is a stroke with soft edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from render.film.easing import smooth
from render.film.furniture.strokes import stroke
from render.film.lines.chart import FOOT, HEAD, Chart
from render.film.lines.line_take import LineTake
from render.scene.look import LookPreset
from render.stage.colour import LUMA, linear_of, places_of, table_of

FINE = 4  # sub-columns of a column
WIDTH = 3.0  # of the curve, pixels of 1080 rows
LEG = 2.0  # pixels between the points of the curve as it is drawn
DEEP = 0.2  # of the chart's height, over which the ground fades below its curve
FOOTING = 0.6  # of the height under the lowest loss, over which the ground ends
BRIGHT = 0.8  # share of the palette in the ground right under the curve; 1 hides what is behind it
SEAM = 0.3  # share of white, or of black on pale ground, in the lines of the strata at strength 1
PALE = 0.3  # luminance of a background, from which on it is paper
HALO = 14.0  # width of the curve's glow, pixels of 1080 rows
CURVE_GLOW = 0.22  # light of that glow / colour of the curve, at bloom 1
LIFT, LIFT_GREY = 0.2, 0.3  # light behind the curve / lift of the background, and how grey it is; 1 is a fog
WHITER, INKED = 0.5, 0.85  # share of white in the curve on dark ground, and of the ink of words on paper


@dataclass(frozen=True)
class LineBody:
    """The ground of a line on a picture, and what of it serves what moves."""

    light: np.ndarray  # (H, W, 3) linear
    curve: np.ndarray  # (H, W) coverage by a stroke of twice the curve's width
    halo: np.ndarray  # (H, W) in 0..1, how near the curve is
    nearest: np.ndarray  # (H, W) the column of the curve that is nearest
    paper: bool  # whether the background is pale


def body_of(take: LineTake, chart: Chart, size: tuple[int, int]) -> LineBody:
    """Returns the ground of a line on a picture of a size."""
    look, (width, height) = take.look, size
    ground = linear_of(look.background.colour)
    paper = float(ground @ LUMA) > PALE
    palette = _palette(take)
    light = ground + _lift(look, chart, size)
    rows, columns = np.arange(height) + 0.5, np.arange(width) + 0.5
    curve = chart.row(take.loss_at(chart.alpha(columns.clip(chart.left, chart.right))))
    colours = _strata(look, chart, rows, palette, paper)
    light = _mixed(light, colours[:, None], _cover(take, chart, (rows, columns), curve))
    thin, thick = (_covered(take, chart, size, factor * WIDTH * chart.unit) for factor in (1.0, 2.0))
    level = np.nan_to_num(chart.level(curve)).clip(0, 1)
    own = palette[np.rint(level * (len(palette) - 1)).astype(int)]
    other, share = (linear_of(look.text), INKED) if paper else (np.ones(3), WHITER)
    colour = own + share * (other - own)
    away, nearest = _away(thin)
    halo = np.exp(-((away / chart.unit / HALO) ** 2))
    if not paper and look.path.glow:
        glow = CURVE_GLOW * look.bloom * halo[..., None] * own[nearest]
        on = np.clip((columns - chart.left) / HALO + 1, 0, 1) * np.clip((chart.right - columns) / HALO + 1, 0, 1)
        light = 1 - (1 - light) * (1 - np.clip(on[:, None] * glow, 0, 1))
    light = _mixed(light, np.broadcast_to(colour, light.shape), thin)
    return LineBody(light, thick, halo, nearest, paper)


def _away(cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the distance (H, W) of every pixel from a covered one, pixels, and the column of that one."""
    covered = cover >= 0.5
    if not covered.any():
        return np.full(cover.shape, np.inf), np.broadcast_to(np.arange(cover.shape[1]), cover.shape)
    away, (_, columns) = distance_transform_edt(~covered, return_indices=True)
    return away, columns


def _palette(take: LineTake) -> np.ndarray:
    """Returns the colours of levels from 0 to 1, (n, 3) linear."""
    look, levels = take.look, take.levels
    return table_of(look.palette, places_of(levels, look.palette_gamma, look.palette_balance)).astype(np.float64)


def _lift(look: LookPreset, chart: Chart, size: tuple[int, int]) -> np.ndarray:
    """Returns the light that a look adds behind its object, (H, W, 3)."""
    across = (np.arange(size[0]) - (chart.left + chart.right) / 2) / max(1.0, chart.right - chart.left)
    down = (np.arange(size[1]) - chart.bottom) / max(1.0, chart.tall)
    away2 = across**2 + (0.55 * down[:, None]) ** 2
    grey = linear_of(look.background.colour)
    hue = LIFT_GREY + (1 - LIFT_GREY) * grey / max(float(grey.max()), 1e-6)
    return np.asarray((LIFT * look.background.lift * np.clip(1 - away2 / 0.7, 0, 1) ** 2)[..., None] * hue)


def _strata(look: LookPreset, chart: Chart, rows: np.ndarray, palette: np.ndarray, paper: bool) -> np.ndarray:
    """Returns the colour of the ground in each row, (H, 3), with the lines of its strata."""
    level = chart.level(rows).clip(0, 1)
    colour = palette[np.rint(level * (len(palette) - 1)).astype(int)]
    seam = 0 * rows if paper else _seams(look, chart, rows)
    return np.asarray(colour + SEAM * seam[:, None] * (1 - colour))


def _cover(take: LineTake, chart: Chart, places: tuple[np.ndarray, np.ndarray], curve: np.ndarray) -> np.ndarray:
    """Returns how much of the ground each pixel shows, (H, W): all of it right under the curve, none at the foot."""
    rows, columns = places
    fine = (np.arange(len(columns) * FINE) + 0.5) / FINE
    top = np.nan_to_num(chart.row(take.loss_at(chart.alpha(fine))).reshape(-1, FINE), nan=np.inf)
    cover = np.mean([np.clip(rows[:, None] + 0.5 - top[:, k], 0, 1) for k in range(FINE)], axis=0)
    cover *= (np.clip(chart.bottom - rows + 0.5, 0, 1) * np.clip(rows + 0.5 - chart.top, 0, 1))[:, None]
    below = np.maximum(0, rows[:, None] - np.nan_to_num(curve, nan=np.inf)) / chart.tall
    foot = smooth((chart.bottom - rows) / (FOOTING * FOOT * chart.tall))[:, None]
    return np.asarray(cover * BRIGHT * np.exp(-below / DEEP) * foot)


def _seams(look: LookPreset, chart: Chart, rows: np.ndarray) -> np.ndarray:
    """Returns how much of the line of a stratum each row shows, (H,)."""
    count = look.contours.count
    if not count or not look.contours.strength:
        return np.zeros(len(rows))
    place = chart.level(rows) * count
    apart = abs(place - np.rint(place)) / count * (1 - FOOT - HEAD) * chart.tall  # pixels
    return np.asarray(look.contours.strength * np.clip(0.5 * chart.unit + 0.5 - apart, 0, 1) * (np.rint(place) >= 0))


def _covered(take: LineTake, chart: Chart, size: tuple[int, int], width: float) -> np.ndarray:
    """Returns how much of each pixel a stroke along the curve covers, (H, W), within the chart."""
    columns = np.linspace(chart.left, chart.right, max(2, round((chart.right - chart.left) / LEG)))
    cover = np.zeros((size[1], size[0]))
    for piece in pieces_of(np.stack([columns, chart.row(take.loss_at(chart.alpha(columns)))], axis=1), chart):
        ink = stroke(piece, width).within(*size)
        np.maximum.at(cover, (ink.rows, ink.columns), ink.coverage)
    return cover


def pieces_of(points: np.ndarray, chart: Chart) -> list[np.ndarray]:
    """Returns the stretches (m, 2) of a curve that are known and lie on the chart."""
    on = np.isfinite(points[:, 1]) & (points[:, 1] >= chart.top) & (points[:, 1] <= chart.bottom)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [points[start:end] for start, end in edges.reshape(-1, 2) if end - start > 1]


def _mixed(light: np.ndarray, colour: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.asarray(light + (colour - light) * share[..., None])
