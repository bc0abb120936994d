"""Lattices: the cells of a grid that are looked at on one level, from coarse to fine, each contained in the next."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.sparse import csr_array

COARSEST = 8  # blocks along the longer axis, at least


@dataclass(frozen=True)
class Lattice:
    """Rows and columns of a grid; their crossings are the nodes."""

    rows: np.ndarray  # (m_β,) indices, rising, the first and the last row included
    columns: np.ndarray  # (m_α,)

    @property
    def shape(self) -> tuple[int, int]:
        """(m_β, m_α)."""
        return len(self.rows), len(self.columns)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Returns what the nodes have of values (n_β, n_α)."""
        return values[np.ix_(self.rows, self.columns)]

    def place_of(self, cells: np.ndarray) -> np.ndarray:
        """Returns the node (k, 2), row and column, at the lower corner of the block around each cell (k, 2)."""
        rows = np.clip(np.searchsorted(self.rows, cells[:, 0], "right") - 1, 0, max(0, len(self.rows) - 2))
        columns = np.clip(np.searchsorted(self.columns, cells[:, 1], "right") - 1, 0, max(0, len(self.columns) - 2))
        return np.stack([rows, columns], 1)

    def within(self, finer: Lattice) -> tuple[np.ndarray, np.ndarray]:
        """Returns an index of this lattice's nodes among those of a finer one."""
        rows, columns = np.searchsorted(finer.rows, self.rows), np.searchsorted(finer.columns, self.columns)
        return rows[:, None], columns[None, :]


def lattices(cells: tuple[int, int]) -> list[Lattice]:
    """Returns the lattices of (n_β, n_α) cells; the last one has every cell, and each step halves every gap.

    A gap that one step left whole would not be looked into by it, and what is wrong there not be found. So the gaps of
    a lattice differ by one cell at most, whatever the number of cells.
    """
    steps = max(0, int(np.floor(np.log2(max(1, (max(cells) - 1) / COARSEST)))))
    rows, columns = (_halved(count, steps) for count in cells)
    return [Lattice(*both) for both in zip(rows, columns, strict=True)]


def _halved(count: int, steps: int) -> list[np.ndarray]:
    """Returns the indices along an axis of a first lattice, of gaps up to 2^steps, and of one more for every step."""
    blocks = -(-(count - 1) // 2**steps)
    found = [np.arange(blocks + 1) * (count - 1) // max(1, blocks)]
    for _ in range(steps):
        found.append(np.union1d(found[-1], (found[-1][1:] + found[-1][:-1]) // 2))
    return found


def carried(axis: np.ndarray, nodes: np.ndarray, values: np.ndarray, order: int) -> np.ndarray:
    """Returns values (m, k) at nodes of an axis carried to all of it, (n, k), by a spline of an order, 1 or 3.

    The cubic spline is twice continuously differentiable, so that no seam shows in shading.
    """
    if len(nodes) == len(axis):
        return values
    if len(nodes) == 1:
        return np.repeat(values, len(axis), axis=0)
    degree = order if len(nodes) > order else 1
    spline = make_interp_spline(axis[nodes], values, k=degree)
    return _basis(axis.tobytes(), spline.t.tobytes(), degree) @ spline.c


@functools.lru_cache(maxsize=64)
def _basis(axis_bytes: bytes, knots_bytes: bytes, degree: int) -> csr_array:
    """Returns the B-splines of knots along an axis (n, m); only degree + 1 of them are not zero at any place."""
    return BSpline.design_matrix(np.frombuffer(axis_bytes), np.frombuffer(knots_bytes), degree)
