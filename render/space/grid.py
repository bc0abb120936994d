"""The grid: the α and β axes on which the loss is measured. Rows are β, columns are α.

A line is measured on a grid of one row, at β = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.errors import DataError


@dataclass(frozen=True)
class Grid:
    """Two strictly increasing axes; the values are the very numbers used in θ₀ + α·u + β·v.

    Lists and other arrays are converted. Betas of [0.0] make the grid of a line.
    """

    alphas: np.ndarray  # (n_α,) float64
    betas: np.ndarray  # (n_β,) float64

    def __post_init__(self) -> None:
        for name in ("alphas", "betas"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        for name, axis in (("alphas", self.alphas), ("betas", self.betas)):
            fault = _fault(axis)
            if fault and not (name == "betas" and self.is_line):
                raise DataError(f"grid: {name} {fault}; give two or more finite, strictly increasing numbers")

    @staticmethod
    def line(alphas: np.ndarray | Sequence[float]) -> Grid:
        """Returns the grid (n,) of a line."""
        return Grid(_numbers("alphas", alphas), np.zeros(1))

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

    @staticmethod
    def about(length: float, points: tuple[int, int]) -> Grid:
        """Returns a grid of (n_α, n_β) square cells around (0, 0), whose shorter side has a length."""
        cells = np.asarray(points) - 1
        cell = length / float(cells.min())
        return Grid(*(cell * (np.arange(points[k]) - cells[k] / 2) for k in (0, 1)))

    @property
    def is_line(self) -> bool:
        """Whether the grid has one axis."""
        return self.betas.shape == (1,) and bool(self.betas[0] == 0.0)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_β, n_α), the shape of everything that is measured on the grid; (n_α,) for a line."""
        return self.cells[1:] if self.is_line else self.cells

    @property
    def cells(self) -> tuple[int, int]:
        """(n_β, n_α), (1, n_α) for a line: how tiles see the grid."""
        return len(self.betas), len(self.alphas)

    def coordinates(self, rows: slice, columns: slice) -> np.ndarray:
        """Returns the (α, β) of a rectangle of cells, (n, 2), row by row."""
        beta, alpha = np.meshgrid(self.betas[rows], self.alphas[columns], indexing="ij")
        return np.stack([alpha.ravel(), beta.ravel()], 1)


def _numbers(name: str, axis: np.ndarray | Sequence[float]) -> np.ndarray:
    try:
        return np.asarray(axis, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"grid: {name} are no numbers; give finite, strictly increasing ones") from error


def _fault(axis: np.ndarray) -> str | None:
    """Returns what is wrong with an axis, or None."""
    if axis.ndim != 1 or len(axis) < 2:
        return f"have the shape {axis.shape}"
    steps = np.diff(axis)
    (wrong,) = np.nonzero(~(np.isfinite(steps) & (steps > 0)))
    return f"have {axis[wrong[0]]:g} before {axis[wrong[0] + 1]:g}" if len(wrong) else None
