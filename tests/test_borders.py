"""Edges and corners of adaptive surfaces: looked into on every level, checked, and filled as well as the rest."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.sampling import adaptive
from render.sampling.adaptive import Outcome, adapt
from render.sampling.fill import Level
from render.sampling.lattice import Lattice, lattices
from render.sampling.scaling import Scaling, apart
from render.sampling.status import Status
from render.space.grid import Grid

TOLERANCE = 0.005
SIZES = st.integers(90, 260)


class Known:
    """Gives an array for adapt to measure, and remembers the held-out cells."""

    def __init__(self, truth: np.ndarray):
        self.truth = truth
        self.draws: list[np.ndarray] = []

    def level(self, number: int, lattice: Lattice, wanted: np.ndarray) -> Level:
        loss = np.where(wanted, lattice.of(self.truth), np.float32("nan"))
        return Level(lattice, loss, np.full_like(loss, np.nan), wanted)

    def held_out(self, number: int, cells: np.ndarray) -> np.ndarray:
        self.draws.append(cells)
        return self.truth[tuple(cells.T)]

    def affords(self, points: int) -> bool:
        return True


Loss = Callable[[np.ndarray, np.ndarray], np.ndarray]


def filled(loss: Loss, grid: Grid) -> tuple[Outcome, np.ndarray, Known]:
    """Returns an adaptive surface, its true errors (n_β, n_α) as fractions of the range, and what it was made of."""
    known = Known(loss(*np.meshgrid(grid.alphas, grid.betas)).astype(np.float32))
    outcome, truth = adapt(grid, Scaling(), TOLERANCE, known), known.truth.astype(np.float64)
    return outcome, apart(outcome.loss.astype(np.float64), truth, Scaling().span(truth)), known


def border(shape: tuple[int, int], width: int = 4) -> np.ndarray:
    """Returns which cells lie near the end of an axis that has more than one."""
    near = np.zeros(shape, bool)
    for axis, size in enumerate(shape):
        if size > 1:
            place = np.minimum(np.arange(size), np.arange(size)[::-1])
            near |= np.expand_dims(place < width, 1 - axis)
    return near


def ripples(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns waves that are shortest in the corners: 40 along the diagonal, of which the last are two cells wide."""
    return np.sin(9 * a) * np.cos(7 * b) + 0.3 * np.sin(40 * a * b) + a**2 + b**2


def axis(size: int) -> np.ndarray:
    return np.linspace(-1, 1, size)


@pytest.mark.parametrize("size", [129, 150, 193, 200, 201, 202, 209, 255, 257, 259])
def test_waves_that_are_shortest_in_the_corners_are_met_there_as_elsewhere(size):
    _, errors, _ = filled(ripples, Grid(axis(size), axis(size)))
    assert errors.max() <= TOLERANCE


@given(SIZES, SIZES, st.floats(0.15, 0.5), st.sampled_from([-1.0, -0.3, 0.9, 1.0]), st.sampled_from([-1.0, 0.5, 1.0]))
@settings(max_examples=25)
def test_a_hill_is_met_in_every_cell_wherever_it_stands_and_whatever_the_size_of_the_grid(columns, rows, width, at, to):
    def hill(a, b):
        return np.exp(-((a - at) ** 2 + (b - to) ** 2) / (2 * width**2)) + 0.1 * np.sin(5 * a) * np.cos(4 * b)

    outcome, errors, _ = filled(hill, Grid(axis(columns), axis(rows)))
    inside = ~border(errors.shape)
    assert errors.max() <= 2 * TOLERANCE and outcome.error <= TOLERANCE
    assert errors[~inside].max() <= max(TOLERANCE, errors[inside].max())


@given(st.integers(40, 2000), st.floats(0.15, 0.5), st.sampled_from([-1.0, 0.3, 1.0]))
@settings(max_examples=25)
def test_a_line_is_met_to_its_ends(size, width, at):
    outcome, errors, _ = filled(lambda a, b: np.exp(-((a - at) ** 2) / (2 * width**2)), Grid.line(axis(size)))
    assert errors.max() <= 2 * TOLERANCE and outcome.error <= TOLERANCE
    assert (outcome.status[0, [0, -1]] == Status.MEASURED).all()


@given(st.integers(1, 3000), st.integers(1, 400))
def test_every_gap_of_a_lattice_is_looked_into_by_the_next_one_and_all_are_alike(rows, columns):
    found = lattices((rows, columns))
    for which in ("rows", "columns"):
        for coarser, finer in itertools.pairwise(getattr(lattice, which) for lattice in found):
            assert len(coarser) == 1 or np.ptp(np.diff(coarser)) <= 1
            inner = np.searchsorted(finer, coarser[1:]) - np.searchsorted(finer, coarser[:-1])
            assert ((inner == 2) | (np.diff(coarser) == 1)).all()


@pytest.mark.parametrize("shape", [(201, 201), (90, 260), (1, 900)], ids=str)
def test_corners_and_edges_are_among_the_held_out_cells(shape):
    rows, columns = shape
    grid = Grid(axis(columns), axis(rows)) if rows > 1 else Grid.line(axis(columns))
    outcome, _, known = filled(lambda a, b: np.sin(3 * a) + b, grid)
    (cells,) = known.draws
    near = border(shape)
    drawn = np.zeros(shape, bool)
    drawn[tuple(cells.T)] = True
    left = outcome.status != Status.MEASURED
    assert drawn.sum() == len(cells) == outcome.held_out and not (drawn & ~left).any()
    for region, share in ((near, adaptive.EDGED), (corners(near), adaptive.CORNERED)):
        assert (drawn & region).sum() >= min((left & region).sum(), int(share * len(cells)))
    assert (drawn & ~near).sum() > 0.6 * len(cells)


def corners(near: np.ndarray) -> np.ndarray:
    """Returns the cells of a border where two edges of it meet, or of a line the ends."""
    rows, columns = near.shape
    if rows == 1:
        return near
    return near & np.logical_and.outer(near[:, columns // 2], near[rows // 2])
