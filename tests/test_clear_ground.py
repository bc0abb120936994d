"""Words over a transparent ground: they keep their ink where nothing is behind them, at 8 bits and at 16."""

from __future__ import annotations

import numpy as np
import pytest

from render.film.prints.patches import lettered
from render.film.words.ground import looked_at


@pytest.mark.parametrize(("ink", "ground"), [("#f4efe6", 0), ("#101418", 255)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_nothing_behind_words_is_taken_for_a_ground_on_which_they_are_read(ink, ground, kind):
    most = np.iinfo(kind).max
    picture = np.full((8, 8, 4), most, kind)
    picture[:4] = 0
    picture[6:, :, 3] = most // 2
    seen = looked_at(picture, ink)
    assert seen.dtype == np.uint8 and seen.shape == (8, 8, 3)
    assert (seen[:4] == ground).all()
    assert (seen[4:6] == 255).all()
    assert np.abs(seen[6:].astype(int) - (128 + ground // 2)).max() <= 2


def test_an_opaque_picture_is_seen_as_it_is():
    picture = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    assert looked_at(picture, "#ffffff") is picture


def test_words_on_sixteen_bits_are_those_on_eight_and_leave_the_rest_alone():
    def draw(pixels: np.ndarray) -> np.ndarray:
        written = pixels.copy()
        written[10:20, 5:40] = (written[10:20, 5:40] // 2 + np.array([100, 90, 80])).astype(np.uint8)
        return written

    deep = np.random.default_rng(0).integers(0, 65_536, (48, 64, 3), dtype=np.uint16)
    written = lettered(deep, draw)
    assert written.dtype == np.uint16
    apart = np.abs(written.astype(int) - deep)
    apart[10:20, 5:40] = 0
    assert apart.max() <= 1
    assert np.abs(written[10:20, 5:40].astype(int) - deep[10:20, 5:40]).mean() > 1000
