"""Placing: several bodies on one floor, all seen whole in one picture, none before another."""

import numpy as np
import pytest

from render.film.moves import MOVES
from render.scene.camera import Fixed, Orbit
from render.stage.placing import GAP, in_a_row, placements
from tests.test_framing import facing, setting, taken, valley_open_to

CUBE = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.1, 0.3)])


@pytest.mark.parametrize("azimuth", [180.0, 205.0, 90.0, 330.0])
def test_bodies_stand_from_left_to_right_a_gap_apart_and_equally_far(azimuth):
    offsets = placements([CUBE] * 3, azimuth, 16 / 9)
    angle = np.radians(azimuth)
    right, ahead = np.array([-np.cos(angle), np.sin(angle), 0]), np.array([-np.sin(angle), -np.cos(angle), 0])
    places = np.array(offsets) @ right
    assert np.diff(places) == pytest.approx(np.ptp(CUBE @ right) + GAP)
    np.testing.assert_allclose(np.array(offsets) @ ahead, 0, atol=1e-12)
    np.testing.assert_allclose(np.sum(offsets, axis=0), 0, atol=1e-12)


def test_a_body_alone_stands_in_the_middle():
    np.testing.assert_array_equal(placements([CUBE], 70.0, 16 / 9)[0], np.zeros(3))


@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize("aspect", [9 / 16, 1.0, 16 / 9])
def test_no_two_bodies_overlap(count, aspect):
    offsets = np.array(placements([CUBE] * count, 200.0, aspect))
    apart = np.linalg.norm(offsets[:, None] - offsets[None], axis=-1) + 9 * np.eye(count)
    assert apart.min() > 1.2


def test_rows_are_as_even_as_they_can():
    assert [in_a_row(count, 16 / 9) for count in (1, 2, 3, 4, 5, 6, 8, 9)] == [1, 2, 3, 4, 3, 3, 4, 3]
    assert in_a_row(4, 1.0) == 2 and in_a_row(3, 9 / 16) == 1


@pytest.mark.parametrize("settings", [Fixed(), Orbit()], ids=lambda settings: settings.kind)
@pytest.mark.parametrize("count", [2, 3, 8])
def test_one_view_shows_all_bodies_whole(settings, count):
    here = setting(*[valley_open_to(130)] * count, together=True)
    move = MOVES[type(settings)](settings, here)
    points = here.hull(facing(move(0.5)))
    for share in (0.0, 0.5, 1.0):
        left, right, low, high = taken(move(share), points, 16 / 9)
        assert min(left, low) > -0.96 and max(right, high) < 0.96
    left, right, *_ = taken(move(0.5), points, 16 / 9)
    assert (right - left) / 2 > 0.7


def test_pictures_of_their_own_have_no_offsets():
    assert all(not away.any() for away in setting(*[valley_open_to(130)] * 2).placements(130.0))
