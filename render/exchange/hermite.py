"""Cubic patches beside holes: between four places that are known runs the bicubic that has their values and slopes.

The slope at a place is that of the parabola through it and its two neighbours (C¹; quadratics are met exactly), on one
side where only that is known. So nothing of a value depends on what is not there, as a spline through all would. Where
corners of a patch are unknown, the nearest known place goes on with its slopes.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

Axes = tuple[np.ndarray, np.ndarray]  # α (n_α,) and β (n_β,), both increasing


def patched(axes: Axes, values: np.ndarray, known: np.ndarray, places: Axes) -> np.ndarray:
    """Returns values (m_β, m_α) on axes, as far as they are known, at the places of other ones, (n_β, n_α) float64."""
    alphas, betas = axes
    rows, columns = near = distance_transform_edt(~known, return_distances=False, return_indices=True)
    heights = np.where(known, values, 0).astype(np.float64)
    along, up = slopes(alphas, heights.T, known.T).T, slopes(betas, heights, known)
    twist = np.where(known, slopes(betas, along, known), 0)
    along, up = along[tuple(near)], up[tuple(near)]
    across, above = alphas - alphas[columns], betas[:, None] - betas[rows]
    low, high = heights[known].min(), heights[known].max()
    heights = np.where(known, heights, np.clip(heights[tuple(near)] + along * across + up * above, low, high))
    over, over_up = (_cubic(alphas, f.T, slope.T, places[0]).T for f, slope in ((heights, along), (up, twist)))
    return _cubic(betas, over, over_up, places[1])


def _cubic(axis: np.ndarray, values: np.ndarray, slope: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Returns the cubics of values and slopes (m, k) on an axis (m,) at places (n,) of it, (n, k)."""
    low = np.clip(np.searchsorted(axis, places, "right") - 1, 0, len(axis) - 2)
    step = np.diff(axis)[low][:, None]
    t = (places - axis[low])[:, None] / step
    rise, first, last = (values[low + 1] - values[low]) / step, slope[low], slope[low + 1]
    return np.asarray(
        values[low] + step * t * (first + t * (3 * rise - 2 * first - last + t * (first + last - 2 * rise)))
    )


def slopes(axis: np.ndarray, values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns the slopes (m, k) of values (m, k) on an axis (m,), from known neighbours; 0 where there are none."""
    steps = np.diff(axis)[:, None]
    rise = np.where(known[1:] & known[:-1], np.diff(values, axis=0) / steps, np.nan)
    edge = np.full((1, values.shape[1]), np.nan)
    before, after = np.concatenate([edge, rise]), np.concatenate([rise, edge])
    short, long = np.concatenate([steps[:1], steps]), np.concatenate([steps, steps[-1:]])
    both = (long * before + short * after) / (short + long)
    onwards = _one_sided(after, np.concatenate([after[1:], edge]), long, np.concatenate([long[1:], long[-1:]]))
    back = _one_sided(before, np.concatenate([edge, before[:-1]]), short, np.concatenate([short[:1], short[:-1]]))
    found = np.where(np.isfinite(both), both, np.where(np.isfinite(after), onwards, back))
    return np.nan_to_num(found)


def _one_sided(near: np.ndarray, far: np.ndarray, step: np.ndarray, further: np.ndarray) -> np.ndarray:
    """Returns slopes from what rises beside a place and beyond that, or beside it alone where that is all."""
    bent = near + (near - far) * step / (step + further)
    return np.where(np.isfinite(far), bent, near)
