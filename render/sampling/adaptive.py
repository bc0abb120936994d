"""Adaptive measuring: coarse first, finer where the coarse levels were wrong, checked on cells that took no part.

Two levels are measured whole. A node of a level whose measured height differs from what the coarser levels said is
surrounded by nodes of the next level. When nothing is left to refine, cells that no level measured are drawn at random
and measured (held-out cells); the largest error there is the surface's error. While it exceeds the tolerance, the
places that failed and their like are refined, and new cells are drawn.

Decisions read completed levels only, so that the same measurements always lead the same way: resuming is replaying.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.ndimage import binary_dilation

from render.sampling.fill import Filling, Level, filled, nearest
from render.sampling.lattice import Lattice, lattices
from render.sampling.scaling import Scaling, apart
from render.sampling.status import Status
from render.space.grid import Grid

PLACES = 2  # raise it when the same loss would be measured at other places
WHOLE_LEVELS = 2  # levels that are measured everywhere
TRIGGER = 2.0  # tolerances by which a level may be off before the next one is asked: it will be off by a quarter
FEWEST_CHECKS, MOST_CHECKS, CHECKED_SHARE = 500, 10_000, 0.01  # held-out cells, and their share of the measured ones
EDGE = 4  # cells along an end of an axis that are its edge
CORNERED, EDGED = 0.1, 0.1  # of the held-out cells, drawn where two edges meet, and along all of them
SEED = 20_231_121  # of the draws of held-out cells
SQUARE = np.ones((3, 3), bool)


class Unfinished(Exception):
    """Some of what was asked for is another's to measure."""


class Prober(Protocol):
    """Measures what adaptive asks for, or reads it where it was measured before."""

    def level(self, number: int, lattice: Lattice, wanted: np.ndarray) -> Level:
        """Returns a level with all wanted nodes known; raises Unfinished where they are another's to measure."""

    def held_out(self, number: int, cells: np.ndarray) -> np.ndarray:
        """Returns the losses (k,) of a draw of cells (k, 2)."""

    def affords(self, points: int) -> bool:
        """Whether there is time for so many points more."""


@dataclass(frozen=True)
class Outcome:
    """A surface filled from what was measured, and what is known of its error."""

    loss: np.ndarray  # (n_β, n_α) float32
    accuracy: np.ndarray  # (n_β, n_α) float32
    status: np.ndarray  # (n_β, n_α) uint8
    error: float  # the largest at held-out cells, fraction of the range that is drawn
    held_out: int  # cells of the last draw
    rounds: int


@dataclass
class _State:
    """What is known after a number of rounds."""

    grid: Grid
    scaling: Scaling
    levels: list[Level]
    threshold: float
    wanted: list[np.ndarray] = field(default_factory=list)  # for each level (m_β, m_α) bool
    heights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    status: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    holes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), bool))


def adapt(grid: Grid, scaling: Scaling, tolerance: float, prober: Prober) -> Outcome:
    """Returns a grid's surface, measured where that is needed to keep its error within a tolerance.

    tolerance is a fraction of the range of heights that is drawn.
    """
    levels = [Level.blank(lattice) for lattice in lattices(grid.cells)]
    wanted = [np.full(level.lattice.shape, k < WHOLE_LEVELS) for k, level in enumerate(levels)]
    state = _State(grid, scaling, levels, TRIGGER * tolerance, wanted)
    number, error, held_out = 0, 0.0, 0
    while True:
        before = _known(state)
        _grow(state, prober)
        if number and _known(state) == before:  # nothing more is afforded; to draw until cells are lucky is no check
            return _outcome(state, error, held_out, number)
        cells = _draw(state, number)
        if not len(cells):
            return _outcome(state, 0.0, 0, number)
        errors = _errors(state, cells, prober.held_out(number, cells))
        number, error, held_out = number + 1, float(errors.max()), len(cells)
        if error <= tolerance or not prober.affords(held_out):
            return _outcome(state, error, held_out, number)
        state.threshold /= 2
        _ask_around(state, cells[errors > tolerance])


def _grow(state: _State, prober: Prober) -> None:
    """Measures every level that is wanted, each after what the coarser ones were wrong about."""
    filling, seen = Filling.empty(state.grid), np.zeros(state.grid.cells, np.uint8)
    for number in range(len(state.levels[:WHOLE_LEVELS])):
        _measure(state, number, prober)
    limit = state.scaling.limit(np.concatenate([level.loss[level.known] for level in state.levels[:WHOLE_LEVELS]]))
    for number in range(len(state.levels)):
        level = _measure(state, number, prober)
        if not level.known.any():
            continue
        heights = np.minimum(state.scaling.up(level.loss), limit)
        expected = level.lattice.of(filling.heights)
        filling.add(level.lattice, heights, level.known)
        _mark(seen, level)
        if 0 < number < len(state.levels) - 1:
            status = level.lattice.of(seen)
            span = _span(state.scaling, level.lattice.of(filling.heights), _holes(status))
            wrong = level.known & (apart(heights, expected, span) > state.threshold)
            _ask(state, number + 1, level.lattice, wrong | _torn(status))
    state.heights, state.status, state.holes = filling.heights, seen, _holes(seen)


def _measure(state: _State, number: int, prober: Prober) -> Level:
    """Returns a level with what is wanted of it, where there is time."""
    level, wanted = state.levels[number], _own(state, number)
    new = int((wanted & ~level.known).sum())
    if new and (number < WHOLE_LEVELS or prober.affords(new + _checks(_known(state) + new))):
        level = state.levels[number] = prober.level(number, level.lattice, wanted)
    return level


def _own(state: _State, number: int) -> np.ndarray:
    """Returns the wanted nodes of a level that no other level knows."""
    wanted, lattice = state.wanted[number].copy(), state.levels[number].lattice
    for coarser in state.levels[:number]:
        wanted[coarser.lattice.within(lattice)] &= ~coarser.known
    for finer in state.levels[number + 1 :]:
        wanted &= ~finer.known[lattice.within(finer.lattice)]
    return wanted


def _mark(seen: np.ndarray, level: Level) -> None:
    found = np.where(np.isfinite(level.loss), Status.MEASURED, Status.DIVERGED)
    rows, columns = np.nonzero(level.known)
    seen[level.lattice.rows[rows], level.lattice.columns[columns]] = found[rows, columns]


def _torn(status: np.ndarray) -> np.ndarray:
    """Returns the nodes (m_β, m_α) at which a finite one has a diverged neighbour, or the other way round."""
    finite, diverged = status == Status.MEASURED, status == Status.DIVERGED
    if not diverged.any():
        return diverged
    return (finite & binary_dilation(diverged, SQUARE)) | (diverged & binary_dilation(finite, SQUARE))


def _ask(state: _State, number: int, coarser: Lattice, nodes: np.ndarray) -> None:
    """Wants the nodes of a level around marked nodes (m_β, m_α) of the coarser one."""
    if nodes.any():
        marked = np.zeros_like(state.wanted[number])
        marked[coarser.within(state.levels[number].lattice)] = nodes
        state.wanted[number] |= binary_dilation(marked, SQUARE, iterations=2)


def _ask_around(state: _State, cells: np.ndarray) -> None:
    """Wants the next level around cells (k, 2) at which the finest known one failed."""
    depth = np.full(len(cells), WHOLE_LEVELS - 1)
    for number in range(WHOLE_LEVELS, len(state.levels)):
        known, place = state.levels[number].known, state.levels[number].lattice.place_of(cells)
        near = [known[_inside(place[:, 0] + i, 0, known), _inside(place[:, 1] + j, 1, known)] for i, j in CORNERS]
        depth[np.any(near, axis=0)] = number
    for number in range(WHOLE_LEVELS - 1, len(state.levels)):
        lattice = state.levels[number].lattice
        failed = np.zeros(lattice.shape, bool)
        place = lattice.place_of(cells[depth == number])
        for i, j in CORNERS:
            failed[_inside(place[:, 0] + i, 0, failed), _inside(place[:, 1] + j, 1, failed)] = True
        _ask(state, min(number + 1, len(state.levels) - 1), lattice, failed)


CORNERS = [(i, j) for i in (0, 1) for j in (0, 1)]


def _inside(index: np.ndarray, axis: int, array: np.ndarray) -> np.ndarray:
    return np.minimum(index, array.shape[axis] - 1)


def _draw(state: _State, number: int) -> np.ndarray:
    """Returns cells (k, 2) that no level measured, drawn anew for each round, in order of rows.

    Corners and edges are few cells of many, which chance alone would pass over, and have known nodes on one side only:
    they have shares of their own.
    """
    left = state.status == Status.MISSING
    count = min(int(left.sum()), _checks(_known(state)))
    random = np.random.default_rng((SEED, number))
    edge = [_edge(size) for size in left.shape]
    for region, share in ((np.logical_and.outer(*edge), CORNERED), (np.logical_or.outer(*edge), EDGED)):
        choices = np.flatnonzero(left & region)
        left.ravel()[random.choice(choices, min(len(choices), int(share * count)), replace=False)] = False
    drawn = state.status == Status.MISSING
    drawn &= ~left
    choices = np.flatnonzero(left)
    drawn.ravel()[random.choice(choices, count - int(drawn.sum()), replace=False)] = True
    return np.argwhere(drawn)


def _known(state: _State) -> int:
    return sum(int(level.known.sum()) for level in state.levels)


def _checks(measured: int) -> int:
    """Returns how many cells are held out where so many were measured."""
    return int(np.clip(CHECKED_SHARE * measured, FEWEST_CHECKS, MOST_CHECKS))


def _edge(size: int) -> np.ndarray:
    """Returns which of the cells along an axis (n,) lie at one of its ends; none of a single one."""
    place = np.arange(size)
    return (np.minimum(place, place[::-1]) < EDGE) & (size > 1)


def _errors(state: _State, cells: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Returns the error (k,) at held-out cells, 1 where of the fill and the measured one only one diverged."""
    rows, columns = cells.T
    heights, span = state.scaling.up(loss), _span(state.scaling, state.heights, state.holes)
    errors = apart(state.heights[rows, columns], heights, span)
    holes = state.holes[rows, columns]
    return np.where(holes | np.isnan(heights), np.where(holes & np.isnan(heights), 0.0, 1.0), errors)


def _holes(status: np.ndarray) -> np.ndarray:
    """Returns which cells (n_β, n_α) lie where everything measured around them diverged."""
    if not (status == Status.DIVERGED).any():
        return np.zeros(status.shape, bool)
    return nearest(status, status > 0) == Status.DIVERGED


def _span(scaling: Scaling, heights: np.ndarray, holes: np.ndarray) -> tuple[float, float]:
    """Returns the range of heights that is drawn; holes have no part in it."""
    return scaling.span(np.where(holes, np.nan, heights) if holes.any() else heights)


def _outcome(state: _State, error: float, held_out: int, rounds: int) -> Outcome:
    status, holes = state.status, state.holes
    loss = state.scaling.down(state.heights)
    accuracy = filled(state.grid, state.levels, (level.accuracy for level in state.levels), order=1).astype(np.float32)
    if not any(np.isfinite(level.accuracy).any() for level in state.levels):
        accuracy = np.full_like(accuracy, np.nan)
    for level in state.levels:
        rows, columns = np.nonzero(level.known)
        at = level.lattice.rows[rows], level.lattice.columns[columns]
        loss[at], accuracy[at] = level.loss[rows, columns], level.accuracy[rows, columns]
    between = status == Status.MISSING
    loss[between & holes] = accuracy[between & holes] = np.nan
    status[between] = np.where(holes[between], Status.DIVERGED, Status.INTERPOLATED)
    return Outcome(loss, np.clip(accuracy, 0, 1), status, error, held_out, rounds)
