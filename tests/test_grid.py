"""Grids: rows are β, columns are α, and the axes are the numbers that are used."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import DataError
from render.space.grid import Grid


def test_coordinates_run_along_alpha_first():
    grid = Grid(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0]))
    assert grid.shape == (2, 3)
    expected = [[1, 10], [2, 10], [3, 10], [1, 20], [2, 20], [3, 20]]
    np.testing.assert_array_equal(grid.coordinates(slice(None), slice(None)), expected)


@given(st.integers(2, 60), st.integers(2, 60), st.floats(0, 3), st.integers(0, 1000))
def test_a_grid_around_a_path_has_square_cells_and_leaves_the_margin_on_every_side(columns, rows, margin, seed):
    path = np.random.default_rng(seed).normal(size=(20, 2)) * [3, 0.5]
    grid = Grid.around(path, (columns, rows), margin)
    assert grid.shape == (rows, columns)
    np.testing.assert_allclose(np.diff(grid.alphas).mean(), np.diff(grid.betas).mean(), rtol=1e-9)
    room, extent = 1e-9, np.ptp(path, axis=0).max()
    for axis, places in ((grid.alphas, path[:, 0]), (grid.betas, path[:, 1])):
        assert axis[0] <= places.min() - margin * extent + room
        assert axis[-1] >= places.max() + margin * extent - room


def test_a_square_grid_of_odd_size_has_its_centre_at_zero_exactly():
    grid = Grid.square(1.5, 7)
    assert grid.alphas[3] == grid.betas[3] == 0.0


AXES = {
    "equal": ([0.0, 0.0], "have 0 before 0"),
    "falling": ([1.0, 0.5], "have 1 before 0.5"),
    "one number": ([0.0], r"have the shape \(1,\)"),
    "two dimensions": ([[0.0, 1.0]], r"have the shape \(1, 2\)"),
    "NaN": ([0.0, np.nan], "have 0 before nan"),
    "infinite": ([-np.inf, 0.0, 1.0], "have -inf before 0"),
    "words": (["left", "right"], "are no numbers"),
    "ragged": ([[1.0], [2.0, 3.0]], "are no numbers"),
}


@pytest.mark.parametrize(("axis", "fault"), AXES.values(), ids=AXES)
def test_an_axis_that_does_not_increase_is_refused(axis, fault):
    with pytest.raises(DataError, match=f"alphas {fault}.* strictly increasing"):
        Grid(axis, np.array([0.0, 1.0]))
    with pytest.raises(DataError, match=f"alphas {fault}.* strictly increasing"):
        Grid.line(axis)


@pytest.mark.parametrize("betas", [[0.5], [], [0.0, -1.0]])
def test_only_a_single_beta_of_nought_makes_a_line(betas):
    with pytest.raises(DataError, match=r"betas have .* strictly increasing"):
        Grid([0.0, 1.0], betas)


@pytest.mark.parametrize("axis", [[0, 1, 2], (0.0, 1.0, 2.0), np.arange(3, dtype=np.float32), range(3)])
def test_axes_are_kept_in_float64_whatever_they_were(axis):
    grid = Grid(axis, axis)
    for kept in (grid.alphas, grid.betas):
        assert kept.dtype == np.float64
        np.testing.assert_array_equal(kept, [0.0, 1.0, 2.0])


def test_axes_are_the_very_numbers_that_were_given():
    alphas, betas = np.array([-0.952, 0.1, 1.0]), np.array([-1 / 3, 2 / 3])
    grid = Grid(alphas, betas)
    used = grid.coordinates(slice(None), slice(None)).reshape(2, 3, 2)
    np.testing.assert_array_equal(used[0, :, 0], alphas)
    np.testing.assert_array_equal(used[:, 0, 1], betas)


def test_the_grid_of_a_line_has_one_dimension_and_cells_of_one_row():
    grid = Grid.line([-1.0, 0.0, 0.5, 2.0, 3.0])
    assert grid.is_line and grid.shape == (5,) and grid.cells == (1, 5)
    expected = [[-1, 0], [0, 0], [0.5, 0], [2, 0], [3, 0]]
    np.testing.assert_array_equal(grid.coordinates(slice(0, 1), slice(None)), expected)
    again = Grid(grid.alphas, grid.betas)
    assert again.is_line and again.shape == (5,)


def test_a_grid_of_two_axes_has_the_shape_of_its_cells():
    grid = Grid.square(1.0, 4)
    assert not grid.is_line and grid.shape == grid.cells == (4, 4)


def test_a_path_that_does_not_move_gives_no_grid():
    with pytest.raises(DataError, match="does not move"):
        Grid.around(np.zeros((5, 2)), (4, 4), 0.5)
