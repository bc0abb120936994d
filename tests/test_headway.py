"""Headway: what is said to be left after ten seconds of made-up work, against what is left."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from render.headway import Headway

FACTOR = 1.5


def said_and_true(moments: list[tuple[float, int]], after: float) -> tuple[float, float]:
    """Returns the seconds that are said and those that are left at the first advance after a time.

    moments: when units were done, and how many each time.
    """
    headway, done, total, end = Headway(), 0, sum(units for _, units in moments), moments[-1][0]
    for time, units in moments:
        done += units
        headway.mark(time, done)
        if time >= after:
            rate = headway.rate(time, done)
            return ((total - done) / rate if rate else np.inf), end - time
    raise AssertionError("it was done before")


def frames(*seconds: float) -> list[tuple[float, int]]:
    return [(float(time), 1) for time in np.cumsum(seconds)]


WORK = {
    "even frames": frames(*[0.5] * 100),
    "a first frame in which kernels are compiled": frames(8.0, *[0.2] * 200),
    "a first frame of a film of long ones": frames(6.0, *[1.7] * 40),
    "five frames that are looked at for words": frames(7.5, 0.4, 0.4, 0.4, *[0.3] * 120),
    "a shot that begins, with its light": frames(3.0, *[0.5] * 10, 4.0, *[0.5] * 100),
    "every fourth of two shots, in a dissolve": frames(2.0, *[0.4, 0.4, 0.4, 0.8] * 40),
    "points by the thousand": [(2.0 + 0.4 * number, 1000) for number in range(200)],
    "two workers, eight frames each at a time": [
        (time, 8) for number in range(30) for time in (5.0 + 4.0 * number, 5.3 + 4.0 * number)
    ],
}


@pytest.mark.parametrize("name", WORK)
def test_after_ten_seconds_what_is_left_is_said_within_a_factor_of_one_and_a_half(name):
    said, true = said_and_true(WORK[name], 10.0)
    assert true / FACTOR < said < true * FACTOR


def test_what_was_done_by_the_first_advance_says_nothing_yet():
    headway = Headway()
    assert headway.rate(0.0, 0) == 0
    headway.mark(20.0, 1)
    assert headway.rate(20.0, 1) == 0


def test_a_film_that_slows_down_is_noticed_within_half_a_minute():
    moments = frames(*[0.2] * 100, *[1.0] * 100)
    said, true = said_and_true(moments, 20.0 + 30.0)
    assert said == pytest.approx(true, rel=0.1)


def test_few_marks_are_kept_however_long_it_takes():
    headway = Headway()
    for number in range(10_000):
        headway.mark(0.01 * number, number)
    assert len(headway._marks) <= 33
    assert headway.rate(100.0, 10_000) == pytest.approx(100, rel=0.05)


def test_units_that_take_longer_than_the_window_have_a_pace():
    headway = Headway()
    for number in range(5):
        headway.mark(100.0 * number, number)
    assert headway.rate(400.0, 4) == pytest.approx(0.01)
    assert all(after[0] > before[0] for before, after in pairwise(headway._marks))
