"""Ranks: how high a value stands among all others, 0 to 1, or among those on its side of an edge, which has a half."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

KNOTS = 2048  # of one side, between which ranks are linear
MOST_SORTED = 2**20  # values that stand for all, evenly chosen


@dataclass(frozen=True)
class Ranks:
    """A rising map from values to ranks."""

    values: np.ndarray = field(compare=False)  # (K,) float64, rising
    places: np.ndarray = field(compare=False)  # (K,) float64, their ranks, never falling

    def rank(self, values: np.ndarray) -> np.ndarray:
        """Returns the ranks of values, NaN of NaN."""
        found = np.interp(values, self.values, self.places)
        return np.where(np.isnan(values), np.nan, found)

    def value(self, ranks: np.ndarray) -> np.ndarray:
        """Returns the values at ranks."""
        return np.interp(ranks, self.places, self.values)


def ranks_of(values: np.ndarray, edge: float | None) -> Ranks:
    """Returns the ranks among values (n,), of which some may be NaN; edge: the value at a half, if any."""
    known = np.sort(_fewer(values[np.isfinite(values)]))
    if edge is None:
        return Ranks(*_side(known, 0.0, 1.0))
    sides = [_side(known[known < edge], 0.0, 0.5), _side(known[known >= edge], 0.5, 1.0)]
    return Ranks(*(np.concatenate(parts) for parts in zip(*sides, strict=True)))


def _fewer(values: np.ndarray) -> np.ndarray:
    return values[:: max(1, len(values) // MOST_SORTED)]


def _side(known: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the knots of sorted values that are dealt out from low to high; equal ones get their middle rank."""
    if not len(known):
        return np.zeros(0), np.zeros(0)
    share = np.linspace(0, 1, min(KNOTS, len(known)))
    knots, first, counts = np.unique(np.quantile(known, share), return_index=True, return_counts=True)
    middle = share[first] + (counts - 1) / 2 / max(1, len(share) - 1)
    return knots, low + (high - low) * middle
