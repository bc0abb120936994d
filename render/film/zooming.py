"""Zooming: what a shot shows between two windows of a zoom, each of which was measured by itself.

A picture is laid together of the two windows around it. Where the finer one reaches, it is shown; around it the coarser
one, blended between its cells, but never across the edge. How values become heights and colours changes evenly from
that of the one window to that of the next.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import map_coordinates

from render.landscape.series import Series
from render.space.grid import Grid
from render.stage.body.relief import Relief

EDGE_LEVEL = 0.5  # where ranks have the edge


def centre_of(series: Series) -> tuple[float, float]:
    """Returns where the point that stays lies, as shares of every window from its left and its lower end."""
    first, second = (landscape.surface.grid for landscape in series.landscapes[:2])
    return tuple(_fixed(*pair) for pair in ((first.alphas, second.alphas), (first.betas, second.betas)))  # type: ignore


def _fixed(outer: np.ndarray, inner: np.ndarray) -> float:
    """Returns the share of an axis at which a smaller, similar one within it lies at the same share."""
    shrunk = (inner[-1] - inner[0]) / (outer[-1] - outer[0])
    return float((inner[0] - outer[0]) / (outer[-1] - outer[0]) / (1 - shrunk))


def window_at(series: Series, index: float) -> Grid:
    """Returns the grid of the window at a fractional number of a stop."""
    first, factor = series.landscapes[0].surface.grid, float(series.record["series"]["factor"])
    axes = []
    for axis, centre in zip((first.alphas, first.betas), centre_of(series), strict=True):
        point, span = axis[0] + centre * (axis[-1] - axis[0]), (axis[-1] - axis[0]) * factor**-index
        axes.append(np.linspace(point - centre * span, point + (1 - centre) * span, len(axis)))
    return Grid(*axes)


def zoomed(series: Series, reliefs: Sequence[Relief], index: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns levels (n_β, n_α) float32 and which of them are of finite values, at a fractional number of a stop."""
    low = min(int(index), len(reliefs) - 2)
    share, factor = index - low, float(series.record["series"]["factor"])
    level, finite = _seen(series, reliefs, (low, low, share), factor**-share)
    inner, known = _seen(series, reliefs, (low + 1, low, share), factor ** (1 - share))
    within = ~np.isnan(inner)
    return np.where(within, inner, level).astype(np.float32), np.where(within, known, finite)


def magnified(times: float) -> str:
    """Returns a magnification in figures that do not jitter: ×1.0, ×37, ×4,100."""
    digits = 2 if times >= 9.95 else 1
    rounded = float(f"{times:.{max(digits, 2)}g}")
    return f"×{rounded:.1f}" if digits == 1 else f"×{rounded:,.0f}"


def _seen(
    series: Series, reliefs: Sequence[Relief], where: tuple[int, int, float], size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns what a picture of some size, in windows of a stop, shows of that stop: NaN beyond it.

    where: the stop; the one below the picture, whose scale counts for 1 − share; and that share.
    """
    stop, low, share = where
    losses = series.landscapes[stop].surface.loss
    scales = [reliefs[number].scale for number in (low, low + 1)]
    levels = (1 - share) * scales[0].level(losses) + share * scales[1].level(losses)
    rows, columns = (
        _places(count, own, centre, size)
        for count, own, centre in zip(reliefs[0].level.shape, losses.shape, reversed(centre_of(series)), strict=True)
    )
    row, column = np.meshgrid(rows, columns, indexing="ij")
    nearest = _at(levels, row, column, 0)
    smooth = _at(levels, row, column, 1)
    if scales[0].ranks is not None:
        smooth = np.where(nearest < EDGE_LEVEL, np.minimum(smooth, EDGE_LEVEL - 1e-4), np.maximum(smooth, EDGE_LEVEL))
    finite = _at(np.isfinite(losses).astype(np.float32), row, column, 0) == 1
    return smooth, finite


def _places(count: int, cells: int, centre: float, size: float) -> np.ndarray:
    """Returns where the cells of a picture lie among those of a stop along an axis."""
    places = (centre + (np.linspace(0, 1, count) - centre) * size) * (cells - 1)
    return np.where((places >= -1e-6) & (places <= cells - 1 + 1e-6), np.clip(places, 0, cells - 1), np.nan)


def _at(values: np.ndarray, row: np.ndarray, column: np.ndarray, order: int) -> np.ndarray:
    inside = ~(np.isnan(row) | np.isnan(column))
    found = np.full(row.shape, np.nan)
    found[inside] = map_coordinates(values, [row[inside], column[inside]], order=order)
    return found
