"""The journey: which part of the path a shot walks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import SceneError
from render.film.journey import Journey, epoch_of, journey_of
from render.film.timeline import PACES, head_progress, path_position, share_at
from render.scene.camera import Turntable
from render.scene.reach import AtEpoch, AtStep
from render.scene.shot import PathStyle, Shot

STEPS = np.array([0, 1, 2, 10, 100, 1000])
LENGTHS = np.array([0.0, 4.0, 6.0, 7.0, 7.5, 8.0])


class Way:
    """A path that goes by arc."""

    def __init__(self, pace: str = "arc"):
        self.pace, self.path = pace, range(6)

    def share_at(self, step: float) -> float:
        return share_at(self.pace, step, STEPS, LENGTHS)


def shot(camera=None, **path) -> Shot:
    more = {"camera": camera} if camera else {}
    return Shot(surface="main", duration=8.0, path=PathStyle(**path), **more)


def journey(camera=None, epoch=None, **path) -> Journey:
    return journey_of(shot(camera, **path), Way(), epoch)


@given(time=st.floats(0, 8))
def test_a_shot_that_says_nothing_walks_the_whole_path_as_it_always_has(time):
    assert journey().at(time) == head_progress(time, 8.0, 1.5)


@given(begin=st.floats(0, 1), end=st.floats(0, 1), early=st.floats(0, 8), late=st.floats(0, 8))
def test_a_head_goes_from_where_it_is_to_begin_to_where_it_is_to_end_and_never_back(begin, end, early, late):
    begin, end = sorted((begin, end))
    early, late = sorted((early, late))
    part = journey(**{"from": begin, "to": end})
    assert part.at(0.0) == pytest.approx(begin) and part.at(8.0) == pytest.approx(end)
    assert begin - 1e-12 <= part.at(early) <= part.at(late) + 1e-12 <= end + 2e-12


def test_a_finished_path_stands_for_the_whole_shot():
    assert {journey(**{"from": 1.0}).at(time) for time in np.linspace(0, 8, 9)} == {1.0}


def test_a_path_on_a_turntable_is_finished_or_rests_where_it_is_asked_to():
    assert journey(Turntable()) == Journey(1.0, 1.0, 8.0, 1.5)
    assert journey(Turntable(), **{"from": 0.5, "to": 0.5}).at(3.0) == 0.5


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("step", [0, 1, 6, 55, 1000])
def test_the_share_at_a_step_is_where_the_head_stands_at_that_step(pace, step):
    share = share_at(pace, step, STEPS, LENGTHS)
    place = path_position(pace, share, STEPS, LENGTHS)
    assert np.interp(place, np.arange(6), STEPS) == pytest.approx(step)


def test_places_may_be_steps_and_epochs_of_the_first_path():
    part = journey(epoch=50.0, **{"from": AtStep(step=2), "to": AtEpoch(epoch=2.0)})
    assert (part.begin, part.end) == (pytest.approx(6 / 8), pytest.approx(7.5 / 8))
    assert epoch_of({"run": {"epoch": 22}}) == 22 and epoch_of({"run": {}}) is None and epoch_of({}) is None


def test_what_is_not_known_or_runs_backwards_is_refused():
    with pytest.raises(
        SceneError, match=r"how many steps an epoch has is not on record here; give \{step: n\} instead"
    ):
        journey(to=AtEpoch(epoch=2.0))
    with pytest.raises(SceneError, match="its step is asked for, and no path lies on this surface; give shares"):
        journey_of(shot(to=AtStep(step=2)), None, None)
    with pytest.raises(SceneError, match=r"the head would begin at 0.900 of the way and end at 0.750; move from or to"):
        journey(**{"from": 0.9, "to": AtStep(step=2)})
