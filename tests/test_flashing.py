"""Flashing and seams, by films whose flashes are counted by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from render.film.encoders.stream import of_pictures
from render.film.encoders.watching import watching
from render.film.flashing import FlashWatch
from render.film.glance import glance_of
from tests.streams import drifting

FPS = Fraction(24)
BLACK, GREY, WHITE, PALE = (0, 0, 0), (60, 60, 60), (255, 255, 255), (235, 235, 235)
RED, DARK_RED, PINK = (255, 0, 0), (60, 0, 0), (255, 150, 150)


def report(dark, light, per_second, share=(1.0, 1.0), seconds=2):
    """Returns what is said of a part of a picture that flashes so many times a second; the rest is dark."""
    watch = FlashWatch(FPS)
    for index in range(int(seconds * FPS)):
        picture = np.zeros((54, 96, 3), np.uint8) + np.array(dark, np.uint8)
        lit = int(2 * per_second * index / FPS) % 2
        rows, columns = round(54 * share[1]), round(96 * share[0])
        picture[:rows, :columns] = light if lit else dark
        watch.see(glance_of(picture))
    return watch.report()


@pytest.mark.parametrize(
    ("per_second", "passes"), [(0, True), (1, True), (3, True), (4, False), (6, False), (12, False)]
)
def test_three_flashes_in_a_second_are_allowed_and_four_are_not(per_second, passes):
    found = report(BLACK, WHITE, per_second)
    assert found.passes is passes
    assert found.general == pytest.approx(per_second, abs=0.5)


@pytest.mark.parametrize(
    ("share", "passes"),
    [((1.0, 1.0), False), ((0.34, 0.34), False), ((0.2, 0.2), False), ((0.15, 0.15), True), ((0.05, 1.0), True)],
)
def test_what_flashes_may_be_a_quarter_of_a_field_of_view(share, passes):
    """A third by a third of the picture is a field; a fifth by a fifth of the picture is 36 % of it."""
    assert report(BLACK, WHITE, 6, share).passes is passes


def test_a_change_between_pale_colours_is_no_flash():
    assert report(PALE, WHITE, 6).general == 0  # of 0.83 and 1


def test_a_change_of_less_than_a_tenth_is_no_flash():
    assert report(BLACK, (80, 80, 80), 6).general == 0  # 0.08
    assert not report(BLACK, (100, 100, 100), 6).passes  # 0.13


def test_a_saturated_red_that_is_too_dark_to_flash_otherwise_is_a_red_flash():
    found = report(BLACK, (160, 0, 0), 6)  # luminance 0.075
    assert (found.general, found.passes) == (0, False)
    assert found.red == pytest.approx(6, abs=0.5)


def test_a_colour_that_is_no_saturated_red_is_no_red_flash():
    assert report(BLACK, (160, 110, 110), 6).red == 0


def test_grain_is_no_flash():
    noise, watch = np.random.default_rng(1), FlashWatch(FPS)
    for _ in range(24):
        watch.see(glance_of((120 + noise.normal(0, 12, (270, 480, 3))).clip(0, 255).astype(np.uint8)))
    assert watch.report().general == 0


def test_a_film_that_fades_in_and_out_does_not_flash():
    watch = FlashWatch(FPS)
    for index in range(48):
        watch.see(np.full((9, 16, 3), 127 - 127 * np.cos(index / 48 * 2 * np.pi), np.float32))
    assert watch.report().general == 1


def test_a_drifting_ramp_is_a_seamless_loop_when_whole_and_jumps_when_cut_short():
    for count, seamless in ((16, True), (12, False)):
        watch = watching(drifting(count), loop=True)
        assert len(list(watch.watched.pictures())) == count
        assert watch.as_dict()["loop"]["seamless"] is seamless
        assert any("the loop jumps" in sentence for sentence in watch.sentences()) is not seamless


def test_a_watched_film_is_told_of_in_words():
    pictures = [np.full((36, 64, 3), 255 * (index // 2 % 2), np.uint8) for index in range(24)]
    watch = watching(of_pictures(pictures, FPS), loop=False)
    for _ in range(2):  # a film that has to be small goes by more than once
        list(watch.watched.pictures())
    [sentence] = watch.sentences()
    assert sentence.startswith("5.5 flashes in the second before 0.9")
    assert watch.as_dict()["flashing"]["passes"] is False
    assert "loop" not in watch.as_dict()
