"""The shore: where a terrain ends because there are no data, and how it goes on for a few cells beyond.

A signed field over the grid is positive at cells that hold a value and negative at those that do not; the terrain is
cut where it is 0, linear between cells (marching triangles). It is the blurred mask, so that a slanting shore is no
stair, held to the sign of every cell: a cell with a value is always drawn, one without never.

Heights and normals go on beyond the shore, so that what is cut there is shaded from its own side only.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

BLUR = 1.5  # cells; about as far as a stair is smoothed
LEAST = 0.05  # of the field at a cell, whose largest is a half: no triangle becomes a splinter
BEYOND = 3.0  # cells over which a slope goes on beyond the shore

Cells = tuple[float, float]  # size of a cell along α and along β


def inland_of(holes: np.ndarray) -> np.ndarray:
    """Returns the signed field (n_β, n_α) float32 of cells without data (n_β, n_α) bool."""
    blurred = gaussian_filter((~holes).astype(np.float32), BLUR, mode="nearest") - 0.5
    return np.where(holes, np.minimum(blurred, -LEAST), np.maximum(blurred, LEAST)).astype(np.float32)


def inland_at(inland: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Returns the field (n,) at places in cells (n,), linear on the triangles that the terrain is made of."""
    last_row, last_column = inland.shape[0] - 1, inland.shape[1] - 1
    rows, columns = np.clip(rows, 0, last_row), np.clip(columns, 0, last_column)
    low, left = np.minimum(rows.astype(int), last_row - 1), np.minimum(columns.astype(int), last_column - 1)
    up, right = rows - low, columns - left
    a, c = inland[low, left], inland[low + 1, left + 1]
    beside = np.where(right >= up, inland[low, left + 1], inland[low + 1, left])
    more, less = np.maximum(right, up), np.minimum(right, up)
    return np.asarray(a + (beside - a) * more + (c - beside) * less)


def slopes(values: np.ndarray, holes: np.ndarray, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Returns the slopes along α and along β (n_β, n_α) from neighbours that hold a value; 0 where there are none."""
    known = np.where(holes, np.nan, values.astype(np.float64))
    return _slope(known, 1, cells[0]), _slope(known, 0, cells[1])


def _slope(known: np.ndarray, axis: int, cell: float) -> np.ndarray:
    rise = np.diff(known, axis=axis) / cell
    nothing = np.full_like(np.take(known, [0], axis=axis), np.nan)
    before, after = (np.concatenate(pair, axis=axis) for pair in ((nothing, rise), (rise, nothing)))
    count = np.isfinite(before).astype(int) + np.isfinite(after)
    return np.asarray((np.nan_to_num(before) + np.nan_to_num(after)) / np.maximum(count, 1))


def nearest_known(holes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the row and the column (n_β, n_α) of the nearest cell with a value: of each that has one, its own."""
    rows, columns = distance_transform_edt(holes, return_distances=False, return_indices=True)
    return rows, columns


def carried_on(level: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Returns levels (n_β, n_α) float32 in 0..1 that go on into the holes by the slope of the nearest cell."""
    rows, columns = nearest_known(holes)
    along, up = slopes(level, holes, (1.0, 1.0))
    across, above = np.arange(level.shape[1]) - columns, np.arange(level.shape[0])[:, None] - rows
    share = np.minimum(1.0, BEYOND / np.maximum(np.hypot(across, above), 1.0))
    rise = (along[rows, columns] * across + up[rows, columns] * above) * share
    return np.where(holes, np.clip(level[rows, columns] + rise, 0, 1), level).astype(np.float32)


def cut(triangles: np.ndarray, points: np.ndarray, inland: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the points (N′, 3) and triangles (M′, 3) of what lies inland, from those of all (N, 3), (M, 3).

    inland: the field at the points (N,). New points stand where it is 0 along an edge, one for each edge.
    """
    kept = (inland > 0)[triangles]
    count = kept.sum(1)
    one = _turned(triangles[count == 1], kept[count == 1])  # its first corner lies inland
    two = _turned(triangles[count == 2], ~kept[count == 2])  # its first corner does not
    edges = np.concatenate([one[:, [0, 1]], one[:, [0, 2]], two[:, [0, 1]], two[:, [0, 2]]]).astype(np.int64)
    codes, place = np.unique(edges.min(1) * len(points) + edges.max(1), return_inverse=True)
    a, b = codes // len(points), codes % len(points)
    new = crossing(points[a], points[b], inland[a], inland[b])
    p, q, r, s = np.split(len(points) + place, np.cumsum([len(one), len(one), len(two)]))
    parts = [
        triangles[count == 3],
        np.stack([one[:, 0], p, q], 1),
        np.stack([r, two[:, 1], two[:, 2]], 1),
        np.stack([r, two[:, 2], s], 1),
    ]
    return np.concatenate([points, new]), np.concatenate(parts).astype(np.int32)


def crossing(a: np.ndarray, b: np.ndarray, at_a: np.ndarray, at_b: np.ndarray) -> np.ndarray:
    """Returns the points (n, 3) between a and b (n, 3) where the field, at_a and at_b (n,), is 0."""
    share = (at_a / (at_a - at_b))[:, None].astype(np.float64)
    return (a + (b - a) * share).astype(np.float32)


def _turned(triangles: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Returns triangles with the one chosen corner of each (n, 3) first, in the same sense of rotation."""
    first = chosen.argmax(1) if len(chosen) else np.zeros(0, int)
    return np.take_along_axis(triangles, (first[:, None] + np.arange(3)) % 3, axis=1)
