"""Resampling: what was given at uneven steps is drawn at its true places, and nothing is made up in holes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.exchange.given import Given
from render.exchange.hermite import patched
from render.exchange.resampling import MOST_ALONG, is_even, on_even_steps


@st.composite
def uneven_axes(draw) -> np.ndarray:
    """Draws an axis of 5 to 14 points whose steps grow and shrink by at most a factor of 2 from one to the next."""
    changes = draw(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=12))
    steps = np.cumprod([draw(st.floats(0.01, 5)), *np.clip(changes, 0.5, 2)])
    return draw(st.floats(-3, 3)) + np.concatenate([[0.0], np.cumsum(steps)])


def polynomial(alphas: np.ndarray, betas: np.ndarray, seed: int) -> np.ndarray:
    """Returns a polynomial of degree 3 along each axis, (n_β, n_α), of numbers near 1."""
    shape = np.random.default_rng(seed).uniform(-1, 1, (4, 4))
    u, v = ((axis - axis[0]) / np.ptp(axis) for axis in (alphas, betas))
    return np.polynomial.polynomial.polygrid2d(v, u, shape)


@given(uneven_axes(), uneven_axes(), st.integers(0, 1000))
def test_a_polynomial_is_met_at_every_even_place_within_the_range_that_was_given(alphas, betas, seed):
    values = polynomial(alphas, betas, seed)
    made = on_even_steps(Given(alphas, betas, values.astype(np.float32))).given
    u, v = ((there - axis[0]) / np.ptp(axis) for there, axis in ((made.alphas, alphas), (made.betas, betas)))
    shape = np.random.default_rng(seed).uniform(-1, 1, (4, 4))
    truth = np.polynomial.polynomial.polygrid2d(v, u, shape)
    np.testing.assert_allclose(made.values, np.clip(truth, values.min(), values.max()), atol=3e-5)
    assert is_even(made.alphas) and is_even(made.betas)


@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 1000))
def test_an_even_grid_is_untouched_to_the_last_bit(columns, rows, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, columns)).astype(np.float32)
    values[rng.uniform(size=values.shape) < 0.2] = np.nan
    given_ = Given(np.linspace(-1.3, 0.7, columns), np.linspace(2, 9, rows), values)
    made = on_even_steps(given_)
    assert made.given is given_ and not made.interpolated.any() and not made.said


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_an_axis_that_was_only_rounded_is_even(kind):
    assert is_even(np.linspace(-1, 1, 15).astype(kind).astype(np.float64))
    assert is_even(np.linspace(-1, 1, 51) + 1e-6 / 25 * np.sin(np.arange(51)))


def test_an_axis_whose_steps_grow_is_not_even():
    assert not is_even(np.cumsum(1.01 ** np.arange(40)))


@given(uneven_axes(), uneven_axes(), st.integers(0, 1000), st.floats(0.05, 0.6))
def test_holes_neither_grow_nor_are_filled(alphas, betas, seed, share):
    rng = np.random.default_rng(seed)
    values = polynomial(alphas, betas, seed).astype(np.float32)
    values[rng.uniform(size=values.shape) < share] = np.nan
    values[0, 0] = 1.0
    made = on_even_steps(Given(alphas, betas, values)).given
    rows, columns = (
        np.interp(there, axis, np.arange(len(axis))) for there, axis in ((made.betas, betas), (made.alphas, alphas))
    )
    low = (np.floor(rows + 1e-9).astype(int)[:, None], np.floor(columns + 1e-9).astype(int)[None, :])
    high = (np.ceil(rows - 1e-9).astype(int)[:, None], np.ceil(columns - 1e-9).astype(int)[None, :])
    around = np.stack([np.isnan(values[r, c]) for r in (low[0], high[0]) for c in (low[1], high[1])])
    holes = np.isnan(made.values)
    assert not holes[~around.any(0)].any()  # a hole stays between the places that were given without a value
    assert holes[around.all(0)].all()  # and nothing is drawn where all around was without
    nearest = [np.abs(there[:, None] - axis).argmin(0) for there, axis in ((made.betas, betas), (made.alphas, alphas))]
    if max(len(made.alphas), len(made.betas)) < MOST_ALONG:
        assert np.isnan(made.values[np.ix_(*nearest)])[np.isnan(values)].all()  # not the smallest one is lost


@given(uneven_axes(), uneven_axes(), st.integers(0, 1000))
def test_no_value_between_known_ones_depends_on_a_hole(alphas, betas, seed):
    rng = np.random.default_rng(seed)
    u, v = ((axis - axis[0]) / np.ptp(axis) for axis in (alphas, betas))
    a, b, c = rng.uniform(-1, 1, 3)
    values = (a * u**2 + b * u)[None, :] + (c * v**2 + a * v)[:, None] + np.outer(v, u)
    holes = np.zeros(values.shape, bool)
    row, column = (rng.choice([0, *range(3, len(axis) - 3), len(axis) - 1]) for axis in (betas, alphas))
    holes[row, column] = True  # with three places that are known on either side, or none: enough for a parabola
    made = on_even_steps(Given(alphas, betas, np.where(holes, np.nan, values).astype(np.float32))).given
    s, t = ((there - axis[0]) / np.ptp(axis) for there, axis in ((made.alphas, alphas), (made.betas, betas)))
    truth = (a * s**2 + b * s)[None, :] + (c * t**2 + a * t)[:, None] + np.outer(t, s)
    beside = [
        (there > edged[k]) & (there < edged[k + 2])
        for there, edged, k in (
            (made.betas, np.r_[-np.inf, betas, np.inf], row),
            (made.alphas, np.r_[-np.inf, alphas, np.inf], column),
        )
    ]
    clear = ~(beside[0][:, None] & beside[1][None, :]) & np.isfinite(made.values)
    given_range = values[~holes].min(), values[~holes].max()
    np.testing.assert_allclose(made.values[clear], np.clip(truth, *given_range)[clear], atol=1e-5)


@pytest.mark.slow
def test_beside_a_hole_neither_the_surface_nor_its_slope_has_a_step():
    axis = np.cumsum(np.r_[0.0, 1.1 ** np.arange(19)])
    axis /= axis[-1]
    wavy = np.sin(5 * axis)[None, :] * np.cos(4 * axis)[:, None]
    wavy[9:12, 7:10] = np.nan
    for smaller in (3, 30):
        fine = np.linspace(0, 1, 200 * smaller)
        made = patched((axis, axis), wavy, np.isfinite(wavy), (fine, fine))
        bends = [np.abs(np.diff(made, 2, axis=k)).max() for k in (0, 1)]
        assert max(bends) < 150 / len(fine) ** 2  # a crease would shrink with the step, not its square


def test_no_value_beyond_those_that_were_given_is_made_up():
    axis = np.cumsum([0.0, 1, 1.5, 2, 2.5, 2, 1.5, 1])
    cliff = np.where(axis[None, :] > 5, 100.0, 1.0) * np.ones((8, 1))
    made = on_even_steps(Given(axis, axis, cliff.astype(np.float32))).given.values
    assert made.min() == 1 and made.max() == 100


def test_steps_of_very_different_length_do_not_swing():
    axis = np.array([0.0, 0.01, 0.02, 1.0, 1.01, 3.0])
    rising = np.sqrt(axis)[None, :] * np.ones((6, 1))
    made = on_even_steps(Given(axis, np.arange(6.0), rising.astype(np.float32))).given
    assert made.values.shape[0] == 6 and (np.diff(made.values, axis=1) >= -1e-6).all()


def test_what_diverged_stays_so_beside_a_hole():
    axis = np.cumsum(1.3 ** np.arange(9))
    values = np.ones((9, 9), np.float32)
    values[2, 2], values[6, 6] = np.inf, np.nan
    made = on_even_steps(Given(axis, axis, values)).given.values
    assert np.isinf(made).any() and np.isnan(made).any()
    near = [np.abs(np.linspace(axis[0], axis[-1], len(made)) - axis[k]).argmin() for k in (2, 6)]
    assert np.isinf(made[near[0], near[0]]) and np.isnan(made[near[1], near[1]])


def test_the_finest_step_is_kept_up_to_a_bound_and_both_are_told():
    fine, coarse = np.array([0.0, 1, 2, 4, 8, 16]), np.array([0.0, 1e-5, 1, 2, 3, 4])
    said = on_even_steps(Given(fine, coarse, np.zeros((6, 6), np.float32))).said
    assert said["from"] == [6, 6] and said["to"] == [17, MOST_ALONG]
    assert said["steps"][0] == said["finest"][0] == 1 and said["steps"][1] > 100 * said["finest"][1]


def test_cells_that_the_file_holds_are_told_from_those_between():
    axis = np.array([0.0, 1, 2, 4, 8])
    values = np.arange(25, dtype=np.float32).reshape(5, 5)
    made = on_even_steps(Given(axis, axis, values))
    assert (~made.interpolated).sum() == 25
    np.testing.assert_array_equal(made.given.values[~made.interpolated], values.ravel())
