"""Planes: coordinates on skewed axes, principal components, directions that cannot span a plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import DataError
from render.landscape.plane import RANDOM_WALK_SHARES, Plane


def skewed(seed: int, size: int = 40) -> Plane:
    rng = np.random.default_rng(seed)
    u = rng.normal(size=size) * 10.0 ** rng.uniform(-2, 2)
    v = 0.9 * u / np.linalg.norm(u) + rng.normal(size=size) * rng.uniform(0.1, 3)
    return Plane.through(rng.normal(size=size), u, v)


@given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(-5, 5))
def test_projecting_what_was_lifted_gives_the_coordinates_back_on_skewed_and_scaled_axes(seed, alpha, beta):
    plane = skewed(seed)
    np.testing.assert_allclose(plane.project(plane.lift([[alpha, beta]])), [[alpha, beta]], atol=1e-8)


def test_a_projection_is_the_nearest_point_of_the_plane():
    plane, point = skewed(3), np.random.default_rng(0).normal(size=(1, 40))
    residual = point - plane.lift(plane.project(point))
    np.testing.assert_allclose([residual @ plane.u, residual @ plane.v], 0, atol=1e-9)
    np.testing.assert_allclose(plane.distance(point), np.linalg.norm(residual))


def test_parallel_directions_are_refused_with_their_angle():
    u = np.ones(10)
    with pytest.raises(DataError, match=r"parallel \(angle 0\.0"):
        Plane.through(np.zeros(10), u, -2 * u + 1e-6 * np.arange(10))


def test_a_direction_of_length_zero_is_refused():
    with pytest.raises(DataError, match="length zero"):
        Plane.through(np.zeros(4), np.ones(4), np.zeros(4))


def test_principal_components_agree_with_a_singular_value_decomposition():
    rng = np.random.default_rng(1)
    trajectory = np.cumsum(rng.normal(size=(50, 200)), axis=0)
    plane = Plane.pca(trajectory)
    centred = trajectory - trajectory.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs([plane.u @ axes[0], plane.v @ axes[1]]), 1, atol=1e-9)
    np.testing.assert_allclose(plane.variance_share, (singular**2 / (singular**2).sum())[:2], atol=1e-9)
    assert abs(plane.u @ plane.v) < 1e-9


def test_the_end_of_the_descent_is_the_origin_of_its_pca_plane_and_lies_on_the_positive_side_of_its_start():
    trajectory = np.cumsum(np.random.default_rng(2).normal(size=(30, 100)), axis=0).astype(np.float32)
    plane = Plane.pca(trajectory)
    coordinates = plane.project(trajectory)
    np.testing.assert_allclose(coordinates[-1], 0, atol=1e-6)
    assert (coordinates[0] <= 0).all()


def test_a_pure_random_walk_has_the_shares_of_variance_that_are_known_for_it():
    walk = np.cumsum(np.random.default_rng(5).normal(size=(400, 6000)), axis=0)
    np.testing.assert_allclose(Plane.pca(walk).variance_share, RANDOM_WALK_SHARES, atol=0.01)


def test_a_trajectory_on_a_line_has_no_pca_plane():
    with pytest.raises(DataError, match="lies on a line"):
        Plane.pca(np.outer(np.arange(5.0), np.ones(7)))


def test_too_few_logged_steps_have_no_pca_plane():
    with pytest.raises(DataError, match="3 logged steps"):
        Plane.pca(np.eye(2))
