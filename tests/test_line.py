"""Lines: between two networks, through one along a direction, measured as planes whose second direction is zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import DataError
from render.space.line import Line


@given(st.integers(0, 10_000), st.floats(-5, 5))
def test_projecting_what_was_lifted_gives_the_coordinate_back(seed, alpha):
    first, second = np.random.default_rng(seed).normal(size=(2, 40)) * [[1], [30]]
    line = Line.between(first, second)
    np.testing.assert_allclose(line.project(line.lift([alpha])), [[alpha]], atol=1e-9)


def test_the_two_networks_lie_at_nought_and_one():
    first, second = np.random.default_rng(1).normal(size=(2, 40)).astype(np.float32)
    line = Line.between(first, second)
    np.testing.assert_allclose(line.project([first, second]), [[0], [1]], atol=1e-12)
    np.testing.assert_allclose(line.distance([first, second]), 0, atol=1e-12)
    np.testing.assert_array_equal(line.lift([0.0])[0], first.astype(np.float64))


def test_a_projection_is_the_nearest_point_of_the_line():
    rng = np.random.default_rng(2)
    line, thetas = Line.through(rng.normal(size=20), 9 * rng.normal(size=20)), rng.normal(size=(6, 20))
    residual = thetas - line.lift(line.project(thetas))
    np.testing.assert_allclose(residual @ line.u, 0, atol=1e-9)
    np.testing.assert_allclose(line.distance(thetas), np.linalg.norm(residual, axis=1))


def test_coordinates_may_be_a_column_or_a_row_of_numbers():
    line = Line.through(np.zeros(3), [1, 2, 3])
    np.testing.assert_array_equal(line.lift([1.0, 2.0]), line.lift([[1.0], [2.0]]))


def test_a_line_is_measured_like_a_plane_whose_second_direction_is_zero():
    line = Line.through(np.ones(3), [1, 2, 3])
    np.testing.assert_array_equal(line.v, np.zeros(3))
    assert line.variance_share is None and line.eigenvalues is None


def test_a_line_between_equal_points_is_refused():
    with pytest.raises(DataError, match="same point"):
        Line.between(np.ones(4), np.ones(4))


def test_a_direction_of_length_zero_is_refused():
    with pytest.raises(DataError, match="u has length zero"):
        Line.through(np.ones(4), np.zeros(4))


def test_points_that_are_not_finite_or_of_other_sizes_are_refused():
    with pytest.raises(DataError, match="θ₂ holds values that are not finite"):
        Line.between(np.ones(3), [1, np.nan, 2])
    with pytest.raises(DataError, match="θ₁ 3, θ₂ 4"):
        Line.between(np.ones(3), np.ones(4))
    with pytest.raises(DataError, match="trajectory has 5 parameters, the line 3"):
        Line.through(np.ones(3), np.ones(3)).project(np.ones((2, 5)))
