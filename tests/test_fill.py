"""The fill: polynomials that a spline meets exactly, nodes that are met, seams that are not there."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.sampling.fill import Filling, Level, filled, nearest
from render.sampling.lattice import carried, lattices
from render.space.grid import Grid
from tests.formulas import exact, square

UNEVEN = np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 90)) / 90


def cubic(grid: Grid) -> np.ndarray:
    alpha, beta = np.meshgrid(grid.alphas, grid.betas)
    return 1 + alpha - 2 * beta + alpha**3 * beta**2 - 0.5 * beta**3


@given(st.integers(1, 300), st.integers(1, 300))
def test_every_lattice_has_the_nodes_of_the_coarser_ones_and_the_last_has_every_cell(rows, columns):
    found = lattices((rows, columns))
    assert found[-1].shape == (rows, columns)
    for coarser, finer in itertools.pairwise(found):
        assert set(coarser.rows) <= set(finer.rows) and set(coarser.columns) <= set(finer.columns)
        ours, theirs = coarser.within(finer)
        np.testing.assert_array_equal(finer.rows[ours[:, 0]], coarser.rows)
        np.testing.assert_array_equal(finer.columns[theirs[0]], coarser.columns)
    for lattice in found:
        assert lattice.rows[0] == lattice.columns[0] == 0
        assert (lattice.rows[-1], lattice.columns[-1]) == (rows - 1, columns - 1)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_the_place_of_a_cell_is_the_block_that_it_lies_in(rows, columns, seed):
    cells = np.stack([np.random.default_rng(seed).integers(0, n, 20) for n in (rows, columns)], 1)
    for lattice in lattices((rows, columns)):
        for (row, column), (i, j) in zip(cells, lattice.place_of(cells), strict=True):
            assert lattice.rows[i] <= row <= lattice.rows[min(i + 1, len(lattice.rows) - 1)]
            assert lattice.columns[j] <= column <= lattice.columns[min(j + 1, len(lattice.columns) - 1)]


@pytest.mark.parametrize("axis", [np.linspace(-1, 1, 90), UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize(("order", "degree"), [(1, 1), (3, 3)])
def test_a_polynomial_of_the_order_of_a_spline_is_carried_exactly(axis, order, degree):
    values = np.stack([axis**k for k in range(degree + 1)], 1)
    for lattice in lattices((90, 90)):
        np.testing.assert_allclose(carried(axis, lattice.rows, values[lattice.rows], order), values, atol=1e-12)


def test_one_node_is_carried_everywhere_and_all_nodes_as_they_are():
    axis, values = np.arange(4.0), np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(carried(axis, np.array([0]), values[:1], 3), np.repeat(values[:1], 4, 0))
    assert carried(axis, np.arange(4), values, 3) is values


@pytest.mark.parametrize("grid", [square(90, 70), Grid(UNEVEN, UNEVEN[:70]), Grid.line(UNEVEN)], ids=str)
def test_one_level_is_enough_for_a_cubic(grid):
    values, coarse = cubic(grid), lattices(grid.cells)[0]
    filling = Filling.empty(grid)
    filling.add(coarse, coarse.of(values), np.ones(coarse.shape, bool))
    np.testing.assert_allclose(filling.heights, values, atol=1e-11)


def test_every_known_node_of_every_level_is_met():
    grid, rng = square(70, 50), np.random.default_rng(1)
    levels, filling, met = lattices(grid.cells), Filling.empty(grid), np.full(grid.cells, np.nan)
    for number, lattice in enumerate(levels):
        values = rng.normal(size=lattice.shape)
        known = np.isnan(lattice.of(met)) & ((number == 0) | (rng.random(lattice.shape) < 0.3))
        filling.add(lattice, values, known)
        at = np.ix_(lattice.rows, lattice.columns)
        met[at] = np.where(known, values, met[at])
    there = np.isfinite(met)
    np.testing.assert_allclose(filling.heights[there], met[there], atol=1e-12)


def test_a_level_that_says_nothing_new_changes_nothing():
    grid = square(80)
    first, second, *_ = lattices(grid.cells)
    filling = Filling.empty(grid)
    filling.add(first, first.of(cubic(grid)), np.ones(first.shape, bool))
    before = filling.heights.copy()
    filling.add(second, np.full(second.shape, 9.0), np.zeros(second.shape, bool))
    np.testing.assert_array_equal(filling.heights, before)


def test_a_level_of_noughts_is_a_level():
    grid = square(80)
    first, second, *_ = lattices(grid.cells)
    filling, one = Filling.empty(grid), np.zeros(second.shape, bool)
    one[5, 5] = True
    filling.add(first, np.zeros(first.shape), np.ones(first.shape, bool))
    filling.add(second, np.ones(second.shape), one)
    assert filling.heights[0, 0] == pytest.approx(0, abs=0.02)
    assert filling.heights[second.rows[5], second.columns[5]] == pytest.approx(1)


def test_a_first_level_with_holes_goes_on_into_them_at_the_nearest_height():
    grid, values = square(80), np.full((80, 80), 2.0)
    first = lattices(grid.cells)[0]
    known = first.of(values).copy()
    known[:, 4:] = np.nan
    filling = Filling.empty(grid)
    filling.add(first, known, np.ones(first.shape, bool))
    np.testing.assert_allclose(filling.heights, 2.0)


def test_the_nearest_usable_value_is_taken():
    values, usable = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[True, False, False, True]])
    np.testing.assert_array_equal(nearest(values, usable), [[1, 1, 4, 4]])


@pytest.mark.parametrize("kind", ["hills", "valley"])
def test_the_fill_of_a_smooth_loss_bends_as_the_loss_does(kind):
    grid = square(257)
    values, coarse = exact(kind, grid).astype(np.float64), lattices(grid.cells)[1]
    filling = Filling.empty(grid)
    filling.add(coarse, coarse.of(values), np.ones(coarse.shape, bool))
    cell = 2 / 256
    for axis in (0, 1):
        bent, true = (np.diff(x, 2, axis=axis) / cell**2 for x in (filling.heights, values))
        assert np.abs(bent - true).max() < 0.12 * np.abs(true).max()
        steps = np.abs(np.diff(bent, axis=axis)).max()
        assert steps < 2 * np.abs(np.diff(true, axis=axis)).max() + 0.02 * np.abs(true).max()


def test_accuracy_is_filled_in_straight_lines():
    grid = square(33)
    first, *others = lattices(grid.cells)
    values = np.random.default_rng(2).random(first.shape)
    levels = [Level(first, values, values, np.ones(first.shape, bool)), *map(Level.blank, others)]
    found = filled(grid, levels, (level.accuracy for level in levels), order=1)
    assert found.min() >= values.min() and found.max() <= values.max()
    middle = (first.rows[0] + first.rows[1]) // 2
    assert found[middle, 0] == pytest.approx((values[0, 0] + values[1, 0]) / 2)
