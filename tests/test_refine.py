"""Refined reliefs: measured cells keep their values, cubics are cubics, and only a coarse print asks for one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from render.scene.relief import ExaggerationStep, measured_steps
from render.stage.body import relief
from render.stage.body.refine import MOST_CELLS, cell_pixels, fineness, refined
from render.stage.camera import standing

LEVELS = arrays.arrays(np.float32, st.tuples(st.integers(2, 9), st.integers(2, 9)), elements=st.floats(0, 1, width=32))


def made(level, finite=None, inland=None):
    base = relief.make(np.array([[1.0, 2.0], [3.0, 4.0]]), measured_steps(), 1.0)
    finite = np.ones(level.shape, bool) if finite is None else finite
    return replace(base, level=level, finite=finite, inland=inland)


@given(level=LEVELS, factor=st.integers(1, 5))
def test_measured_cells_keep_their_values_to_the_last_bit(level, factor):
    finer = refined(made(level), factor)
    assert finer.level.shape == tuple(factor * (n - 1) + 1 for n in level.shape)
    np.testing.assert_array_equal(finer.level[::factor, ::factor], level)
    assert finer.level.dtype == np.float32 and finer.refined == factor
    assert finer.level.min() >= 0 and finer.level.max() <= 1
    assert finer.finite.all() and finer.inland is None


@given(level=LEVELS, factor=st.integers(2, 4))
def test_no_new_value_passes_the_range_of_what_was_measured_around_it(level, factor):
    finer = refined(made(level), factor).level
    for row in range(level.shape[0] - 1):
        for column in range(level.shape[1] - 1):
            part = finer[row * factor : (row + 1) * factor + 1, column * factor : (column + 1) * factor + 1]
            around = level[max(0, row - 1) : row + 3, max(0, column - 1) : column + 3]
            rim = row in (0, level.shape[0] - 2) or column in (0, level.shape[1] - 2)
            if not rim:  # there a neighbour is carried on in a straight line
                assert part.min() >= around.min() and part.max() <= around.max()


def test_a_plane_stays_a_plane_and_a_parabola_a_parabola():
    y, x = np.mgrid[0:1:9j, 0:1:13j]
    fine_y, fine_x = np.mgrid[0:1:25j, 0:1:37j]
    flat = refined(made((0.3 * x + 0.5 * y).astype(np.float32)), 3).level
    np.testing.assert_allclose(flat, 0.3 * fine_x + 0.5 * fine_y, atol=1e-6)
    bowl = refined(made((x**2 * 0.5 + 0.3 * y).astype(np.float32)), 3).level
    inner = slice(None), slice(3, -3)
    np.testing.assert_allclose(bowl[inner], (fine_x**2 * 0.5 + 0.3 * fine_y)[inner], atol=1e-6)


def test_what_lies_beside_a_diverged_cell_is_not_finite_and_holes_keep_their_cells():
    level, finite = np.full((5, 5), 0.5, np.float32), np.ones((5, 5), bool)
    finite[2, 2] = False
    inland = np.full((5, 5), 0.5, np.float32)
    inland[4, 4] = -0.25
    finer = refined(made(level, finite, inland), 2)
    assert finer.finite[4, 2] and not finer.finite[3:6, 3:6].any()
    np.testing.assert_array_equal(finer.inland[::2, ::2], inland)
    np.testing.assert_allclose(finer.inland[8, 7], 0.125)
    np.testing.assert_array_equal(finer.holes[::2, ::2], inland < 0)


def test_cells_of_a_picture_have_the_size_of_the_pinhole(crater):
    flat = relief.make(crater, [ExaggerationStep(exaggeration=0.0)], 0.75)
    view = standing(180, 89.9, 4.0, np.zeros(3), 30)
    expected = max(flat.cells) / (4 * np.tan(np.radians(15))) * 540
    assert cell_pixels(flat, "block", view, (1920, 1080)) == pytest.approx(expected, rel=0.01)


def test_only_a_print_that_shows_coarse_cells_asks_for_finer_ones(crater):
    some = relief.make(crater, measured_steps(), 0.75)
    view = standing(180, 40, 2.0, np.zeros(3), 30)
    assert fineness(some, "block", view, (96, 54)) == 1
    shown = cell_pixels(some, "block", view, (1920, 1080))
    assert fineness(some, "block", view, (1920, 1080)) == int(np.ceil(shown / 1.5)) > 2
    most = fineness(some, "block", view, (60_000, 30_000))
    assert some.level.size * most**2 <= MOST_CELLS < some.level.size * (most + 1) ** 2
