"""The grid: the α and β axes on which the loss is measured. Rows are β, columns are α."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.errors import DataError


@dataclass(frozen=True)
class Grid:
    """Two strictly increasing axes; the values are the very numbers used in θ₀ + α·u + β·v."""

    alphas: np.ndarray  # (n_α,) float64
    betas: np.ndarray  # (n_β,) float64

    def __post_init__(self) -> None:
        for name, axis in (("alphas", self.alphas), ("betas", self.betas)):
            if axis.ndim != 1 or len(axis) < 2 or not np.isfinite(axis).all() or not (np.diff(axis) > 0).all():
                raise DataError(f"grid: {name} must be two or more finite, strictly increasing numbers")

    @staticmethod
    def square(half_width: float, n: int) -> Grid:
        """Returns n × n points over ±half_width on both axes."""
        axis = np.linspace(-half_width, half_width, n)
        return Grid(axis, axis.copy())

    @staticmethod
    def around(path: np.ndarray, points: tuple[int, int], margin: float) -> Grid:
        """Returns a grid of (n_α, n_β) square cells around a path (T, 2).

        On every side it leaves at least margin times the path's longer extent.
        """
        low, high = path.min(0), path.max(0)
        extent = float((high - low).max())
        if not extent > 0:
            raise DataError("grid: the path does not move in this plane; give surfaces.*.range instead of a margin")
        cells = np.asarray(points) - 1
        cell = float(((high - low + 2 * margin * extent) / cells).max())
        centre = (low + high) / 2
        alphas, betas = (centre[k] + cell * (np.arange(points[k]) - cells[k] / 2) for k in (0, 1))
        return Grid(alphas, betas)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_β, n_α), the shape of everything that is measured on the grid."""
        return len(self.betas), len(self.alphas)

    def coordinates(self, rows: slice, columns: slice) -> np.ndarray:
        """Returns the (α, β) of a rectangle of cells, (n, 2), row by row."""
        beta, alpha = np.meshgrid(self.betas[rows], self.alphas[columns], indexing="ij")
        return np.stack([alpha.ravel(), beta.ravel()], 1)

    def tiles(self, size: int) -> list[tuple[slice, slice]]:
        """Returns the rectangles of size × size cells, the last ones smaller, that together cover the grid."""
        rows, columns = self.shape
        return [
            (slice(r, min(r + size, rows)), slice(c, min(c + size, columns)))
            for r in range(0, rows, size)
            for c in range(0, columns, size)
        ]
