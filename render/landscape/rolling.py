"""Rolling: many points go down a measured surface by gradient descent on its own smooth fill L, all at once.

    v ← μ·v − η·∇L(α, β)        (α, β) ← (α, β) + v

It is no training: nothing but the surface's own heights moves them, and what leads out of the plane has no part in it.
A point rests where neither its step nor its slope would carry it on; it has left where its next step would end beyond
the grid or over cells without a loss. A basin is what points that come to rest near each other have in common.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from render.landscape.smooth_fill import SmoothFill

REST = 1e-6  # of the grid's extents; a step that is shorter moves nothing
STEEPEST = 99.5  # percentile of the curvature, that an automatic rate is fitted to: single cells do not set the pace
RESTS, ROLLS, LEFT = range(3)  # what became of a point
NOWHERE = -1  # basin of a point that came to none
TRIES = 40  # draws for each random start, before the ground is taken to have no room

Starts = Literal["random", "grid"] | list[tuple[float, float]]
Covered = Callable[[np.ndarray], np.ndarray]  # places (N, 2) -> (N,) bool, whether they lie on the ground that is drawn


@dataclass(frozen=True)
class Push:
    """What moves a point."""

    rate: float  # units of α and β for a slope of 1 loss / unit
    momentum: float = 0.0
    steps: int = 2000  # at most


@dataclass(frozen=True)
class Rolled:
    """Where points went."""

    places: np.ndarray  # (S + 1, N, 2) α and β after each step, the starts first
    ended: np.ndarray  # (N,) the step after which each stands still
    fate: np.ndarray  # (N,) RESTS, ROLLS or LEFT
    basin: np.ndarray  # (N,) from the lowest, or NOWHERE
    losses: np.ndarray  # (K,) the lowest loss of each basin
    push: Push
    outside: int = 0  # starts that were asked for beyond the grid, and are left out
    unknown: int = 0  # starts that were asked for where no loss is known, and are left out

    @property
    def count(self) -> int:
        """How many points there are."""
        return self.places.shape[1]

    @property
    def last(self) -> int:
        """The step after which nothing moves any more."""
        return len(self.places) - 1


def automatic_rate(fill: SmoothFill) -> float:
    """Returns the rate 1 / curvature of the fill where it is bent most, which no descent without momentum overshoots.

    The curvature of a place is bounded by the sum of a row of its second differences (Gershgorin).
    """
    values, (wide, high) = fill.nodes[..., 0, 0], fill.step
    known = fill.whole[1:, 1:] & fill.whole[:-1, :-1] & fill.whole[1:, :-1] & fill.whole[:-1, 1:]
    middle = values[1:-1, 1:-1]
    across = (values[1:-1, 2:] - 2 * middle + values[1:-1, :-2]) / wide**2
    upward = (values[2:, 1:-1] - 2 * middle + values[:-2, 1:-1]) / high**2
    mixed = (values[2:, 2:] - values[2:, :-2] - values[:-2, 2:] + values[:-2, :-2]) / (4 * wide * high)
    bent = (np.maximum(abs(across), abs(upward)) + abs(mixed))[known]
    most = float(np.percentile(bent, STEEPEST)) if bent.size else 0.0
    return 1 / most if most > 0 else float(fill.step.min())


def starts_on(fill: SmoothFill, asked: Starts, count: int, seed: int, covered: Covered) -> np.ndarray:
    """Returns the starts (N, 2) that are asked for; those drawn here lie on known ground that is drawn."""
    if isinstance(asked, list):
        return np.array(asked, np.float64).reshape(-1, 2)
    if asked == "grid":
        found = _evenly(fill, count)
        return found[fill.knows(found) & covered(found)]
    random, drawn = np.random.default_rng(seed), np.zeros((0, 2))
    for _ in range(TRIES):
        more = fill.low + fill.extents * random.random((count, 2))
        drawn = np.concatenate([drawn, more[fill.knows(more) & covered(more)]])[:count]
    return drawn


def _evenly(fill: SmoothFill, count: int) -> np.ndarray:
    """Returns the middles (n, 2) of at most so many equal, nearly square parts of the grid."""
    aspect = float(fill.extents[0] / fill.extents[1])
    columns = max(1, min(count, round((count * aspect) ** 0.5)))
    rows = max(1, count // columns)
    across, up = ((np.arange(number) + 0.5) / number for number in (columns, rows))
    return fill.low + fill.extents * np.stack([part.ravel() for part in np.meshgrid(across, up)], axis=1)


def roll(fill: SmoothFill, starts: np.ndarray, push: Push, merge: float = 0.02) -> Rolled:
    """Returns where points that start at places (N, 2) go; those where no loss is known are left out, and counted.

    merge: share of the grid's extents within which points that rest belong to one basin.
    """
    inside, known = fill.within(starts), fill.knows(starts)
    kept = starts[known]
    places, ended, fate = _rolled(fill, kept, push)
    basin, losses = _basins(fill, places[-1], fate, merge)
    return Rolled(places, ended, fate, basin, losses, push, int((~inside).sum()), int((inside & ~known).sum()))


def _rolled(fill: SmoothFill, starts: np.ndarray, push: Push) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns places (S + 1, N, 2), the step after which each stands still, and what became of it."""
    here, speed = starts.astype(np.float64), np.zeros_like(starts)
    ended, fate = np.full(len(starts), push.steps), np.full(len(starts), ROLLS)
    moves, history = np.arange(len(starts)), [here.copy()]
    for step in range(push.steps):
        if not len(moves):
            break
        _, gradient = fill.at(here[moves])
        speed[moves] = push.momentum * speed[moves] - push.rate * gradient
        there = here[moves] + speed[moves]
        known = fill.knows(there)
        here[moves[known]] = there[known]
        slow = (
            np.maximum(abs(speed[moves]), push.rate * abs(gradient)).max(axis=1, initial=0) < REST * fill.extents.min()
        )
        ended[moves[~known]], fate[moves[~known]] = step, LEFT
        ended[moves[known & slow]], fate[moves[known & slow]] = step + 1, RESTS
        history.append(here.copy())
        moves = moves[known & ~slow]
    return np.stack(history), ended, fate


def _basins(fill: SmoothFill, ends: np.ndarray, fate: np.ndarray, merge: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the basin (N,) of every end (N, 2), and the lowest loss of each basin, from the lowest."""
    basin = np.full(len(ends), NOWHERE)
    resting = np.flatnonzero(fate == RESTS)
    if not len(resting):
        return basin, np.zeros(0)
    shares = (ends - fill.low) / fill.extents
    tree = cKDTree(shares[resting])
    pairs = tree.query_pairs(merge, output_type="ndarray").reshape(-1, 2)
    links = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(resting),) * 2)
    _, label = connected_components(links, directed=False)
    losses = fill.at(ends[resting])[0]
    lowest = np.array([losses[label == each].min() for each in range(label.max() + 1)])
    order = np.argsort(lowest, kind="stable")
    basin[resting] = np.argsort(order, kind="stable")[label]
    rolling = np.flatnonzero(fate == ROLLS)
    near, which = tree.query(shares[rolling], distance_upper_bound=merge)
    basin[rolling[np.isfinite(near)]] = basin[resting[which[np.isfinite(near)]]]
    return basin, lowest[order]
