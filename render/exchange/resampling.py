"""Resampling: a surface that was given at uneven steps, on even ones, since a terrain is drawn with cells of one size.

Between what was given runs a cubic spline (C²), or where neighbouring steps differ too much for one, a monotone cubic
(C¹; Fritsch and Butland 1984), or where something holds no value or diverged, cubic patches that know nothing of that
(C¹). Nothing leaves the range that was given. A place is a hole where holes have the largest share in a linear blend of
the four given ones around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import PchipInterpolator, make_interp_spline

from render.exchange.given import Given
from render.exchange.hermite import patched

ROUNDING = 0.01  # of a step; an axis this near to even steps is even, and has only been rounded
MOST_ALONG = 1000  # points along an axis that is resampled, unless more were given
STEEPEST = 2.5  # ratio of neighbouring steps; beyond (3 + √5) / 2 a cubic spline may swing without bound


@dataclass(frozen=True)
class Resampled:
    """A surface on even steps."""

    given: Given
    interpolated: np.ndarray  # (n_β, n_α) bool, places between those of the file
    said: Mapping[str, object]  # for the record; empty where the steps were even and nothing was changed


def is_even(axis: np.ndarray) -> bool:
    """Whether the steps of an axis (n,) are alike but for rounding."""
    even = np.linspace(axis[0], axis[-1], len(axis))
    return bool(np.abs(axis - even).max() <= ROUNDING * np.ptp(axis) / (len(axis) - 1))


def on_even_steps(given: Given) -> Resampled:
    """Returns a surface on even steps, as fine as its finest while those are at most MOST_ALONG; an even axis stays.

    Where both axes are even, the surface itself comes back.
    """
    axes = [given.alphas, given.betas]
    if all(map(is_even, axes)):
        return Resampled(given, np.zeros(given.values.shape, bool), {})
    alphas, betas = places = [axis if is_even(axis) else _even(axis) for axis in axes]
    values = _carried(given, alphas, betas)
    columns, rows = (_same(axis, place) for axis, place in zip(axes, places, strict=True))
    values[np.ix_(rows[1], columns[1])] = given.values[np.ix_(rows[0], columns[0])]
    interpolated = np.ones(values.shape, bool)
    interpolated[np.ix_(rows[1], columns[1])] = False
    more = {name: array for name, array in given.more.items() if name.startswith("path_")}
    said = {
        "from": [len(given.alphas), len(given.betas)],
        "to": [len(alphas), len(betas)],
        "finest": [float(np.diff(axis).min()) for axis in axes],
        "steps": [float(np.ptp(axis) / (len(axis) - 1)) for axis in places],
    }
    return Resampled(replace(given, alphas=alphas, betas=betas, values=values, more=more), interpolated, said)


def _even(axis: np.ndarray) -> np.ndarray:
    needed = int(np.ceil(min(np.ptp(axis) / np.diff(axis).min() - 1e-6, 1e9))) + 1
    return np.linspace(axis[0], axis[-1], max(len(axis), min(needed, MOST_ALONG)))


def _same(axis: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the indices, in an axis and among places, of what is in both but for the last digits."""
    near = _nearest(places, axis)
    same = np.abs(places[near] - axis) <= 1e-9 * np.ptp(axis)
    return np.flatnonzero(same), near[same]


def _nearest(places: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Returns the index among places (n,) of the one nearest to each of an axis (m,)."""
    return np.clip(np.rint(np.interp(axis, places, np.arange(len(places)))).astype(int), 0, len(places) - 1)


def _carried(given: Given, alphas: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """Returns the values (n_β, n_α) float32 at even places: NaN in holes, infinity where the descent diverged."""
    known, nothing = np.isfinite(given.values), np.isnan(given.values)
    low, high = given.values[known].min(), given.values[known].max()
    if known.all():
        smooth = _along(given.betas, _along(given.alphas, given.values.T.astype(np.float64), alphas).T, betas)
    else:
        smooth = patched((given.alphas, given.betas), given.values, known, (alphas, betas))
    values = np.clip(smooth, low, high).astype(np.float32)
    holes, usual = (_share(part, given, alphas, betas) for part in (nothing, known))
    diverged = 1 - holes - usual
    values[diverged >= usual] = np.inf
    values[holes >= np.maximum(usual, diverged)] = np.nan
    for lost, mark in ((~known & ~nothing, np.inf), (nothing, np.nan)):  # one that falls between places is kept
        rows, columns = np.nonzero(lost)
        values[_nearest(betas, given.betas)[rows], _nearest(alphas, given.alphas)[columns]] = mark
    return values


def _along(axis: np.ndarray, values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Returns values (m, k) given along an axis (m,) at places (n,) of it, (n, k)."""
    if places is axis:
        return values
    unit, there = (np.clip((x - axis[0]) / np.ptp(axis), 0, 1) for x in (axis, places))
    steps = np.diff(unit)
    ratios = steps[1:] / steps[:-1]
    if np.maximum(ratios, 1 / ratios).max(initial=1) > STEEPEST:
        return np.asarray(PchipInterpolator(unit, values)(there))
    return np.asarray(make_interp_spline(unit, values, k=min(3, len(axis) - 1))(there))


def _share(cells: np.ndarray, given: Given, alphas: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """Returns the share (n_β, n_α), 0 to 1, of given cells (m_β, m_α) bool at even places, linear between them."""
    over_columns = _linear(given.alphas, cells.T.astype(np.float64), alphas).T
    return _linear(given.betas, over_columns, betas)


def _linear(axis: np.ndarray, values: np.ndarray, places: np.ndarray) -> np.ndarray:
    if places is axis:
        return values
    place = np.interp(places, axis, np.arange(len(axis)))
    low = np.minimum(place.astype(int), len(axis) - 2)
    share = (place - low)[:, None]
    return np.asarray(values[low] * (1 - share) + values[low + 1] * share)
