"""Laws of every easing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.easing import EASINGS, clamp

every = pytest.mark.parametrize("name", EASINGS)


@every
def test_an_easing_begins_at_0_and_ends_at_1(name):
    assert (EASINGS[name](0.0), EASINGS[name](1.0)) == (0.0, 1.0)


@every
def test_an_easing_stays_at_its_ends_outside(name):
    assert (EASINGS[name](-3.0), EASINGS[name](7.0)) == (0.0, 1.0)


@every
@given(early=st.floats(0, 1), late=st.floats(0, 1))
def test_an_easing_never_turns_back(name, early, late):
    early, late = sorted((early, late))
    assert EASINGS[name](early) <= EASINGS[name](late) + 1e-15


@every
@given(share=st.floats(0, 1))
def test_an_easing_ends_as_it_begins(name, share):
    assert EASINGS[name](1 - share) == pytest.approx(1 - EASINGS[name](share), abs=1e-12)


@every
@given(share=st.floats(0, 1))
def test_an_easing_never_leaves_0_to_1(name, share):
    assert 0 <= EASINGS[name](share) <= 1


@every
def test_an_easing_of_an_array_is_the_easing_of_each(name):
    shares = np.linspace(-0.2, 1.2, 29)
    assert np.array_equal(EASINGS[name](shares), [EASINGS[name](share) for share in shares])


@pytest.mark.parametrize(("name", "powers"), [("smooth", 2), ("smoother", 3)])
def test_a_gentle_easing_leaves_its_ends_by_the_power_of_its_order(name, powers):
    assert EASINGS[name](2e-4) / EASINGS[name](1e-4) == pytest.approx(2**powers, rel=1e-3)


def test_clamping_keeps_what_is_inside():
    assert [clamp(share) for share in (-1.0, 0.25, 4.0)] == [0.0, 0.25, 1.0]
