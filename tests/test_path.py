"""Paths: a descent in the coordinates of a plane or a line, beside its own loss."""

from dataclasses import dataclass

import numpy as np
import pytest

from render.descent.trajectory import Trajectory
from render.errors import DataError
from render.space import thetas as points
from render.space.line import Line
from render.space.path import Path
from render.space.plane import Plane

SIZE = 44


def objective(thetas) -> np.ndarray:
    """½ ‖θ‖²."""
    return (0.5 * (np.asarray(thetas, np.float64) ** 2).sum(1)).astype(np.float32)


@dataclass
class Measured:
    """The surface of that objective, known at every point."""

    section: Plane | Line

    def height_at(self, coordinates):
        return 0.5 * (self.section.lift(coordinates) ** 2).sum(1)


@pytest.fixture
def run() -> Trajectory:
    parameters = np.cumsum(np.random.default_rng(1).normal(size=(25, SIZE)), axis=0).astype(np.float32)
    nothing = np.zeros(25, np.float32)
    return Trajectory(parameters, 100 * np.arange(25), nothing, nothing)


def test_a_path_has_the_coordinates_losses_distances_and_steps_of_its_trajectory(run):
    plane = Plane.through(np.ones(SIZE), *np.random.default_rng(2).normal(size=(2, SIZE)))
    path = Path.on(plane, run, Measured(plane), objective)
    lifted = plane.lift(np.stack([path.alpha, path.beta], 1))
    np.testing.assert_allclose(path.distance, np.linalg.norm(run.parameters - lifted, axis=1))
    np.testing.assert_allclose(path.surface_loss, 0.5 * (lifted**2).sum(1))
    np.testing.assert_array_equal(path.true_loss, objective(run.parameters))
    np.testing.assert_array_equal(path.steps, run.steps)
    assert len(path) == 25


@pytest.mark.parametrize("origin", ["last", "mean", "first"])
def test_the_last_point_of_the_path_lies_where_the_trained_network_lies(run, origin):
    plane = Plane.pca(run, origin)
    path = Path.on(plane, run, Measured(plane), objective)
    np.testing.assert_allclose(
        [path.alpha[-1], path.beta[-1]], plane.project(run.parameters[-1:])[0], rtol=1e-9, atol=1e-12
    )
    if origin == "last":
        assert path.alpha[-1] == path.beta[-1] == path.distance[-1] == 0
        np.testing.assert_allclose(path.surface_loss[-1], path.true_loss[-1], rtol=1e-6)


def test_a_path_on_a_line_has_no_second_coordinate(run):
    line = Line.between(run.parameters[0], run.parameters[-1])
    path = Path.on(line, run, Measured(line), objective)
    np.testing.assert_allclose(path.alpha[[0, -1]], [0, 1], atol=1e-12)
    np.testing.assert_array_equal(path.beta, np.zeros(25))
    np.testing.assert_allclose(path.distance[[0, -1]], 0, atol=1e-5)
    np.testing.assert_allclose(path.surface_loss[-1], path.true_loss[-1], rtol=1e-6)


def test_the_steps_of_a_bare_table_are_counted_from_nought(run):
    plane = Plane.pca(run)
    path = Path.on(plane, run.parameters, Measured(plane), objective)
    np.testing.assert_array_equal(path.steps, np.arange(25))
    np.testing.assert_array_equal(path.alpha, Path.on(plane, run, Measured(plane), objective).alpha)


def test_the_loss_of_a_long_trajectory_is_measured_some_points_at_a_time(run, monkeypatch):
    plane, counts = Plane.pca(run), []
    monkeypatch.setattr(points, "MOST_READ", 10 * SIZE)
    path = Path.on(plane, run, Measured(plane), lambda thetas: counts.append(len(thetas)) or objective(thetas))
    assert counts == [10, 10, 5]
    np.testing.assert_array_equal(path.true_loss, objective(run.parameters))


def test_a_trajectory_of_another_network_is_refused_with_both_sizes(run):
    plane = Plane.pca(run)
    with pytest.raises(DataError, match="trajectory has 43 parameters, the plane 44"):
        Path.on(plane, run.parameters[:, 1:], Measured(plane), objective)
