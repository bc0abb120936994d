"""Strokes: lines and rings as covered pixels, with soft edges one pixel wide."""

from __future__ import annotations

import itertools

import numpy as np

from render.film.words.ink import Ink, together


def stroke(points: np.ndarray, width: float) -> Ink:
    """Returns a line through points (N, 2), columns and rows, of a width in pixels."""
    parts = [_segment(start, end, width) for start, end in itertools.pairwise(points)]
    joined = together(parts)
    if len(parts) < 2:
        return joined
    cells, owner = np.unique(np.stack([joined.rows, joined.columns], axis=1), axis=0, return_inverse=True)
    coverage = np.zeros(len(cells))
    np.maximum.at(coverage, owner.ravel(), joined.coverage)  # where two segments meet, the joint is covered once
    return Ink(cells[:, 0], cells[:, 1], coverage)


def _segment(start: np.ndarray, end: np.ndarray, width: float) -> Ink:
    reach = width / 2 + 1
    low, high = np.floor(np.minimum(start, end) - reach), np.ceil(np.maximum(start, end) + reach)
    columns, rows = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
    way = end - start
    length = max(float(way @ way), 1e-12)
    along = np.clip(((columns + 0.5 - start[0]) * way[0] + (rows + 0.5 - start[1]) * way[1]) / length, 0, 1)
    away = np.hypot(columns + 0.5 - start[0] - along * way[0], rows + 0.5 - start[1] - along * way[1])
    coverage = np.clip(width / 2 + 0.5 - away, 0, min(1.0, width))
    covered = coverage > 0
    return Ink(rows[covered].astype(int), columns[covered].astype(int), coverage[covered])
