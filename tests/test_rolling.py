"""Many descents: on a bowl every way is the formula's, on a double well every basin is, and no start is lost unsaid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import DataError
from render.landscape import rolling
from render.landscape.rolling import LEFT, NOWHERE, RESTS, ROLLS, Push, roll, starts_on
from render.landscape.smooth_fill import SmoothFill
from render.sampling.surface import Surface
from render.space.grid import Grid
from render.space.plane import Plane

BEND = np.array([[3.0, 0.7], [0.7, 2.0]])
TILT = np.array([-0.3, 0.1])
LOWEST = np.linalg.solve(BEND, -TILT)
FLAT = Plane(np.zeros(2), *np.eye(2))


def everywhere(places: np.ndarray) -> np.ndarray:
    return np.ones(len(places), bool)


def measured(loss: Callable[[np.ndarray, np.ndarray], np.ndarray], cells: tuple[int, int] = (81, 41)) -> Surface:
    grid = Grid(np.linspace(-2, 2, cells[0]), np.linspace(-1, 1, cells[1]))
    values = loss(*np.meshgrid(grid.alphas, grid.betas))
    return Surface(FLAT, grid, values, values * np.nan, np.ones(values.shape, np.uint8))


def bowl(alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    places = np.stack([alpha, beta], -1)
    return 0.5 * np.einsum("...i,ij,...j->...", places, BEND, places) + places @ TILT + 1


def wells(alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Two valleys, at about α = −1 and, higher, α = 1; between them a ridge where 4·α·(α² − 1) + 0.2 is 0."""
    return (alpha**2 - 1) ** 2 + beta**2 + 0.2 * alpha + 1


BOWL, WELLS = SmoothFill.of(measured(bowl)), SmoothFill.of(measured(wells, (201, 101)))
RIDGE = float(np.sort(np.roots([4, 0, -4, 0.2]).real)[1])
INSIDE = st.tuples(st.floats(-1.9, 1.9), st.floats(-0.9, 0.9))


@given(INSIDE)
def test_the_fill_of_a_quadratic_and_its_gradient_are_the_formulas(place):
    loss, gradient = BOWL.at(np.array([place]))
    assert loss[0] == pytest.approx(bowl(*map(np.array, place)), abs=1e-12)
    np.testing.assert_allclose(gradient[0], BEND @ place + TILT, atol=1e-11)


def test_the_fill_meets_every_cell_and_its_gradient_is_its_slope_with_no_step_from_cell_to_cell():
    rough = np.random.default_rng(0).normal(size=(41, 81))
    fill = SmoothFill.of(measured(lambda alpha, beta: rough))
    alpha, beta = np.meshgrid(fill.alphas, fill.betas)
    np.testing.assert_allclose(fill.at(np.stack([alpha.ravel(), beta.ravel()], 1))[0], rough.ravel(), atol=1e-9)
    places = np.random.default_rng(1).uniform((-1.9, -0.9), (1.9, 0.9), (300, 2))
    places[:100, 0] = fill.alphas[5:75][np.arange(100) % 70]  # on the edges of cells, where only C¹ has one slope
    for k, shift in enumerate(np.eye(2) * 1e-6):
        quotient = (fill.at(places + shift)[0] - fill.at(places - shift)[0]) / 2e-6
        np.testing.assert_allclose(fill.at(places)[1][:, k], quotient, atol=2e-3)


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_on_a_bowl_every_step_is_the_closed_form(momentum):
    rate, steps = 0.05, 60
    starts = np.random.default_rng(0).uniform((-0.6, -0.4), (0.6, 0.4), (20, 2))
    rolled = roll(BOWL, starts, Push(rate, momentum, steps))
    one = np.eye(2)
    step = np.block([[momentum * one, -rate * BEND], [momentum * one, one - rate * BEND]])  # of speed and place
    for k in (1, 7, steps):
        expected = np.linalg.matrix_power(step, k) @ np.concatenate([np.zeros((20, 2)), starts - LOWEST], 1).T
        np.testing.assert_allclose(rolled.places[k], expected[2:].T + LOWEST, atol=1e-11)


def test_on_a_bowl_all_come_to_the_minimum_and_are_one_basin():
    starts = starts_on(BOWL, "random", 100, 0, everywhere)
    rolled = roll(BOWL, starts, Push(rolling.automatic_rate(BOWL)))
    assert (rolled.fate == RESTS).all() and (rolled.basin == 0).all()
    np.testing.assert_allclose(rolled.places[-1], np.tile(LOWEST, (100, 1)), atol=1e-5)
    assert rolled.losses == pytest.approx([bowl(*LOWEST)])
    assert (np.diff(BOWL.at(rolled.places.reshape(-1, 2))[0].reshape(-1, 100), axis=0) <= 1e-12).all()  # never uphill


def test_the_automatic_rate_is_one_over_the_curvature():
    assert rolling.automatic_rate(BOWL) == pytest.approx(1 / 3.7)  # the larger row sum of the Hessian
    assert rolling.automatic_rate(SmoothFill.of(measured(lambda a, b: 0 * a + 1))) > 0


def test_the_basins_of_a_double_well_are_what_the_formula_says():
    starts = starts_on(WELLS, "random", 400, 1, everywhere)
    rolled = roll(WELLS, starts, Push(rolling.automatic_rate(WELLS), steps=4000))
    assert rolled.losses[0] < rolled.losses[1] and len(rolled.losses) == 2
    far = abs(starts[:, 0] - RIDGE) > 0.02  # a cell
    assert (rolled.fate[far] == RESTS).all()
    assert (rolled.basin[far] == (starts[far, 0] > RIDGE)).all()


def test_starts_beyond_the_grid_and_where_nothing_is_known_are_left_out_and_counted():
    holed = SmoothFill.of(measured(lambda a, b: np.where(np.hypot(a - 1, b) < 0.3, np.nan, bowl(a, b))))
    starts = np.array([[0.5, 0.5], [3.0, 0.0], [1.0, 0.0], [0.0, -1.5]])
    rolled = roll(holed, starts, Push(0.1))
    assert (rolled.outside, rolled.unknown, rolled.count) == (2, 1, 1)
    np.testing.assert_array_equal(rolled.places[0], starts[:1])


def test_what_would_step_off_the_ground_stays_on_its_edge_and_has_no_basin():
    slope = SmoothFill.of(measured(lambda a, b: 5 - a + 0 * b))
    rolled = roll(slope, np.array([[1.5, 0.0], [-1.5, 0.2]]), Push(0.1, steps=1000))
    assert (rolled.fate == LEFT).all() and (rolled.basin == NOWHERE).all() and len(rolled.losses) == 0
    assert (rolled.places[-1][:, 0] > 1.85).all() and (rolled.places[-1][:, 0] <= 2 + 1e-9).all()


def test_what_still_moves_at_the_end_belongs_to_a_basin_only_where_others_rest():
    rolled = roll(BOWL, np.array([[0.5, 0.5]]), Push(0.01, steps=3))
    assert rolled.fate.tolist() == [ROLLS] and rolled.basin.tolist() == [NOWHERE]
    both = roll(BOWL, np.array([[0.5, 0.5], LOWEST]), Push(0.1, steps=25))
    assert both.fate.tolist() == [ROLLS, RESTS] and both.basin.tolist() == [0, 0]


def test_random_starts_are_those_of_their_seed_on_the_ground_that_is_drawn():
    def right(places: np.ndarray) -> np.ndarray:
        return places[:, 0] > 0

    one, other, again = (starts_on(BOWL, "random", 50, seed, right) for seed in (1, 2, 1))
    assert (one == again).all() and not (one == other).any()
    assert len(one) == 50 and right(one).all()


@pytest.mark.parametrize("count", [1, 2, 7, 50, 200])
def test_a_grid_of_starts_is_even_and_never_more_than_was_asked_for(count):
    starts = starts_on(BOWL, "grid", count, 0, everywhere)
    assert 0 < len(starts) <= count and BOWL.knows(starts).all()
    columns, rows = (np.unique(starts[:, k]) for k in (0, 1))
    assert len(columns) * len(rows) == len(starts)
    for axis in (columns, rows):
        assert np.diff(axis, 2) == pytest.approx(0, abs=1e-12)


def test_a_line_is_refused():
    grid = Grid.line([0.0, 1.0, 2.0])
    with pytest.raises(DataError, match="a line has no plane to roll on"):
        SmoothFill.of(Surface(FLAT, grid, np.ones(3), np.ones(3), np.ones(3, np.uint8)))
