"""The curve through logged steps: it passes through all of them and adds nothing where nothing turns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from render.stage.marks.curve import through

POINTS = st.integers(2, 12).flatmap(lambda count: arrays(float, (count, 2), elements=st.floats(-1, 1, width=32)))


@given(POINTS)
def test_it_passes_through_every_step_wherever_a_path_goes_and_stands_still(points):
    found = through(points, np.arange(len(points), dtype=float))
    np.testing.assert_allclose(found, points, atol=1e-12)


@given(POINTS, st.floats(0, 6.3))
def test_a_path_that_is_turned_has_the_same_curve_turned(points, angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    index = np.linspace(0, len(points) - 1, 97)
    np.testing.assert_allclose(through(points @ turn, index), through(points, index) @ turn, atol=1e-7)


@given(POINTS)
def test_it_strays_from_the_straight_way_by_less_than_the_longest_leg(points):
    index = np.linspace(0, len(points) - 1, 97)
    straight = np.stack([np.interp(index, np.arange(len(points)), points[:, k]) for k in (0, 1)], 1)
    longest = np.linalg.norm(np.diff(points, axis=0), axis=1).max()
    assert np.linalg.norm(through(points, index) - straight, axis=1).max() <= 0.5 * longest + 1e-9


def test_steps_on_a_line_stay_on_it_and_those_on_a_circle_come_nearer_to_it_than_chords_do():
    places = np.array([0.0, 0.1, 0.5, 0.6, 1.0])
    line = through(np.stack([places, 2 * places], 1), np.linspace(0, 4, 50))
    np.testing.assert_allclose(line[:, 1], 2 * line[:, 0], atol=1e-12)
    assert (np.diff(line[:, 0]) > 0).all()
    turn = np.linspace(0, 2 * np.pi, 13)
    found = through(np.stack([np.cos(turn), np.sin(turn)], 1), np.linspace(1, 11, 401))
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 0.06 * (1 - np.cos(np.pi / 12))


def test_a_corner_is_turned_without_a_jump_of_direction():
    found = through(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.2, 1.0]]), np.linspace(0, 3, 3001))
    way = np.diff(found, axis=0)
    way /= np.linalg.norm(way, axis=1)[:, None]
    assert np.degrees(np.arccos(np.clip((way[1:] * way[:-1]).sum(1), -1, 1))).max() < 1
