"""Tiles: what a part of a picture shows is that part of what the whole shows, and the parts make up the whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from render.stage.camera import View
from render.stage.lens.tiles import WHOLE_CROP, CanvasBox, tile_of, tile_size, tiles

sides = st.floats(0.02, 1.5)
shares = st.floats(-0.5, 1.2)


def unit(x, aspect):
    """Returns places in half heights (N, 2) as 0..1 of a picture, y downwards."""
    return np.stack([(x[:, 0] / aspect + 1) / 2, (1 - x[:, 1]) / 2], axis=1)


@given(
    crop=st.tuples(shares, shares, sides, sides).map(lambda c: (c[0], c[1], c[0] + c[2], c[1] + c[3])),
    aspect=st.floats(0.4, 2.5),
    angle=st.floats(5, 90),
    shift=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
    seed=st.integers(0, 99),
)
def test_projecting_through_a_tile_is_cropping_the_projection(crop, aspect, angle, shift, seed):
    view = View(np.array([1.0, -2.0, 1.5]), np.array([0.1, 0.0, 0.1]), angle, shift)
    points = np.random.default_rng(seed).uniform(-0.5, 0.5, (20, 3))
    whole, part = view.project(points), tile_of(view, crop, aspect).project(points)
    corner, size = np.array(crop[:2]), np.array([crop[2] - crop[0], crop[3] - crop[1]])
    expected = (unit(whole, aspect) - corner) / size
    np.testing.assert_allclose(unit(part, aspect * size[0] / size[1]), expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(part[:, 2], whole[:, 2])


def test_the_whole_as_a_tile_is_the_view_itself():
    view = View(np.array([1.0, -2.0, 1.5]), np.zeros(3), 30.0, (0.1, -0.2))
    same = tile_of(view, WHOLE_CROP, 1.5)
    np.testing.assert_allclose([same.angle, *same.shift], [30, 0.1, -0.2])


def test_a_part_of_a_part_is_a_part():
    view = View(np.array([1.0, -2.0, 1.5]), np.zeros(3), 30.0, (0.1, -0.2))
    first = tile_of(view, (0.5, 0.0, 1.0, 0.5), 1.5)
    second = tile_of(first, (0.0, 0.5, 0.5, 1.0), 1.5)
    direct = tile_of(view, (0.5, 0.25, 0.75, 0.5), 1.5)
    np.testing.assert_allclose([second.angle, *second.shift], [direct.angle, *direct.shift])


@given(
    left=st.integers(-40, 40), width=st.integers(1, 400), height=st.integers(1, 400), most=st.integers(20, 300),
    margin=st.integers(0, 9),
)  # fmt: skip
def test_tiles_give_every_pixel_once_and_all_draw_as_many(left, width, height, most, margin):
    canvas = CanvasBox(left, 3, left + width, 3 + height)
    given_ = np.zeros((height + 3, width + 100), int)
    size = tile_size(canvas, most, margin)
    assert max(size) <= most
    for tile in tiles(canvas, most, margin):
        assert (tile.drawn.width, tile.drawn.height) == size
        assert tile.kept.grown(margin).within(tile.drawn) == tile.kept.grown(margin)
        rows, columns = tile.kept.slices
        given_[rows, slice(columns.start + 50, columns.stop + 50)] += 1
        inner = np.zeros((size[1], size[0]))[tile.inner]
        assert inner.shape == (tile.kept.height, tile.kept.width)
    assert (given_[3:, left + 50 : left + 50 + width] == 1).all() and given_.sum() == width * height
