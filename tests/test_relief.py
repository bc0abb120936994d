"""Reliefs: a view of the loss that keeps its order and says what it left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import DataError
from render.scene import relief as spec
from render.stage.body import relief

LOG = spec.LogStep(log={"floor": 1e-4})
CLIP = spec.ClipStep(clip={"percentile": 90})
TALL = spec.ExaggerationStep(exaggeration=0.4)


@given(st.integers(0, 1000))
def test_a_relief_keeps_the_order_of_losses(seed):
    loss = np.random.default_rng(seed).lognormal(size=(12, 15)).astype(np.float32)
    level = relief.make(loss, [LOG, CLIP, TALL], 1.0).level
    order = np.argsort(loss.ravel(), kind="stable")
    assert (np.diff(level.ravel()[order]) >= 0).all()
    assert level.min() == 0 and level.max() == 1


def test_a_relief_without_steps_is_the_loss_itself_up_to_scale():
    loss = np.random.default_rng(0).uniform(1, 3, size=(9, 9)).astype(np.float32)
    level = relief.make(loss, [], 1.0).level
    np.testing.assert_allclose(level, (loss - loss.min()) / np.ptp(loss), atol=1e-6)


def test_a_floor_keeps_a_loss_of_zero_finite():
    loss = np.array([[0.0, 1e-9], [1e-4, 1.0]], np.float32)
    made = relief.make(loss, [LOG], 1.0)
    np.testing.assert_array_equal(made.level, np.array([[0, 0], [0, 1]], np.float32))


def test_cells_that_diverged_stand_at_the_top_and_do_not_set_the_scale():
    loss = np.array([[1.0, 2.0], [np.nan, np.inf]], np.float32)
    np.testing.assert_array_equal(relief.make(loss, [], 1.0).level, np.array([[0, 1], [1, 1]], np.float32))


def test_the_scale_places_a_loss_where_the_relief_drew_it():
    loss = np.random.default_rng(4).lognormal(size=(20, 20)).astype(np.float32)
    made = relief.make(loss, [LOG, CLIP], 1.0)
    np.testing.assert_allclose(made.scale.level(loss), made.level, atol=1e-6)


def test_smoothing_leaves_a_plane_in_place_away_from_its_edge():
    plane = np.add.outer(np.arange(40.0), 2 * np.arange(40.0)).astype(np.float32)
    smoothed = relief.make(plane, [spec.SmoothStep(smooth={"cells": 1.5})], 1.0)
    middle = np.gradient(smoothed.level)[0][15:25, 15:25]
    np.testing.assert_allclose(middle, middle.mean(), rtol=1e-4)


def test_a_surface_of_which_every_cell_diverged_cannot_be_drawn():
    with pytest.raises(DataError, match="every cell"):
        relief.make(np.full((4, 4), np.nan, np.float32), [LOG, CLIP, TALL], 1.0)


def test_the_share_of_cells_below_a_floor_and_above_a_clip_is_told():
    loss = np.linspace(0.0, 1.0, 100, dtype=np.float32).reshape(10, 10)
    low, high = spec.LogStep(log={"floor": 0.25}), spec.ClipStep(clip={"percentile": 90})
    made = relief.make(loss, [low, high], 1.0)
    assert made.levelled.low == pytest.approx(0.25, abs=0.01) and made.levelled.high == pytest.approx(0.1, abs=0.01)
    assert made.levelled.is_much
    counts = np.unique(made.level, return_counts=True)[1]
    assert counts[0] == round(100 * made.levelled.low) and counts[-1] == round(100 * made.levelled.high)


def test_cells_that_are_alike_in_the_file_are_not_levelled_by_the_relief():
    sea = np.where(np.arange(100) < 60, 0.0, np.arange(100)).reshape(10, 10).astype(np.float32)
    assert relief.make(sea, [], 1.0).levelled == relief.Levelled()


@given(st.integers(0, 1000), st.floats(0.05, 0.9))
def test_holes_leave_the_height_of_every_cell_as_it_is_and_stay_finite_themselves(seed, share):
    rng = np.random.default_rng(seed)
    loss, holes = rng.uniform(0.5, 4, (14, 17)).astype(np.float32), rng.uniform(size=(14, 17)) < share
    holes[3, 5] = False
    loss[holes] = np.nan
    made = relief.make(loss, [TALL], 1.0, holes)
    np.testing.assert_array_equal(made.level[~holes], relief.make(loss, [TALL], 1.0).level[~holes])
    assert np.isfinite(made.level).all() and made.level.min() >= 0 and made.level.max() <= 1
    np.testing.assert_array_equal(made.holes, holes)


def test_a_slope_goes_on_beyond_the_shore():
    slope = np.broadcast_to(np.linspace(1, 3, 21), (15, 21)).astype(np.float32).copy()
    holes = np.zeros(slope.shape, bool)
    holes[4:11, 12:16] = True
    made = relief.make(np.where(holes, np.nan, slope), [], 1.0, holes)
    np.testing.assert_allclose(made.level[7, 12:15], np.linspace(0, 1, 21)[12:15], atol=1e-6)


def test_a_cell_that_diverged_beside_a_hole_keeps_its_state():
    loss = np.ones((9, 9), np.float32)
    loss[0, 0], loss[4, 4], loss[4, 5:] = 0.0, np.inf, np.nan
    made = relief.make(loss, [], 1.0, np.isnan(loss))
    assert not made.finite[4, 4] and made.level[4, 4] == 1 and not made.holes[4, 4]


def test_reliefs_side_by_side_have_one_scale_and_are_clipped_alike():
    rng = np.random.default_rng(5)
    low, high = rng.uniform(0.5, 1, (12, 15)).astype(np.float32), rng.uniform(1, 9, (9, 9)).astype(np.float32)
    one, other = relief.make_alike([low, high], [LOG, CLIP, TALL], [1.0, 0.8])
    assert one.scale == other.scale and (one.depth, other.depth) == (1.0, 0.8)
    for made, loss in ((one, low), (other, high)):
        np.testing.assert_allclose(made.scale.level(loss), made.level, atol=1e-6)
    top = np.percentile(np.log(np.concatenate([low.ravel(), high.ravel()])), 90)
    assert one.scale.high == pytest.approx(top) and one.level.max() < other.level.max() == 1
