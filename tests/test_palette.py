"""Palettes: known colours, a monotone ramp, and stops that come out as they went in."""

import numpy as np
import pytest

from render.scene.colours.palette import stops_of
from render.scene.look import Look, preset_names
from render.stage.colour import decoded, encoded, from_oklab, linear_of, places_of, table_of, to_oklab


def test_white_has_lightness_one_and_no_hue_in_oklab():
    np.testing.assert_allclose(to_oklab(np.ones(3)), [1, 0, 0], atol=1e-4)


def test_oklab_and_back_is_the_identity():
    colours = np.random.default_rng(0).uniform(0, 1, (50, 3))
    np.testing.assert_allclose(from_oklab(to_oklab(colours)), colours, atol=1e-6)


def test_srgb_codes_become_linear_light():
    np.testing.assert_allclose(linear_of("#ff8000"), [1, 0.21586, 0], atol=1e-4)


def test_a_table_shows_its_stops_exactly():
    stops = [(0.0, "#102030"), (0.5, "#a0b0c0"), (1.0, "#ffffff")]
    table = table_of(stops, np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(table, [linear_of(colour) for _, colour in stops], atol=1e-4)


@pytest.mark.parametrize("balance", [0.0, 0.4, 1.0])
def test_places_never_decrease_and_stay_within_the_palette(balance):
    levels = np.random.default_rng(1).beta(5, 1, 4000)
    places = places_of(levels, 0.7, balance)
    assert (np.diff(places) >= 0).all()
    assert places.min() >= 0 and abs(places[-1] - 1) < 1e-9


@pytest.mark.parametrize("name", preset_names())
def test_every_look_has_a_palette_from_end_to_end(name):
    stops = stops_of(Look(name=name).resolved.palette)
    assert stops[0][0] == 0 and stops[-1][0] == 1


def test_a_palette_by_its_name_gives_the_table_of_its_stops():
    places = np.linspace(0, 1, 50)
    np.testing.assert_array_equal(table_of("ember", places), table_of(stops_of("ember"), places))


def test_codes_become_light_and_light_becomes_the_same_codes():
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(encoded(decoded(codes)), codes)
    np.testing.assert_allclose(decoded(np.array([255, 128, 0], np.uint8)), linear_of("#ff8000"))
    np.testing.assert_array_equal(encoded(np.array([-0.5, 0.0, 1.0, 7.0])), [0, 0, 255, 255])
