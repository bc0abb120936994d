"""Coarse: a relief of fewer cells that shows the same picture, and is drawn faster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.stage.body.relief import Relief

STRIDES = (4, 3, 2)


def coarse(relief: Relief, tolerance: float) -> Relief:
    """Returns a relief of fewer cells from which no height differs by more than a tolerance, picture widths.

    Triangles between them show the same picture, and are drawn faster; what is shaded is read from the whole.
    """
    if relief.inland is not None or relief.exaggeration <= 0:
        return relief
    for stride in STRIDES:
        rows, columns = relief.level.shape
        if (rows - 1) % stride or (columns - 1) % stride or min(rows, columns) <= 16 * stride:
            continue
        kept = relief.level[::stride, ::stride]
        if _strays(relief.level, kept, stride) * relief.exaggeration <= tolerance:
            return replace(relief, level=np.ascontiguousarray(kept), finite=relief.finite[::stride, ::stride])
    return relief


def _strays(level: np.ndarray, kept: np.ndarray, stride: int) -> float:
    """Returns the largest difference of levels from the triangles between every so manyeth of them."""
    a, b, c, d = kept[:-1, :-1], kept[:-1, 1:], kept[1:, 1:], kept[1:, :-1]  # as _grid_triangles has them
    worst = 0.0
    for row, column in np.ndindex(stride, stride):
        up, across = np.float32(row / stride), np.float32(column / stride)
        middle = b if column >= row else d
        first, second = (across - up, up) if column >= row else (up - across, across)
        drawn = a + first * (middle - a) + second * (c - a)
        whole = level[row::stride, column::stride][: drawn.shape[0], : drawn.shape[1]]
        worst = max(worst, float(np.abs(whole - drawn).max()))
    return worst
