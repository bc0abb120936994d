"""Isolines: the lines of one level on a grid, by marching triangles, each chained from end to end.

Every cell is cut along the diagonal that the mesh has, so a triangle holds one piece of a line or none, an edge joins
two pieces at most, and no case is left to choice.
"""

from __future__ import annotations

import numpy as np


def isolines(values: np.ndarray, level: float) -> list[np.ndarray]:
    """Returns the lines (n, 2) of a level, rows and columns in cells; one that is closed ends where it begins."""
    values = values.astype(np.float64)  # a level between two float32 would lie on both sides of a corner
    triangles = _mixed(values > level)
    if not len(triangles):
        return []
    flat = values.ravel()
    high = flat[triangles] > level
    alone = np.where(high.sum(1) == 1, high.argmax(1), (~high).argmax(1))  # the corner on its own side of the level
    first, second, third = (
        np.take_along_axis(triangles, ((alone + k) % 3)[:, None], axis=1)[:, 0].astype(np.int64) for k in range(3)
    )
    pairs = np.stack([np.stack([first, other], 1) for other in (second, third)], 1)
    codes, links = np.unique(pairs.min(2) * flat.size + pairs.max(2), return_inverse=True)
    low, top = codes // flat.size, codes % flat.size
    share = (level - flat[low]) / (flat[top] - flat[low])
    ends = (np.stack(np.divmod(each, values.shape[1]), axis=1) for each in (low, top))
    start, end = (each.astype(np.float64) for each in ends)
    places = start + share[:, None] * (end - start)
    return [places[chain] for chain in _chains(links.reshape(-1, 2), len(codes))]


def _mixed(above: np.ndarray) -> np.ndarray:
    """Returns the triangles (m, 3) whose corners lie on both sides, of cells with (R, C) bool at their corners."""
    count = above[:-1, :-1].astype(np.int8) + above[:-1, 1:] + above[1:, 1:] + above[1:, :-1]
    row, column = np.nonzero((count > 0) & (count < 4))
    a = row * above.shape[1] + column
    b, c, d = a + 1, a + above.shape[1] + 1, a + above.shape[1]
    found = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    inside = above.ravel()[found].sum(1)
    return found[(inside > 0) & (inside < 3)]


def _chains(links: np.ndarray, count: int) -> list[list[int]]:
    """Returns the chains that links (m, 2) make of so many knots, each of which has two neighbours at most."""
    ends = np.concatenate([links, links[:, ::-1]])
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    starts = np.searchsorted(ends[:, 0], np.arange(count + 1))
    degree = np.diff(starts)
    one, other = ends[starts[:-1], 1], ends[starts[1:] - 1, 1]
    left, beside, others = bytearray(b"\1" * count), one.tolist(), other.tolist()
    found = []
    for knot in [*np.flatnonzero(degree == 1).tolist(), *range(count)]:
        if left[knot]:
            chain, here = [], knot
            while left[here]:
                left[here] = 0
                chain.append(here)
                here = beside[here] if left[beside[here]] else others[here]
            found.append([*chain, knot] if here == knot and len(chain) > 2 else chain)
    return found
