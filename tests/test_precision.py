"""Reduced precision is kept only where it follows the loss as finely as the grid asks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from render.descent.parameters import parameters_of
from render.loss.measurement import Measurement
from render.loss.objective import Objective
from render.loss.precision import ALLOWED, PrecisionCheck, check, probes, reduced
from render.space.grid import Grid

FINE, COARSE = Grid.square(1e-3, 21), Grid.square(30.0, 4)
REDUCED = ["bfloat16", "float16"]


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(8, 6), nn.Softplus(), nn.Linear(6, 3))


def objective(model: nn.Module, precision: str) -> Objective:
    generator = torch.Generator().manual_seed(2)
    inputs, targets = (torch.randn(40, size, generator=generator) for size in (8, 3))
    return Objective(model, inputs, targets, nn.MSELoss(), precision=precision)


def plane_of(model: nn.Module) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    origin = parameters_of(model).astype(np.float64)
    u, v = np.random.default_rng(4).normal(0, 0.2, (2, len(origin)))
    return origin, u, v


def points(grid: Grid) -> np.ndarray:
    return grid.coordinates(slice(None), slice(None))


@pytest.mark.parametrize("precision", REDUCED)
def test_a_fine_grid_is_measured_in_float32_and_that_is_said(precision, capsys):
    model = network()
    evaluator = objective(model, precision).on(*plane_of(model), "loop", grid=FINE)
    assert evaluator.precision == "float32"
    said = capsys.readouterr().err
    assert said.startswith(f"note: {precision} failed its check (error ") and said.count("\n") == 1
    assert "step between cells" in said and said.endswith("measuring in float32\n")
    exact = objective(model, "float32").on(*plane_of(model), "loop").measure(points(FINE))
    assert np.array_equal(evaluator.measure(points(FINE)).loss, exact.loss)


@pytest.mark.parametrize("precision", REDUCED)
@pytest.mark.parametrize("strategy", ["auto", "loop", "folded"])
def test_a_coarse_grid_of_a_rough_loss_is_measured_in_the_precision_asked_for(precision, strategy, capsys):
    model = network()
    evaluator = objective(model, precision).on(*plane_of(model), strategy, grid=COARSE)
    assert evaluator.precision == precision
    assert capsys.readouterr().err == ""
    exact = objective(model, "float32").on(*plane_of(model), "loop").measure(points(COARSE))
    found = evaluator.measure(points(COARSE))
    np.testing.assert_allclose(found.loss, exact.loss, rtol=0.05)
    assert not np.array_equal(found.loss, exact.loss)


@pytest.mark.parametrize("precision", REDUCED)
def test_every_point_of_a_measuring_in_reduced_precision_has_its_own_parameters(precision):
    model = network()
    places = points(COARSE)
    whole = objective(model, precision).on(*plane_of(model), "loop").measure(places).loss
    single = [objective(model, precision).on(*plane_of(model), "loop").measure(place[None]).loss[0] for place in places]
    origin, u, v = plane_of(model)
    assert np.array_equal(whole, single)
    assert len(set(whole)) == len(whole)
    thetas = origin + places[:, :1] * u + places[:, 1:] * v
    np.testing.assert_array_equal(objective(model, precision)(thetas), whole)


def test_tf32_is_float32_without_a_cuda_device_and_that_is_said(capsys):
    model = network()
    for strategy in ("auto", "folded", "loop"):
        evaluator = objective(model, "tf32").on(*plane_of(model), strategy, grid=COARSE)
        assert evaluator.precision == "float32"
        assert strategy in ("auto", evaluator.strategy)
        assert capsys.readouterr().err == "note: tf32 is a precision of CUDA devices only; measuring in float32\n"


def test_the_settings_of_products_are_as_they_were_after_an_error():
    found = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    for precision in ("float32", "tf32", *REDUCED):
        for device in ("cpu", "cuda") if precision not in REDUCED else ("cpu",):
            with pytest.raises(ArithmeticError, match="failed"), reduced(precision, torch.device(device)):
                assert torch.is_autocast_enabled("cpu") == (precision in REDUCED)
                assert device == "cpu" or torch.backends.cuda.matmul.allow_tf32 == (precision == "tf32")
                raise ArithmeticError("failed")
            assert not torch.is_autocast_enabled("cpu")
            assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == found


def losses(*values: float) -> Measurement:
    return Measurement(np.array(values, np.float32), np.full(len(values), np.nan, np.float32))


CHECKS = {  # exact cells and then their neighbours, the same rough, error, step
    "alike": ((1, 2, 3, 2, 4, 6), (1, 2, 3, 2, 4, 6), 0.0, 2.0),
    "apart": ((1, 2, 3, 2, 4, 6), (1, 2, 3, 2, 4.5, 6), 0.5, 2.0),
    "both diverge": ((np.inf, 2, 3, np.inf, 4, np.nan), (np.nan, 2, 3, np.inf, 4, np.nan), 0.0, 2.0),
    "one diverges": ((1, 2, 3, 2, 4, 6), (1, 2, 3, 2, 4, np.inf), np.inf, 0.0),
    "all diverge": ((np.nan, np.nan), (np.nan, np.nan), 0.0, 0.0),
    "flat": ((1, 1), (1, 1.5), 0.5, 0.0),
}


@pytest.mark.parametrize(("exact", "rough", "error", "step"), CHECKS.values(), ids=CHECKS)
def test_a_check_has_the_largest_error_and_the_typical_step(exact, rough, error, step):
    found = check(losses(*exact), losses(*rough))
    assert found == PrecisionCheck(error, step)
    assert found.passes == (error <= ALLOWED * step)


@pytest.mark.parametrize(
    ("grid", "count"), [(Grid.square(1.0, 9), 16), (Grid.square(1.0, 2), 2), (Grid([0, 1, 3], [0, 1]), 4)]
)
def test_probes_are_cells_of_the_grid_with_their_neighbours_along_alpha(grid, count):
    here, there = np.split(probes(grid.alphas, grid.betas), 2)
    assert len(here) == count
    columns = np.searchsorted(grid.alphas, here[:, 0])
    np.testing.assert_array_equal(grid.alphas[columns], here[:, 0])
    np.testing.assert_array_equal(grid.alphas[columns + 1], there[:, 0])
    np.testing.assert_array_equal(here[:, 1], there[:, 1])
    assert np.isin(here[:, 1], grid.betas).all()


def test_a_line_has_probes_along_it():
    grid = Grid.line(np.linspace(0, 1, 5))
    assert set(probes(grid.alphas, grid.betas)[:, 1]) == {0.0}
