"""Colour-blind previews: known values, greys that stay, and colours that are confused by those who confuse them."""

import numpy as np
import pytest

from render.film.vision import EYES, seen_as
from render.stage.colour import decoded, encoded, linear_of, to_oklab

COLOURS = np.array([[255, 0, 0], [0, 128, 0], [30, 90, 200], [230, 160, 40]], np.uint8)
KNOWN = {  # sRGB of COLOURS by colorspacious 1.1.2, severity 100
    "deuteranopia": [[163.2, 144.3, 0], [119.4, 106.4, 24.2], [0, 88.9, 197.9], [201.7, 180.5, 45.1]],
    "protanopia": [[108.8, 95.0, 0], [131.1, 114.5, 0], [0, 104.3, 203.8], [185.2, 163.6, 7.7]],
    "tritanopia": [[255, 0, 14.9], [0, 123.8, 107.8], [0, 117.5, 136.0], [250.8, 141.5, 137.8]],
}


@pytest.mark.parametrize("eyes", KNOWN)
def test_colours_are_seen_as_another_implementation_of_the_paper_has_them(eyes):
    np.testing.assert_allclose(seen_as(COLOURS[None], eyes)[0], KNOWN[eyes], atol=0.56)


@pytest.mark.parametrize("eyes", EYES)
def test_greys_look_the_same_to_everybody(eyes):
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.abs(seen_as(greys, eyes).astype(int) - greys).max() <= 1


def test_grey_keeps_the_luminance():
    seen = seen_as(COLOURS[None], "grey")[0]
    assert (seen == seen[:, :1]).all()
    expected = decoded(COLOURS) @ [0.2126, 0.7152, 0.0722]
    np.testing.assert_allclose(decoded(seen)[:, 0], expected, atol=0.004)


@pytest.mark.parametrize(
    ("eyes", "one", "other"),
    [
        ("deuteranopia", "#b4503c", "#7a7a2a"),
        ("protanopia", "#a03c3c", "#4a5a3a"),
        ("tritanopia", "#3c8c78", "#5a8cb4"),
    ],
)
def test_what_is_confused_comes_closer(eyes, one, other):
    pair = encoded(np.stack([linear_of(one), linear_of(other)]))[None]

    def apart(pixels: np.ndarray) -> float:
        first, second = to_oklab(decoded(pixels)[0])
        return float(np.linalg.norm(first - second))

    assert apart(seen_as(pair, eyes)) < 0.6 * apart(pair)
