"""Noise by place: it depends on nothing but the pixel, and it is noise."""

import numpy as np
import pytest

from render.stage.lens.noise import hashed, normal, uniform

ROWS, COLUMNS = range(100, 612), range(-7, 505)


@pytest.mark.parametrize("make", [hashed, uniform, normal])
def test_a_part_is_cut_out_of_the_whole(make):
    whole = make(ROWS, COLUMNS, 1, 7)
    np.testing.assert_array_equal(make(range(130, 150), range(3, 60), 1, 7), whole[30:50, 10:67])


def test_uniform_numbers_are_uniform_and_normal_ones_normal():
    flat, bell = uniform(ROWS, COLUMNS, 0, 3), normal(ROWS, COLUMNS, 0, 3)
    assert abs(flat.mean()) < 2e-3 and abs(flat.std() - 12**-0.5) < 1e-3
    assert flat.min() >= -0.5 and flat.max() <= 0.5
    assert abs(bell.mean()) < 6e-3 and abs(bell.std() - 1) < 5e-3
    assert abs((np.abs(bell) < 1).mean() - 0.683) < 0.02


@pytest.mark.parametrize("other", [(0, 1, 0, 3), (1, 0, 0, 3), (7, 13, 0, 3), (0, 0, 1, 3), (0, 0, 0, 4)])
def test_neighbours_channels_and_seeds_have_nothing_in_common(other):
    down, right, channel, seed = other
    first = normal(range(512), range(512), 0, 3)
    second = normal(range(down, down + 512), range(right, right + 512), channel, seed)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.01
