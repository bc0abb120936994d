"""Laws of the timeline and of the path's pace."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.timeline import PACES, Timeline, head_progress, path_position

durations = st.lists(st.floats(0.1, 30), min_size=1, max_size=5).map(tuple)
rates = st.sampled_from([1.0, 12.0, 24.0, 25.0, 29.97, 30.0, 60.0])
shares = st.floats(0, 1)


def test_eight_seconds_at_thirty_are_240_frames():
    assert Timeline((8.0,), 30).frame_count == 240


def test_a_film_has_at_least_one_frame():
    assert Timeline((0.001,), 30).frame_count == 1


@pytest.mark.parametrize(("time", "place"), [(0, (0, 0)), (1, (0, 1)), (2, (1, 0)), (5, (1, 3)), (6, (1, 4))])
def test_a_time_is_located_in_its_shot(time, place):
    assert Timeline((2.0, 4.0), 30).locate(time) == place


def test_a_cut_falls_on_its_frame_although_tenths_are_not_exact():
    timeline = Timeline((0.1, 0.2, 0.3, 0.4), 10)
    assert [timeline.locate(timeline.time(frame)).shot for frame in range(10)] == [0, 1, 1, 2, 2, 2, 3, 3, 3, 3]


@given(durations=durations, fps=rates)
def test_shots_follow_one_another_and_every_frame_is_in_one(durations, fps):
    timeline = Timeline(durations, fps)
    places = [timeline.locate(timeline.time(frame)) for frame in range(min(timeline.frame_count, 400))]
    assert places[0] == (0, 0.0)
    assert all(early <= late for early, late in itertools.pairwise(places))
    assert all(0 <= place.time <= durations[place.shot] for place in places)


@given(durations=durations, share=shares)
def test_the_shots_before_and_the_local_time_add_up_to_the_time(durations, share):
    timeline = Timeline(durations, 30)
    place = timeline.locate(share * timeline.total)
    assert sum(durations[: place.shot]) + place.time == pytest.approx(share * timeline.total, abs=1e-8)


@given(duration=st.floats(0.2, 60), hold=st.floats(0, 80), early=shares, late=shares)
def test_the_head_never_turns_back(duration, hold, early, late):
    early, late = sorted((early * duration, late * duration))
    assert 0 <= head_progress(early, duration, hold) <= head_progress(late, duration, hold) + 1e-12
    assert head_progress(duration, duration, hold) == 1


def test_the_head_waits_moves_and_rests():
    progress = [head_progress(time, 8.0, 1.5) for time in (0, 0.6, 3.55, 6.5, 8)]
    assert progress == pytest.approx([0, 0, 0.5, 1, 1])


def test_the_head_of_a_short_shot_waits_an_eighth_of_it():
    assert head_progress(0.125, 1.0, 0.0) == 0
    assert head_progress(0.13, 1.0, 0.0) > 0


STEPS = np.array([0, 1, 2, 10, 100, 1000])
LENGTHS = np.array([0.0, 4.0, 6.0, 7.0, 7.0, 8.0])  # the head stands still once


@pytest.mark.parametrize(
    ("pace", "progress", "place"),
    [
        ("steps", 0.1, 4),
        ("steps", 0.055, 3.5),
        ("log", np.log(11) / np.log(1001), 3),
        ("arc", 0.5, 1),
        ("arc", 0.25, 0.5),
    ],
)
def test_the_path_follows_its_pace(pace, progress, place):
    assert path_position(pace, progress, STEPS, LENGTHS) == pytest.approx(place)


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("lengths", [LENGTHS, np.zeros(6), np.array([0, 0, 0, 1, 1, 1.0])])
@given(early=shares, late=shares)
def test_the_path_begins_at_the_first_point_ends_at_the_last_and_never_turns_back(pace, lengths, early, late):
    early, late = sorted((early, late))
    ends = [path_position(pace, share, STEPS, lengths) for share in (0, 1)]
    assert ends == [0, 5]
    places = [path_position(pace, share, STEPS, lengths) for share in (early, late)]
    assert 0 <= places[0] <= places[1] <= 5


@pytest.mark.parametrize("pace", PACES)
def test_a_trajectory_of_one_point_stays_there(pace):
    assert path_position(pace, 0.4, [0], np.zeros(1)) == 0
