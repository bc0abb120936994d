"""View transforms: what is black stays black, grey keeps its order, and nothing leaves the screen's range."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from render.stage.lens import tone

SHOWN = [name for name in tone.TRANSFORMS if name != "linear"]
GREYS = torch.logspace(-5, 3, 4000)[:, None].expand(-1, 3)
light = st.floats(0, 100, width=32)


@pytest.mark.parametrize("name", SHOWN)
def test_black_stays_black(name):
    assert float(tone.show(torch.zeros(1, 3), name).max()) < 1 / 255 / 12.92  # a code


@pytest.mark.parametrize("name", SHOWN)
def test_grey_stays_grey_and_keeps_its_order(name):
    shown = tone.show(GREYS, name)
    assert float((shown - shown.mean(1, keepdim=True)).abs().max()) < 3e-3
    assert (shown.mean(1).diff() > -1e-6).all()


@pytest.mark.parametrize("name", SHOWN)
def test_white_is_reached_and_never_exceeded(name):
    shown = tone.show(GREYS, name)
    assert shown.max() <= 1 and shown[-1].min() > 0.9


@pytest.mark.parametrize("name", SHOWN)
@given(st.tuples(light, light, light))
def test_no_light_leaves_the_range_of_the_screen(name, colour):
    shown = tone.show(torch.tensor([colour]), name)
    assert torch.isfinite(shown).all() and shown.min() >= 0 and shown.max() <= 1


@given(st.tuples(*[st.floats(0, 0.75, width=32)] * 3))
def test_neutral_keeps_colours_below_three_quarters_but_for_a_small_offset(colour):
    given_, shown = torch.tensor(colour), tone.show(torch.tensor([colour]), "neutral")[0]
    offset = given_ - shown
    assert float(offset.max() - offset.min()) < 1e-5  # the same of every channel: differences of colour stay
    assert -1e-6 <= float(offset.mean()) <= 0.04 + 1e-6


@given(st.tuples(*[st.floats(0, 1, width=32)] * 3))
def test_standard_keeps_every_colour_of_the_screen(colour):
    np.testing.assert_allclose(tone.show(torch.tensor([colour]), "standard")[0], colour, atol=1e-7)


def test_filmic_passes_through_known_points():
    """Narkowicz's fit at x = 0.18 is 0.26687 and at x = 1 is 0.80380."""
    shown = tone.show(torch.tensor([[0.18, 1.0, 1.0]]), "filmic")[0]
    np.testing.assert_allclose(shown, [0.26687, 0.80380, 0.80380], atol=2e-4)


def test_encoding_is_that_of_srgb():
    codes = np.arange(256) / 255
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(tone.encoded(torch.from_numpy(linear)), codes, atol=1e-6)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("wanted", [0.2, 0.5, 0.71])
def test_an_exposure_shows_a_light_as_bright_as_was_asked(name, wanted):
    sent = torch.tensor([0.9, 0.6, 0.3])
    factor = tone.exposure_for(sent, name, wanted)
    red, green, blue = tone.show(sent * factor, name)
    assert float(tone.luminance((red, green, blue))) == pytest.approx(wanted, abs=1e-3)


def test_what_is_black_has_no_exposure_that_makes_it_bright():
    assert tone.exposure_for(torch.zeros(3), "standard", 0.5) == 1.0
