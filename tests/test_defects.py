"""What others draw wrong: one test for each defect that was found in public tools of this field (D1 to D14)."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import render
from render.loss.ways import race
from render.sampling.scaling import Scaling
from render.sampling.status import Status


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times strategies briefly; which of them is the fastest does not matter here."""
    monkeypatch.setattr(race, "TRIAL", 0.01)


class Bowl(nn.Module):
    """½·Σ kᵢ·(θᵢ − cᵢ)² of parameters, k and c the inputs (2, 6)."""

    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.linspace(-0.3, 0.4, 6))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return 0.5 * (inputs[0] * (self.theta - inputs[1]).square()).sum()


STIFFNESS, CENTRE = np.arange(1.0, 7.0), np.linspace(-1, 1, 6)


def bowl(shift: float = 0.0) -> render.Objective:
    inputs = np.stack([STIFFNESS, CENTRE])
    return render.Objective(Bowl(), inputs, np.zeros(1), lambda outputs, targets: outputs - shift)


def height(thetas: np.ndarray) -> np.ndarray:
    return 0.5 * (STIFFNESS * (thetas - CENTRE) ** 2).sum(-1)


def through(theta: np.ndarray, seed: int = 1) -> render.Plane:
    return render.Plane.through(theta, *np.random.default_rng(seed).normal(size=(2, len(theta))))


def surface_of(objective: render.Objective, plane: render.Plane, grid: render.Grid, **asked) -> render.Surface:
    return render.sample(objective, plane, grid, progress=False, **asked)


def network() -> nn.Module:
    """Returns a small convolutional network with batch norm and dropout, in training mode."""
    torch.manual_seed(2)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(64, 3)
    )
    model[1].running_var.uniform_(0.01, 0.02)
    return model.train()


def images(count: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(count, 1, 6, 6, generator=generator), torch.randint(3, (count,), generator=generator)


def measured(model: nn.Module) -> tuple[render.Objective, render.Plane]:
    u, v = (render.random_direction(model, seed) for seed in (1, 2))
    objective = render.Objective(model, *images(), nn.CrossEntropyLoss())
    return objective, render.Plane.through(render.parameters_of(model), u, v)


SIZES = [(9, 9), (8, 8), (5, 12), (12, 5), (2, 7), (33, 34)]  # points along α and β


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_alternate_rows_are_not_shifted_and_every_cell_has_the_height_of_its_formula(columns, rows):
    objective = bowl()
    plane, grid = through(objective.parameters), render.Grid(np.linspace(-1, 1, columns), np.linspace(-2, 2, rows))
    found = surface_of(objective, plane, grid)
    alpha, beta = np.meshgrid(grid.alphas, grid.betas)
    thetas = plane.origin + alpha[..., None] * plane.u + beta[..., None] * plane.v
    np.testing.assert_allclose(found.loss, height(thetas), rtol=1e-5)


@pytest.mark.parametrize(("columns", "rows"), [size for size in SIZES if size[0] % 2 and size[1] % 2] + [(5, 11)])
def test_the_centre_of_the_grid_is_the_loss_of_the_network_to_the_last_bit(columns, rows):
    model = network()
    objective, plane = measured(model)
    grid = render.Grid(np.linspace(-1, 1, columns), np.linspace(-2, 2, rows))
    with torch.no_grad():
        expected = functional.cross_entropy(copy.deepcopy(model).eval()(images()[0]), images()[1]).numpy()
    assert surface_of(objective, plane, grid, strategy="loop").loss[rows // 2, columns // 2] == expected


@pytest.mark.parametrize("degrees", [0.2, 30.0, 89.0])
def test_orthogonal_axes_are_so_after_normalisation_by_vectors_that_are_not_unit(degrees):
    first, second = np.linalg.qr(np.random.default_rng(4).normal(size=(50, 2)))[0].T
    turned = np.cos(np.radians(degrees)) * first + np.sin(np.radians(degrees)) * second
    plane = render.Plane.through(np.zeros(50), 17.0 * first, 0.3 * turned, orthogonal=True)
    assert abs(plane.u @ plane.v) / np.linalg.norm(plane.u) / np.linalg.norm(plane.v) < 1e-6


def test_nothing_is_added_to_high_cells_and_what_diverged_is_a_status_not_a_mean():
    objective = bowl()
    plane, grid = through(objective.parameters), render.Grid(np.array([-1.0, 0.0, 1.0, 1e30]), np.array([-1.0, 1.0]))
    first, again = surface_of(objective, plane, grid), surface_of(objective, plane, grid)
    np.testing.assert_array_equal(first.loss, again.loss)
    assert (first.status[:, 3] == Status.DIVERGED).all() and not np.isfinite(first.loss[:, 3]).any()
    assert (first.status[:, :3] == Status.MEASURED).all()


def test_the_axes_are_the_numbers_by_which_the_network_is_moved():
    objective = bowl()
    plane, grid = through(objective.parameters), render.Grid.square(1.0, 7)
    found = surface_of(objective, plane, grid)
    assert found.grid.alphas[0] == -1.0 and found.grid.alphas[-1] == 1.0
    for row, beta in enumerate(found.grid.betas):
        thetas = plane.origin + found.grid.alphas[:, None] * plane.u + beta * plane.v
        np.testing.assert_allclose(found.loss[row], height(thetas), rtol=1e-5)


def test_rows_are_beta_and_columns_are_alpha_on_a_grid_that_is_not_square():
    objective = bowl()
    still = np.zeros(6)
    u, v = still.copy(), still.copy()
    u[0], v[5] = 1.0, 1.0
    plane, grid = render.Plane.through(CENTRE, u, v), render.Grid(np.arange(3.0), np.arange(7.0))
    found = surface_of(objective, plane, grid)
    assert found.loss.shape == found.accuracy.shape == found.status.shape == (7, 3)
    np.testing.assert_allclose(found.loss[0], 0.5 * STIFFNESS[0] * grid.alphas**2, atol=1e-5)
    np.testing.assert_allclose(found.loss[:, 0], 0.5 * STIFFNESS[5] * grid.betas**2, atol=1e-5)


@pytest.mark.parametrize("norm", ["none", "filter", "layer", "model"])
def test_directions_have_no_common_component(norm):
    model = nn.Linear(300, 200)
    for seed in range(3):
        drawn = render.random_direction(model, seed, norm=norm)[: 300 * 200]
        assert abs(drawn.mean()) < 4 * drawn.std() / np.sqrt(drawn.size)


FILTERS = {  # a layer and the axes over which one filter extends
    "linear": (nn.Linear(7, 5), (1,)),
    "convolution 1d": (nn.Conv1d(3, 4, 3), (1, 2)),
    "convolution 2d": (nn.Conv2d(3, 4, 3), (1, 2, 3)),
    "convolution 3d": (nn.Conv3d(2, 4, 3), (1, 2, 3, 4)),
    "transposed convolution": (nn.ConvTranspose2d(3, 6, 3), (0, 2, 3)),
    "embedding": (nn.Embedding(11, 4), (1,)),
}


@pytest.mark.parametrize(("layer", "axes"), FILTERS.values(), ids=FILTERS)
def test_each_filter_of_a_direction_has_the_norm_of_the_filter_that_it_moves(layer, axes):
    model = nn.Sequential(layer, nn.LayerNorm(4))
    layout = render.layout_of(model)
    moved = render.random_direction(model, 1)
    parts = {
        name: moved[part].reshape(shape)
        for (name, part), shape in zip(layout.slices().items(), layout.shapes, strict=True)
    }
    weights = layer.weight.detach().double().numpy()
    norms = (np.sqrt((x.astype(np.float64) ** 2).sum(axes)) for x in (parts.pop("0.weight"), weights))
    np.testing.assert_allclose(*norms, rtol=1e-6)
    assert all((part == 0).all() for part in parts.values())


@pytest.mark.parametrize("bn", ["frozen", "batch"])
def test_batch_norm_does_not_drift_so_the_order_of_cells_does_not_matter_and_the_network_is_as_before(bn, tmp_path):
    model = network()
    before = copy.deepcopy(model.state_dict())
    objective = render.Objective(model, *images(), nn.CrossEntropyLoss(), bn=bn)
    plane, grid = measured(model)[1], render.Grid.square(1.0, 6)
    found = surface_of(objective, plane, grid, strategy="loop")
    places = grid.coordinates(slice(None), slice(None))
    order = np.random.default_rng(5).permutation(len(places))
    shuffled = objective.on(plane.origin, plane.u, plane.v, "loop").measure(places[order]).loss
    np.testing.assert_array_equal(shuffled, found.loss.ravel()[order])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(module.training for module in model.modules())


def test_directions_do_not_move_the_statistics_of_batch_norm():
    model = network()
    assert not any("running" in name or "tracked" in name for name in render.layout_of(model).names)
    objective, plane = measured(model)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    found = surface_of(objective, plane, render.Grid.square(50.0, 5))
    assert (found.status == Status.MEASURED).all()
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())


def test_a_path_is_projected_onto_skewed_and_scaled_axes_by_solving_not_by_dividing():
    rng = np.random.default_rng(6)
    u = 30.0 * rng.normal(size=40)
    plane = render.Plane.through(rng.normal(size=40), u, 0.01 * (u + 10 * rng.normal(size=40)))
    places = rng.uniform(-3, 3, (20, 2))
    np.testing.assert_allclose(plane.project(plane.lift(places)), places, atol=1e-8)


def test_a_loss_that_is_negative_everywhere_is_measured_once(tmp_path, monkeypatch):
    plane, grid = through(bowl().parameters), render.Grid.square(0.5, 5)
    found = surface_of(bowl(shift=1e4), plane, grid, store=tmp_path / "surface.zarr", strategy="loop")
    assert (found.loss < 0).all() and (found.status == Status.MEASURED).all()

    def measured_again(*_: object) -> None:
        raise AssertionError("a cell was measured again")

    monkeypatch.setattr(render.Objective, "on", measured_again)
    kept = surface_of(bowl(shift=1e4), plane, grid, store=tmp_path / "surface.zarr", strategy="loop")
    np.testing.assert_array_equal(kept.loss, found.loss)


def test_the_path_of_a_plane_of_principal_components_ends_where_its_last_point_lies_on_the_grid():
    rng, objective = np.random.default_rng(7), bowl()
    thetas = CENTRE + np.linspace(1, 0.2, 12)[:, None] * rng.normal(size=6) + 0.02 * rng.normal(size=(12, 6))
    plane = render.Plane.pca(thetas)
    reach = 1.2 * np.abs(plane.project(thetas)).max()
    surface = surface_of(objective, plane, render.Grid.square(reach, 9))
    path = render.Path.on(plane, thetas, surface, objective)
    np.testing.assert_allclose([path.alpha[-1], path.beta[-1], path.distance[-1]], 0, atol=1e-9)
    assert path.surface_loss[-1] == surface.loss[4, 4] == pytest.approx(path.true_loss[-1], rel=1e-5)


def test_eigenvectors_are_normalised_as_a_whole_and_stay_eigenvectors():
    objective = bowl()
    plane = render.Plane.hessian(objective, objective.parameters)
    assert plane.eigenvalues == pytest.approx((6.0, 5.0), rel=1e-5)
    for axis, value in ((plane.u, 6.0), (plane.v, 5.0)):
        np.testing.assert_allclose(STIFFNESS * axis, value * axis, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(axis), 1, rtol=1e-9)


def test_the_logarithm_of_a_loss_of_zero_is_finite_above_a_declared_floor():
    model = nn.Linear(2, 2, bias=False)
    torch.nn.init.zeros_(model.weight)
    objective = render.Objective(model, torch.ones(3, 2), torch.zeros(3, 2), nn.MSELoss())
    plane = render.Plane.through(np.zeros(4), np.eye(4)[0], np.eye(4)[3])
    found = surface_of(objective, plane, render.Grid.square(1.0, 5))
    assert found.loss[2, 2] == 0
    heights = Scaling("log", floor=1e-4).up(found.loss)
    assert np.isfinite(heights).all() and heights.min() == heights[2, 2] == np.log(1e-4)
    asked = {"mode": "adaptive", "tolerance": 0.05, "scale": "log", "floor": 1e-4}
    assert np.isfinite(surface_of(objective, plane, render.Grid.square(1.0, 33), **asked).loss).all()
