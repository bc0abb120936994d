"""Surfaces: a bowl with a known formula, tiles in any order, stores that are taken up again and damaged ones."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from render.errors import DataError
from render.loss.objective import Measurement, Objective
from render.sampling import field, layer, surface
from render.sampling.sampling import sample
from render.sampling.surface import Status, SurfaceStore
from render.space.grid import Grid
from render.space.plane import Plane

SIZE = 12
CURVATURE = np.linspace(0.5, 4.0, SIZE)


class Bowl(nn.Module):
    """½ Σ cᵢ θᵢ², of which every height is a formula."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(SIZE))

    def forward(self, inputs):
        return 0.5 * (inputs * self.theta**2).sum(1)


def bowl() -> Objective:
    curvature = torch.from_numpy(CURVATURE[None].astype(np.float32))
    return Objective(Bowl(), curvature, torch.zeros(1), lambda outputs, targets: outputs.mean())


def formula(plane: Plane, grid: Grid) -> np.ndarray:
    thetas = plane.lift(grid.coordinates(slice(None), slice(None)))
    return (0.5 * (thetas**2 @ CURVATURE)).reshape(grid.shape)


def skewed_plane() -> Plane:
    rng = np.random.default_rng(3)
    return Plane.through(rng.normal(size=SIZE), rng.normal(size=SIZE), 0.3 * rng.normal(size=SIZE))


@dataclass
class Counting:
    """An evaluator that remembers what it was asked, and may stop after a number of points."""

    plane: Plane
    limit: int = 10**9
    asked: list[np.ndarray] = dataclasses.field(default_factory=list)
    strategy: str = "counting"
    precision: str = "float32"
    batch: int = 64

    def on(self, origin, u, v, strategy="auto", **_):
        return self

    def spread(self, thetas):
        return None

    def measure(self, coordinates):
        if sum(map(len, self.asked)) + len(coordinates) > self.limit:
            raise KeyboardInterrupt
        self.asked.append(coordinates)
        loss = (0.5 * (self.plane.lift(coordinates) ** 2 @ CURVATURE)).astype(np.float32)
        return Measurement(loss, np.full(len(loss), np.nan, np.float32))


@pytest.mark.parametrize("shape", [(7, 7), (8, 5), (70, 66), (3, 130)])
def test_every_cell_of_a_bowl_equals_its_formula(shape):
    plane = skewed_plane()
    grid = Grid(np.linspace(-1, 2, shape[1]), np.linspace(-2, 1, shape[0]))
    made = sample(bowl(), plane, grid)
    np.testing.assert_allclose(made.loss, formula(plane, grid), rtol=2e-6)
    assert made.counts["measured"] == shape[0] * shape[1]


def test_the_centre_of_an_odd_grid_is_the_loss_of_the_origin_to_the_last_bit():
    plane, objective = skewed_plane(), bowl()
    made = sample(objective, plane, Grid.square(1.0, 9))
    assert made.loss[4, 4] == objective(plane.origin[None])[0]


@pytest.mark.slow
def test_the_order_of_tiles_does_not_change_a_surface(monkeypatch):
    plane, grid = skewed_plane(), Grid.square(1.0, 150)
    straight = sample(bowl(), plane, grid)
    tiles = field.tiles
    monkeypatch.setattr(field, "tiles", lambda shape: tiles(shape)[::-1])
    np.testing.assert_array_equal(sample(bowl(), plane, grid).loss, straight.loss)


def test_the_size_of_tiles_does_not_change_a_surface(monkeypatch):
    plane, grid = skewed_plane(), Grid.square(1.0, 50)
    whole = sample(bowl(), plane, grid)
    monkeypatch.setattr(layer, "TILE", 11)
    np.testing.assert_array_equal(sample(bowl(), plane, grid).loss, whole.loss)


def test_an_interrupted_surface_goes_on_where_it_was(tmp_path):
    plane, grid = skewed_plane(), Grid.square(1.0, 150)
    first = Counting(plane, limit=5 * 64 * 64)
    with pytest.raises(KeyboardInterrupt):
        sample(first, plane, grid, tmp_path / "s.zarr")
    second = Counting(plane)
    made = sample(second, plane, grid, tmp_path / "s.zarr")
    done = sum(map(len, first.asked))
    assert done > 0 and done + sum(map(len, second.asked)) == 150 * 150
    np.testing.assert_array_equal(made.loss, sample(Counting(plane), plane, grid).loss)


def test_a_finished_surface_is_not_measured_again_and_is_read_back_unchanged(tmp_path):
    plane, grid = skewed_plane(), Grid.square(1.0, 80)
    made = sample(Counting(plane), plane, grid, tmp_path / "s.zarr", record={"key": "k"})
    again = Counting(plane, limit=0)
    sample(again, plane, grid, tmp_path / "s.zarr", record={"key": "k"})
    assert again.asked == []
    loaded = surface.load(tmp_path / "s.zarr")
    np.testing.assert_array_equal(loaded.loss, made.loss)
    np.testing.assert_array_equal(loaded.plane.u, plane.u)
    assert loaded.record["key"] == "k"


def test_a_store_is_never_continued_on_another_plane(tmp_path):
    grid = Grid.square(1.0, 20)
    sample(bowl(), skewed_plane(), grid, tmp_path / "s.zarr")
    other = Plane.through(np.zeros(SIZE), np.eye(SIZE)[0], np.eye(SIZE)[1])
    np.testing.assert_allclose(sample(bowl(), other, grid, tmp_path / "s.zarr").loss, formula(other, grid), rtol=2e-6)


def test_a_flipped_bit_is_found_and_its_tile_measured_again(tmp_path):
    plane, grid, folder = skewed_plane(), Grid.square(1.0, 150), tmp_path / "s.zarr"
    made = sample(Counting(plane), plane, grid, folder)
    chunk = folder / "loss" / "c" / "1" / "2"
    flipped = bytearray(chunk.read_bytes())
    flipped[100] ^= 8
    chunk.write_bytes(flipped)
    with pytest.raises(DataError, match="1 damaged tile"):
        surface.load(folder)
    mender = Counting(plane)
    np.testing.assert_array_equal(sample(mender, plane, grid, folder).loss, made.loss)
    assert sum(map(len, mender.asked)) == 64 * (150 - 128)


def test_a_loss_that_is_not_finite_is_kept_as_diverged_and_never_measured_again(tmp_path):
    plane, grid = skewed_plane(), Grid.square(1.0, 20)
    objective = bowl()
    criterion = lambda outputs, targets: torch.where(outputs > 4, torch.nan, outputs).mean()  # noqa: E731
    objective = Objective(Bowl(), torch.from_numpy(CURVATURE[None].astype(np.float32)), torch.zeros(1), criterion)
    made = sample(objective, plane, grid, tmp_path / "s.zarr")
    beyond = formula(plane, grid) > 4
    assert (made.status[beyond] == Status.DIVERGED).all() and np.isnan(made.loss[beyond]).all()
    assert (made.status[~beyond] == Status.MEASURED).all()
    assert made.counts["diverged"] == beyond.sum() > 0
    assert sample(objective, plane, grid, tmp_path / "s.zarr").counts["missing"] == 0


def test_a_loss_that_is_negative_everywhere_is_measured_once():
    objective = Objective(Bowl(), -torch.ones(1, SIZE), torch.zeros(1), lambda outputs, targets: outputs.mean() - 1)
    made = sample(objective, skewed_plane(), Grid.square(1.0, 10))
    assert (made.loss < 0).all() and made.counts["measured"] == 100


def test_heights_between_cells_are_linear_and_nothing_is_known_outside():
    plane = skewed_plane()
    made = sample(bowl(), plane, Grid(np.array([0.0, 1.0]), np.array([0.0, 2.0])))
    middle = made.height_at(np.array([[0.5, 1.0], [1.0, 2.0], [1.1, 0.0]]))
    np.testing.assert_allclose(middle[:2], [made.loss.mean(), made.loss[1, 1]], rtol=1e-6)
    assert np.isnan(middle[2])


def test_a_half_written_store_counts_only_what_its_status_says(tmp_path):
    plane, grid = skewed_plane(), Grid.square(1.0, 80)
    store = SurfaceStore.create(tmp_path / "s.zarr", plane, grid, {})
    tile = (slice(0, 64), slice(0, 64))
    store.layer.arrays["loss"][tile] = 1.0
    values = SurfaceStore.open(tmp_path / "s.zarr").read(lambda tile: pytest.fail("no tile is damaged"))
    assert (values["status"] == Status.MISSING).all()


def test_a_folder_without_a_surface_says_how_to_make_one(tmp_path):
    Path(tmp_path / "zarr.json").write_text(json.dumps({}))
    with pytest.raises(DataError, match="thalweg sample"):
        surface.load(tmp_path)
