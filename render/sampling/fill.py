"""The fill: one smooth surface through everything that was measured, on whatever level.

Each level adds a spline through its surplus, that is, what was measured at its nodes less what the coarser levels give
there, and nothing where nothing was measured. Every node is met exactly, and a sum of C² splines has no seams
(hierarchical surpluses: Bungartz and Griebel 2004, Sparse grids).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from render.sampling.lattice import Lattice, carried
from render.space.grid import Grid


@dataclass(frozen=True)
class Level:
    """What was measured at the nodes of one lattice; a node of several lattices is known on one level only."""

    lattice: Lattice
    loss: np.ndarray  # (m_β, m_α) float32
    accuracy: np.ndarray  # (m_β, m_α) float32
    known: np.ndarray  # (m_β, m_α) bool

    @staticmethod
    def blank(lattice: Lattice) -> Level:
        """Returns a level at which nothing was measured."""
        nothing = np.full(lattice.shape, np.nan, np.float32)
        return Level(lattice, nothing, nothing.copy(), np.zeros(lattice.shape, bool))


@dataclass
class Filling:
    """A fill that grows level by level."""

    grid: Grid
    heights: np.ndarray  # (n_β, n_α) float64
    order: int = 3
    begun: bool = False  # whether a level with something finite was added

    @staticmethod
    def empty(grid: Grid, order: int = 3) -> Filling:
        """Returns the fill before the first level."""
        return Filling(grid, np.zeros(grid.cells), order)

    def add(self, lattice: Lattice, values: np.ndarray, known: np.ndarray) -> None:
        """Takes the values (m_β, m_α) of a level where they are known and finite."""
        usable = known & np.isfinite(values)
        surplus = np.where(usable, values - lattice.of(self.heights), 0.0)
        if not self.begun and usable.any():
            surplus, self.begun = nearest(surplus, usable), True
        if surplus.any():
            over_rows = carried(self.grid.betas, lattice.rows, surplus, self.order)
            self.heights += carried(self.grid.alphas, lattice.columns, over_rows.T, self.order).T


def nearest(values: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Returns values (m, n) with every one that is not usable replaced by the nearest that is."""
    _, index = distance_transform_edt(~usable, return_indices=True)
    return values[tuple(index)]


def filled(grid: Grid, levels: Sequence[Level], values: Iterator[np.ndarray], order: int) -> np.ndarray:
    """Returns the fill (n_β, n_α) float64 of the values of each level."""
    filling = Filling.empty(grid, order)
    for level, part in zip(levels, values, strict=True):
        filling.add(level.lattice, part, level.known)
    return filling.heights
