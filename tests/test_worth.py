"""Worth: a film is drawn by several processes only where they are done sooner than one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.works.worth import is_worth_a_team


@pytest.mark.parametrize(
    ("seconds", "frames", "worth"),
    [(0.8 * 30, 30, False), (0.8 * 240, 240, True), (2.7 * 32, 32, False), (2.7 * 240, 240, True)],
    ids=["a short film", "a long one", "a short morph", "a long one"],
)
def test_two_processes_draw_a_long_film_and_one_a_short(seconds, frames, worth):
    assert is_worth_a_team(2, seconds, frames) == worth


@given(st.integers(0, 64), st.floats(0, 1e6), st.integers(0, 10_000))
def test_what_is_worth_a_team_is_worth_a_larger_one_and_worth_one_if_it_is_longer(workers, seconds, frames):
    if is_worth_a_team(workers, seconds, frames):
        assert workers >= 2 and frames >= 2
        assert is_worth_a_team(workers + 1, seconds, frames)
        assert is_worth_a_team(workers, 2 * seconds, 2 * frames)
