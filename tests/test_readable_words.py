"""Words are read on any ground: 4.5 : 1 with the pixels behind them, by as little change as that takes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.words import overlay
from render.film.words.ground import CONTRAST, Behind, contrast, dressed, measured
from render.film.words.ink import LUMINANCE, light_of, luminance, together
from render.film.words.overlay import Counter, Words, draw_words, page_of, sheet_of
from render.scene.language.load import load
from tests.conftest import SCENE

WORDS = Words("First descent", "digits · mlp 64-24-10 tanh · log height", (Counter("step", "400"),), ("left", "right"))
SHEET = sheet_of((960, 540))
GROUNDS = {"dark": "#0b0c0f", "yellow": "#c9a227", "white": "#ffffff", "grey": "#808080", "blue": "#2b3a66"}
PRESETS = ["ember", "nocturne", "porcelain"]


def plain(colour):
    return np.full((540, 960, 3), [int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def mottled(low, high):
    """A ground that goes from one luminance code to another from left to right, under all words."""
    ramp = np.linspace(low, high, 960).astype(np.uint8)
    return np.broadcast_to(ramp[None, :, None], (540, 960, 3)).copy()


def worst(pixels, words, dress, sheet=SHEET):
    """Returns the least contrast of the ink of captions with any pixel behind words, shades and all."""
    page, shaded = page_of(words, sheet), pixels.copy()
    overlay._shade(shaded, page, together([]), dress)
    light = float(light_of(dress.ink) @ LUMINANCE)
    behind = [luminance(shaded[box.top : box.bottom, box.left : box.right]) for box in page.boxes]
    ends = [end for ground in behind for end in (ground.min(), ground.max())]
    return min(contrast(end + (light - end) * dress.quiet, end) for end in ends)


def test_black_on_white_is_21_to_1():
    assert contrast(0.0, 1.0) == contrast(1.0, 0.0) == pytest.approx(21.0)
    assert contrast(float(luminance(np.uint8([0x76] * 3))), 1.0) == pytest.approx(4.54, abs=0.01)  # known of WCAG


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("way", ["auto", "scrim", "shadow"])
def test_the_words_of_every_look_are_read_on_any_flat_ground(ground, preset, way):
    colour = load(SCENE, [f"look.name={preset}"]).look.text
    pixels = plain(GROUNDS[ground])
    dress = dressed(measured([pixels], page_of(WORDS, SHEET)), colour, asked=False, way=way)
    if way != "shadow":  # a shadow lies under the letters alone
        assert worst(pixels, WORDS, dress) >= CONTRAST


@pytest.mark.parametrize("colour", ["#ff5a5f", "#0b1f3a", "#ffffff", "#9a9a9a", "#808080", "#757575"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_an_ink_that_is_asked_for_stays_and_the_ground_gives_way(colour, ground):
    pixels = plain(GROUNDS[ground])
    dress = dressed(measured([pixels], page_of(WORDS, SHEET)), colour, asked=True)
    assert dress.ink == colour and dress.quiet == 1.0
    assert worst(pixels, WORDS, dress) >= CONTRAST


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("ends", [(0, 255), (60, 200), (0, 90), (150, 255)])
def test_words_are_read_on_a_ground_that_is_dark_and_pale_at_once(asked, ends):
    pixels = mottled(*ends)
    dress = dressed(measured([pixels], page_of(WORDS, SHEET)), "#b9b3ab", asked=asked)
    assert worst(pixels, WORDS, dress) >= 0.97 * CONTRAST  # specks beyond half a percent are not looked at


def test_where_words_are_read_nothing_changes():
    pixels = plain("#121317")
    dress = dressed(measured([pixels], page_of(WORDS, SHEET)), "#b9b3ab", asked=False)
    assert (dress.ink, dress.quiet, dress.upper, dress.lower, dress.shadow) == ("#b9b3ab", 0.7, 0, 0, 0)


def test_on_paper_a_pale_ink_of_a_preset_becomes_dark_without_any_shade():
    dress = dressed(Behind(None, (1.0, 1.0)), "#b9b3ab", asked=False)
    assert float(light_of(dress.ink).mean()) < 0.2 and not dress.lower


def test_none_changes_nothing_at_all():
    dress = dressed(Behind(None, (0.5, 0.5)), "#b9b3ab", asked=False, way="none")
    assert dress.ink == "#b9b3ab" and not (dress.upper or dress.lower or dress.shadow)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 255))
def test_any_grey_is_read_on_any_ground(low, high, grey):
    ends = (min(low, high), max(low, high))
    dress = dressed(Behind(None, ends), f"#{grey:02x}{grey:02x}{grey:02x}", asked=True)
    light, end = float(light_of(dress.ink).mean()), 0.0 if dress.dark else 1.0
    behind = [ground + (end - ground) * dress.lower for ground in ends]
    assert min(contrast(light, ground) for ground in behind) >= CONTRAST
    assert not behind[0] < light < behind[1]


def test_a_shade_lies_at_the_foot_alone_and_dies_out_upwards():
    pixels = plain("#c9a227")
    dress = dressed(measured([pixels], page_of(WORDS, SHEET)), "#ffffff", asked=True)
    drawn = draw_words(pixels, Words("Title"), dress, SHEET)
    column = luminance(drawn[:, 700])
    assert (drawn[200] == pixels[200]).all() and (np.diff(column[200:]) <= 1e-9).all() and column[-1] < column[200]
