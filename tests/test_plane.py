"""Planes: coordinates on skewed axes, planes through points, directions that cannot span a plane."""

import numpy as np
import pytest
import torch
import zarr
from hypothesis import given
from hypothesis import strategies as st

from render.errors import DataError
from render.space import thetas as points
from render.space.plane import Plane


def skewed(seed: int, size: int = 40) -> Plane:
    rng = np.random.default_rng(seed)
    u = rng.normal(size=size) * 10.0 ** rng.uniform(-2, 2)
    v = 0.9 * u / np.linalg.norm(u) + rng.normal(size=size) * rng.uniform(0.1, 3)
    return Plane.through(rng.normal(size=size), u, v)


def cosine(u: np.ndarray, v: np.ndarray) -> float:
    return abs(u @ v) / np.linalg.norm(u) / np.linalg.norm(v)


def at_angle(degrees: float, size: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns two directions (P,) of different lengths with an angle between them."""
    first, second = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, 2)))[0].T
    angle = np.radians(degrees)
    return 7.0 * first, 0.3 * (np.cos(angle) * first + np.sin(angle) * second)


@given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(-5, 5))
def test_projecting_what_was_lifted_gives_the_coordinates_back_on_skewed_and_scaled_axes(seed, alpha, beta):
    plane = skewed(seed)
    np.testing.assert_allclose(plane.project(plane.lift([[alpha, beta]])), [[alpha, beta]], atol=1e-8)


def test_a_projection_is_the_nearest_point_of_the_plane():
    plane, point = skewed(3), np.random.default_rng(0).normal(size=(1, 40))
    residual = point - plane.lift(plane.project(point))
    np.testing.assert_allclose([residual @ plane.u, residual @ plane.v], 0, atol=1e-9)
    np.testing.assert_allclose(plane.distance(point), np.linalg.norm(residual))


@pytest.mark.parametrize("longest", [7, 40])
def test_the_size_of_blocks_changes_neither_coordinates_nor_distances(monkeypatch, longest):
    plane, thetas = skewed(4), np.random.default_rng(1).normal(size=(33, 40)).astype(np.float32)
    coordinates, distances = plane.project(thetas), plane.distance(thetas)
    monkeypatch.setattr(points, "LONGEST_ROW", longest)
    monkeypatch.setattr(points, "MOST_KEPT", 5 * longest)
    np.testing.assert_allclose(plane.project(thetas), coordinates, rtol=1e-12)
    np.testing.assert_allclose(plane.distance(thetas), distances, rtol=1e-12)


def sources(thetas: np.ndarray, folder) -> dict:
    """Returns the same points (N, P), kept in different ways."""
    np.save(folder / "thetas.npy", thetas)
    stored = zarr.create_array(folder / "thetas.zarr", shape=thetas.shape, dtype=thetas.dtype, chunks=(4, 8))
    stored[...] = thetas
    return {
        "memory map": np.load(folder / "thetas.npy", mmap_mode="r"),
        "zarr": stored,
        "tensor": torch.from_numpy(thetas).requires_grad_(),
        "list": [theta.tolist() for theta in thetas],
    }


def test_points_project_alike_wherever_they_are_kept(tmp_path):
    plane, thetas = skewed(5), np.random.default_rng(2).normal(size=(9, 40)).astype(np.float32)
    for name, source in sources(thetas, tmp_path).items():
        np.testing.assert_array_equal(plane.project(source), plane.project(thetas), err_msg=name)
        np.testing.assert_array_equal(plane.distance(source), plane.distance(thetas), err_msg=name)


def test_points_of_another_network_are_refused_with_both_sizes():
    with pytest.raises(DataError, match="trajectory has 43 parameters, the plane 44"):
        skewed(1, 44).project(np.zeros((5, 43)))


def test_a_single_vector_is_no_table_of_points():
    with pytest.raises(DataError, match=r"shape \(40,\); it must be \(points, parameters\)"):
        skewed(1).project(np.zeros(40))


def test_points_of_different_sizes_are_refused():
    with pytest.raises(DataError, match="different sizes"):
        skewed(1).project([[1.0, 2.0], [3.0]])


def test_coordinates_of_another_form_are_refused():
    with pytest.raises(DataError, match=r"shape \(5, 3\); they must be \(N, 2\)"):
        skewed(1).lift(np.zeros((5, 3)))


@pytest.mark.parametrize("degrees", [0.0, 0.05, 0.0999, 179.95, 180.0])
def test_parallel_directions_are_refused_with_their_angle(degrees):
    with pytest.raises(DataError, match=r"parallel \(angle 0\.\d+°\)"):
        Plane.through(np.zeros(50), *at_angle(degrees))


@pytest.mark.parametrize("degrees", [0.1001, 1.0, 60.0, 90.0, 179.89])
def test_directions_that_span_a_plane_keep_their_lengths_so_that_axes_are_the_numbers_of_the_formula(degrees):
    u, v = at_angle(degrees)
    plane = Plane.through(np.ones(50), u, v)
    np.testing.assert_array_equal(plane.u, u)
    np.testing.assert_array_equal(plane.v, v)
    np.testing.assert_array_equal(plane.lift([[0.25, 0.0], [0.0, -2.0]]), [1 + 0.25 * u, 1 - 2 * v])


@pytest.mark.parametrize("degrees", [0.11, 1.0, 60.0, 90.0, 179.8])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_orthogonal_axes_are_so_after_all_normalisation_and_v_keeps_its_length_and_side(degrees, scale):
    u, v = at_angle(degrees)
    plane = Plane.through(np.zeros(50), u, scale * v, orthogonal=True)
    assert cosine(plane.u, plane.v) < 1e-12
    np.testing.assert_allclose(np.linalg.norm(plane.v), np.linalg.norm(scale * v), rtol=1e-12)
    np.testing.assert_array_equal(plane.u, u)
    assert plane.v @ v > 0


BAD = {
    "zero": ((np.zeros(4), np.ones(4), np.zeros(4)), "v has length zero"),
    "zero first": ((np.zeros(4), np.zeros(4), np.ones(4)), "u has length zero"),
    "infinite": ((np.zeros(4), [1, 2, np.inf, 4], np.ones(4)), "u holds values that are not finite"),
    "too long": ((np.zeros(4), [1e200, 0, 0, 0], np.ones(4)), "u has length inf"),
    "NaN origin": (([0, np.nan, 0, 0], np.eye(4)[0], np.eye(4)[1]), "θ₀ holds values that are not finite"),
    "sizes": ((np.zeros(44), np.ones(43), np.ones(44)), "θ₀ 44, u 43, v 44"),
}


@pytest.mark.parametrize(("vectors", "sentence"), BAD.values(), ids=BAD)
def test_what_spans_no_plane_is_refused_with_a_sentence(vectors, sentence):
    with pytest.raises(DataError, match=sentence):
        Plane.through(*vectors)


@given(st.integers(0, 1000))
def test_a_plane_through_three_points_is_not_skewed_and_has_them_where_it_says(seed):
    first, second, third = np.random.default_rng(seed).normal(size=(3, 30)) * [[1], [10], [0.1]]
    plane = Plane.three(first, second, third)
    places = plane.project([first, second, third])
    np.testing.assert_allclose(places[:2], [[0, 0], [1, 0]], atol=1e-9)
    assert places[2, 1] > 0
    np.testing.assert_allclose(plane.distance([first, second, third]), 0, atol=1e-9)
    assert cosine(plane.u, plane.v) < 1e-6
    np.testing.assert_allclose(np.linalg.norm(plane.v), np.linalg.norm(plane.u), rtol=1e-12)


def test_three_points_on_a_line_are_refused_with_their_angle():
    first, step = np.ones(30), np.arange(30.0)
    with pytest.raises(DataError, match=r"lie on a line \(angle 0\.000°\)"):
        Plane.three(first, first + step, first - 3 * step)


@pytest.mark.parametrize("same", ["θ₂", "θ₃"])
def test_three_points_of_which_two_are_the_same_are_refused(same):
    first, other = np.ones(5), np.arange(5.0)
    with pytest.raises(DataError, match=f"θ₁ and {same} are the same point"):
        Plane.three(first, *((first, other) if same == "θ₂" else (other, first)))
