"""The smooth fill of a surface: between its measured cells runs the bicubic that has their values and slopes.

In a cell, with s along α and t along β in 0..1, a for values and b for slopes (Hermite):

    L(s, t) = Σᵢⱼ aᵢ(t)·aⱼ(s)·f + aᵢ(t)·bⱼ(s)·f_α + bᵢ(t)·aⱼ(s)·f_β + bᵢ(t)·bⱼ(s)·f_αβ

The slopes at a cell are those of the parabola through it and its neighbours, so that L is C¹, meets every cell, and is
exact on a quadratic. Its gradient is the derivative of this very formula. Where a corner is missing nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.errors import DataError
from render.exchange.hermite import slopes
from render.sampling.surface import Surface

CORNERS = np.arange(2)


@dataclass(frozen=True)
class SmoothFill:
    """A C¹ function of α and β through all cells of a surface that hold a finite loss."""

    alphas: np.ndarray  # (n_α,)
    betas: np.ndarray  # (n_β,)
    nodes: np.ndarray  # (n_β, n_α, 2, 2): value, slope along α; slope along β, twist; per cell
    whole: np.ndarray  # (n_β − 1, n_α − 1) bool, whether all four corners are known

    @staticmethod
    def of(surface: Surface) -> SmoothFill:
        """Returns the fill of a surface; raises DataError for a line, which has no second axis."""
        if surface.grid.is_line:
            raise DataError("surface: a line has no plane to roll on; give a surface")
        alphas, betas = surface.grid.alphas, surface.grid.betas
        known = np.isfinite(surface.loss)
        values = np.where(known, surface.loss, 0).astype(np.float64)
        along, up = slopes(alphas, values.T, known.T).T, slopes(betas, values, known)
        twist = slopes(betas, along, known)
        wide, high = float(np.ptp(alphas)) / (len(alphas) - 1), float(np.ptp(betas)) / (len(betas) - 1)
        nodes = np.stack([np.stack([values, along * wide], -1), np.stack([up * high, twist * wide * high], -1)], -2)
        return SmoothFill(alphas, betas, nodes, known[1:, 1:] & known[1:, :-1] & known[:-1, 1:] & known[:-1, :-1])

    @property
    def low(self) -> np.ndarray:
        """The lowest α and β, (2,)."""
        return np.array([self.alphas[0], self.betas[0]])

    @property
    def extents(self) -> np.ndarray:
        """How far the grid reaches along α and β, (2,)."""
        return np.array([np.ptp(self.alphas), np.ptp(self.betas)])

    @property
    def step(self) -> np.ndarray:
        """The distance of two cells along α and β, (2,)."""
        return self.extents / (np.array([len(self.alphas), len(self.betas)]) - 1)

    def within(self, places: np.ndarray) -> np.ndarray:
        """Returns which places (N, 2) lie on the grid, whatever is known there."""
        share = (places - self.low) / self.extents
        return np.asarray(((share >= 0) & (share <= 1)).all(axis=1))

    def knows(self, places: np.ndarray) -> np.ndarray:
        """Returns at which places (N, 2) a loss is known."""
        inside = self.within(places)
        row, column, _, _ = self._cells(np.where(inside[:, None], places, self.low))
        return inside & self.whole[row, column]

    def at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the loss (N,) and its gradient (N, 2) along α and β at places (N, 2); NaN where it is not known."""
        known = self.knows(places)
        row, column, t, s = self._cells(np.where(known[:, None], places, self.low))
        corners = self.nodes[(row[:, None] + CORNERS)[:, :, None], (column[:, None] + CORNERS)[:, None, :]]
        (up, rise), (across, run) = _hermite(t), _hermite(s)
        loss, along, upward = (
            np.einsum("nip,njq,nijpq->n", y, x, corners) for y, x in ((up, across), (up, run), (rise, across))
        )
        gradient = np.stack([along, upward], axis=1) / self.step
        return np.where(known, loss, np.nan), np.where(known[:, None], gradient, np.nan)

    def _cells(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Returns row and column (N,) of the cells that hold places (N, 2), and how far they lie into them, 0 to 1."""
        far = (places - self.low) / self.step
        column, row = (np.clip(far[:, k].astype(int), 0, self.whole.shape[1 - k] - 1) for k in (0, 1))
        return row, column, far[:, 1] - row, far[:, 0] - column


def _hermite(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the weights (N, 2, 2) of value and slope at both ends of a cell, at places (N,), and their slopes."""
    a, b, c = t * t * (3 - 2 * t), t * (1 - t) ** 2, t * t * (t - 1)
    da, db, dc = 6 * t * (1 - t), (1 - t) * (1 - 3 * t), t * (3 * t - 2)
    weights = np.stack([np.stack([1 - a, b], -1), np.stack([a, c], -1)], 1)
    return weights, np.stack([np.stack([-da, db], -1), np.stack([da, dc], -1)], 1)
