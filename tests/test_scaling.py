"""Scales: from loss to the height that is drawn and back, and how far two heights are apart."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import UsageError
from render.sampling.scaling import ABOVE, Scaling, apart

SCALES = {"linear": Scaling(), "log": Scaling("log", 1e-4)}


@given(st.sampled_from(sorted(SCALES)), st.lists(st.floats(0.25, 2.0**60, width=32), min_size=1, max_size=20))
def test_down_takes_back_what_up_did(kind, losses):
    loss = np.array(losses, np.float32)
    np.testing.assert_allclose(SCALES[kind].down(SCALES[kind].up(loss)), loss, rtol=1e-6)


@pytest.mark.parametrize("kind", SCALES)
def test_a_loss_that_is_not_finite_has_no_height(kind):
    loss = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)
    np.testing.assert_array_equal(np.isnan(SCALES[kind].up(loss)), [True, True, True, False])


def test_a_logarithm_is_level_below_its_floor():
    np.testing.assert_array_equal(SCALES["log"].up(np.array([1e-4, 1e-9, 0.0, -3.0])), np.full(4, math.log(1e-4)))


def test_a_height_beyond_float32_comes_back_as_infinity_without_a_warning():
    assert Scaling("log", 1.0).down(np.array([1000.0]))[0] == np.inf


def test_the_span_is_from_the_lowest_height_to_the_percentile():
    heights = np.arange(101.0)
    assert Scaling().span(heights) == (0.0, 100.0)
    assert Scaling(clip=90.0).span(heights) == (0.0, 90.0)
    assert Scaling(clip=90.0).span(np.append(heights, [np.nan] * 50)) == (0.0, 90.0)


@pytest.mark.parametrize("heights", [np.full(4, 7.0), np.zeros(4), np.full(4, np.nan), np.zeros(0)])
def test_a_span_is_never_empty(heights):
    low, high = Scaling().span(heights)
    assert high > low


def test_heights_above_the_clip_are_not_apart_and_others_are_by_the_fraction_of_the_span():
    found = apart(np.array([2.0, 12.0, 9.0, 8.0]), np.array([3.0, 99.0, 9.0, 40.0]), (0.0, 10.0))
    np.testing.assert_allclose(found, [0.1, 0, 0, 0.2])


def test_a_fill_is_level_far_above_the_clip_and_free_without_one():
    loss = np.arange(101.0)
    assert Scaling(clip=50.0).limit(loss) == 50 + ABOVE * 50
    assert Scaling().limit(loss) == math.inf


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"kind": "cubic"}, "scale: 'cubic' is unknown; choose linear, log"),
        ({"kind": "log"}, "floor: 0.0 has no logarithm"),
        ({"kind": "log", "floor": -1.0}, "floor: -1.0 has no logarithm"),
        ({"kind": "log", "floor": math.nan}, "floor: nan has no logarithm"),
        ({"kind": "log", "floor": math.inf}, "floor: inf has no logarithm"),
        ({"clip": 0.0}, "clip: 0.0 is no percentile"),
        ({"clip": 100.5}, "clip: 100.5 is no percentile"),
        ({"clip": math.nan}, "clip: nan is no percentile"),
    ],
)
def test_a_scale_that_makes_no_sense_is_refused(settings, fault):
    with pytest.raises(UsageError, match=fault):
        Scaling(**settings)
