"""Principal components of trajectories in memory, on disk and made as they are read, beside a decomposition."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import zarr
from torch import nn

from render.descent import trajectory as trajectories
from render.descent.log import TrajectoryLog
from render.descent.parameters import load_parameters
from render.descent.trajectory import Trajectory
from render.errors import DataError, UsageError
from render.space import thetas as points
from render.space.plane import RANDOM_WALK_SHARES, Plane


def walk(steps: int, size: int, seed: int = 1) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=(steps, size)), axis=0)


def run_of(parameters: np.ndarray, every: int = 10) -> Trajectory:
    nothing = np.zeros(len(parameters), np.float32)
    return Trajectory(parameters.astype(np.float32), every * np.arange(len(parameters)), nothing, nothing)


@dataclass
class Columns:
    """Makes columns as they are asked for, and remembers the most that it was asked for at once."""

    values: np.ndarray
    asked: list[int] = field(default_factory=list)

    @property
    def shape(self):
        return self.values.shape

    def __getitem__(self, part):
        rows, columns = part
        assert rows == slice(None)
        self.asked.append(columns.stop - columns.start)
        return self.values[part]


def assert_same(plane: Plane, expected: Plane, tolerance: float = 1e-12) -> None:
    for name in ("origin", "u", "v", "variance_share"):
        np.testing.assert_allclose(getattr(plane, name), getattr(expected, name), atol=tolerance)


def test_principal_components_agree_with_a_singular_value_decomposition():
    trajectory = walk(50, 200)
    plane = Plane.pca(trajectory)
    centred = trajectory - trajectory.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs([plane.u @ axes[0], plane.v @ axes[1]]), 1, atol=1e-9)
    np.testing.assert_allclose(plane.variance_share, (singular**2 / (singular**2).sum())[:2], atol=1e-9)
    assert abs(plane.u @ plane.v) < 1e-9
    np.testing.assert_allclose(np.linalg.norm([plane.u, plane.v], axis=1), 1, atol=1e-12)


def test_little_cancels_where_a_descent_moves_little_far_from_zero():
    shape = walk(30, 100)
    shape /= np.abs(shape).max()
    far = Plane.pca(1000 + 1e-6 * shape)
    near = Plane.pca((1000 + 1e-6 * shape) - 1000)
    np.testing.assert_allclose(far.variance_share, near.variance_share, rtol=1e-9)
    np.testing.assert_allclose([far.u @ near.u, far.v @ near.v], 1, atol=1e-9)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_the_size_of_blocks_does_not_change_the_components(monkeypatch, block):
    trajectory = walk(40, 150)
    expected = Plane.pca(trajectory)
    monkeypatch.setattr(points, "COLUMNS_PER_CHUNK", block)
    monkeypatch.setattr(points, "MOST_KEPT", 40 * min(block, 3))
    assert_same(Plane.pca(trajectory), expected)


def stored(rows: np.ndarray, folder: Path) -> Trajectory:
    """Returns rows (T, P) as a log has them on disk."""
    model = nn.Linear(rows.shape[1], 1, bias=False)
    log = TrajectoryLog(folder, model, first=None)
    for row in rows:
        load_parameters(model, row)
        log.step()
    log.close()
    return log.trajectory()


def test_components_are_the_same_wherever_the_trajectory_is_kept(tmp_path):
    run = run_of(walk(80, 130))
    expected = Plane.pca(run.parameters)
    np.save(tmp_path / "t.npy", run.parameters)
    logged = stored(run.parameters, tmp_path)
    group = zarr.open_group(tmp_path / "trajectory.zarr", mode="r")
    made = Columns(run.parameters)
    for source in (run, np.load(tmp_path / "t.npy", mmap_mode="r"), group["parameters"], logged, made):
        assert_same(Plane.pca(source), expected, 0)


def test_a_trajectory_is_never_read_as_a_whole(monkeypatch):
    monkeypatch.setattr(points, "MOST_READ", 40 * 16)
    made = Columns(walk(40, 150))
    Plane.pca(made)
    assert max(made.asked) == 16


def test_a_stored_trajectory_is_cut_by_steps_and_columns(tmp_path):
    stored(walk(70, 40_000), tmp_path)
    group = zarr.open_group(tmp_path / "trajectory.zarr", mode="r")
    assert group["parameters"].chunks == (64, 2**15)
    assert trajectories.chunks_of(3, 44) == (3, 44)
    assert trajectories.chunks_of(1000, 11_000_000) == (1, 2**15)  # whole rows of it are held, 42 MiB each


@pytest.mark.parametrize(("origin", "row"), [("last", -1), ("first", 0)])
def test_the_origin_is_a_logged_point_to_the_last_bit_and_the_path_begins_or_ends_there(origin, row):
    trajectory = walk(30, 100, 2).astype(np.float32)
    plane = Plane.pca(trajectory, origin)
    np.testing.assert_array_equal(plane.origin, trajectory[row].astype(np.float64))
    np.testing.assert_array_equal(plane.project(trajectory)[row], [0, 0])


def test_a_path_around_its_mean_has_its_last_point_where_the_plane_says():
    trajectory = walk(30, 100, 2)
    plane = Plane.pca(trajectory, "mean")
    np.testing.assert_allclose(plane.origin, trajectory.mean(0), atol=1e-12)
    last = plane.project(trajectory)[-1:]
    np.testing.assert_allclose(last, plane.project(trajectory[-1:]), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(trajectory[-1] - plane.lift(last)), plane.distance(trajectory)[-1])


def test_an_unknown_origin_is_refused_with_the_choices():
    with pytest.raises(UsageError, match="'middle' is unknown; choose last, mean, first"):
        Plane.pca(walk(5, 5), "middle")


def test_the_descent_ends_on_the_positive_side_of_its_start():
    for seed in range(10):
        coordinates = Plane.pca(walk(30, 100, seed)).project(walk(30, 100, seed))
        assert (coordinates[0] <= 0).all()


def test_an_axis_without_advance_has_its_largest_component_positive():
    angle = np.linspace(0, 2 * np.pi, 41)
    ellipse = np.outer(np.cos(angle), [-3.0, 1, 1]) + np.outer(np.sin(angle), [0, -1.0, 1])
    for flipped in (ellipse, -ellipse):
        plane = Plane.pca(flipped)
        assert plane.u[np.abs(plane.u).argmax()] > 0 and plane.v[np.abs(plane.v).argmax()] > 0


def test_a_pure_random_walk_has_the_shares_of_variance_that_are_known_for_it():
    np.testing.assert_allclose(Plane.pca(walk(400, 6000, 5)).variance_share, RANDOM_WALK_SHARES, atol=0.01)


def test_a_trajectory_on_a_line_has_no_pca_plane():
    for line in (np.outer(np.arange(5.0), np.ones(7)), np.ones((5, 7)), np.zeros((5, 7))):
        with pytest.raises(DataError, match="lies on a line"):
            Plane.pca(line)


def test_too_few_logged_steps_have_no_pca_plane():
    with pytest.raises(DataError, match="3 logged steps"):
        Plane.pca(np.eye(2))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_step_that_diverged_is_named(value):
    run = run_of(walk(20, 30))
    run.parameters[17, 5] = value
    with pytest.raises(DataError, match="step 170 holds parameters that are not finite"):
        Plane.pca(run)
    with pytest.raises(DataError, match="step 17 holds parameters that are not finite"):
        Plane.pca(run.parameters)
