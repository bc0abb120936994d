"""Edges: a slanted silhouette goes from nothing to all in many small steps, never back."""

import numpy as np
import pytest
import torch

from render.stage.lens.resolve import Resolved, choose, compose
from render.stage.window.geometry import Geometry, Kind

SIZE = (64, 48)
HUES = torch.zeros(8, 3)


def slanted(factor: int, slope: float) -> Geometry:
    """Returns a body below a line that rises by slope, before nothing."""
    columns, rows = np.meshgrid(np.arange(SIZE[0] * factor) + 0.5, np.arange(SIZE[1] * factor) + 0.5)
    body = rows / factor > 20 + slope * columns / factor
    kind = np.where(body, int(Kind.TERRAIN), 0).astype(np.uint8)
    none = np.zeros(kind.shape, np.uint8)
    return Geometry(np.where(body, 0.5, 1.0).astype(np.float32), kind, none, none, 1.0, 4.0)


def resolved(geometry: Geometry, factor: int) -> Resolved:
    samples = choose(geometry, factor, 0.004)
    shaded = torch.ones(5, samples.values.shape[1])
    return compose(samples, shaded, HUES)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("slope", [0.03, 0.11, 0.3])
def test_a_slanted_silhouette_has_eight_levels_of_coverage_and_more(factor, slope):
    cover = resolved(slanted(factor, slope), factor).cover.reshape(SIZE[1], SIZE[0])
    between = cover[(cover > 1e-3) & (cover < 1 - 1e-3)]
    assert len(np.unique(np.round(between.numpy(), 3))) >= 8
    assert (cover.diff(dim=0)[:, 2:-2] > -1e-5).all()


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 3])
def test_the_coverage_of_a_silhouette_is_that_of_the_area_under_it(factor):
    cover = resolved(slanted(factor, 0.11), factor).cover.reshape(SIZE[1], SIZE[0])[:, 2:-2]
    expected = SIZE[1] - (20 + 0.11 * (np.arange(2, SIZE[0] - 2) + 0.5))
    np.testing.assert_allclose(cover.sum(0), expected, atol=0.3)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_what_is_whole_is_covered_whole_and_what_is_empty_not_at_all(factor):
    cover = resolved(slanted(factor, 0.11), factor).cover.reshape(SIZE[1], SIZE[0])
    assert float(cover[:18].abs().max()) == 0
    np.testing.assert_allclose(cover[32:, :], 1, atol=1e-5)


def test_a_smooth_slope_is_no_edge():
    """The window depth of a plane is linear across the picture, so each of its pixels takes one sample."""
    rows = np.linspace(0.4, 0.6, 2 * SIZE[1], dtype=np.float32)
    depth = np.ascontiguousarray(np.broadcast_to(rows[:, None], (2 * SIZE[1], 2 * SIZE[0])))
    kind = np.full(depth.shape, int(Kind.TERRAIN), np.uint8)
    none = np.zeros(kind.shape, np.uint8)
    samples = choose(Geometry(depth, kind, none, none, 1.0, 4.0), 2, 0.004)
    row = samples.split // SIZE[0]
    assert ((row == 0) | (row == SIZE[1] - 1)).all()  # what lies beyond the border is not known
    assert len(samples.whole) >= SIZE[0] * (SIZE[1] - 2)
