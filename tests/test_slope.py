"""Slopes and drops: arrows fall as the measured slice does, drops end at the loss that was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.film.walked import arrows_along, drops_along, farthest, shares
from render.sampling.slope import gradient_at
from render.sampling.surface import Surface
from render.space.grid import Grid
from render.space.path import Path
from render.space.plane import Plane
from render.stage.body import mesh
from render.stage.body.relief import Relief, Scale
from render.stage.marks import arrow
from render.stage.marks.trail import Descent, drape

Extent = tuple[float, float]
WIDE = st.floats(0.1, 50)


def measured(loss: Any, alpha: Extent = (-3.0, 5.0), beta: Extent = (-1.0, 1.0), cells: Extent = (41, 31)) -> Surface:
    alphas, betas = np.linspace(*alpha, cells[0]), np.linspace(*beta, cells[1])
    values = loss(*np.meshgrid(alphas, betas))
    plane = Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    return Surface(
        plane, Grid(alphas, betas), values.astype(np.float64), values * np.nan, np.ones(values.shape, np.uint8)
    )


def path_at(alpha: Any, beta: Any, distance: Any = None) -> Path:
    alpha, beta = np.asarray(alpha, float), np.asarray(beta, float)
    apart = np.zeros(len(alpha)) if distance is None else np.asarray(distance, float)
    return Path(alpha, beta, 0 * alpha, 0 * alpha, apart, np.arange(len(alpha)))


def descent_of(surface: Surface, path: Path) -> tuple[Descent, Relief]:
    wide, high = np.ptp(surface.grid.alphas), np.ptp(surface.grid.betas)
    level = (surface.loss - surface.loss.min()) / max(np.ptp(surface.loss), 1e-12)
    relief = Relief(level.astype(np.float32), np.ones(level.shape, bool), 0.3, high / wide, Scale(None, 0.0, 1.0))
    places = np.stack([(path.alpha - surface.grid.alphas[0]) / wide, (path.beta - surface.grid.betas[0]) / high], 1)
    return drape(relief, "block", places - 0.5, None, 0.0), relief


@given(st.floats(-5, 5), st.floats(-5, 5), WIDE, WIDE)
@settings(max_examples=40, deadline=None)
def test_on_a_tilted_plane_every_gradient_is_its_tilt(a, b, wide, high):
    surface = measured(lambda x, y: a * x + b * y, (-wide, wide), (-high, high))
    inner = np.random.default_rng(1).uniform(-0.9, 0.9, (20, 2)) * (wide, high)
    found = gradient_at(surface, inner)
    np.testing.assert_allclose(found, np.tile([a, b], (20, 1)), rtol=1e-6, atol=1e-9 + 1e-9 * (wide + high))


@given(st.floats(-2.5, 4.5), st.floats(-0.9, 0.9))
def test_the_gradient_of_a_paraboloid_is_exact_between_the_cells_too(alpha, beta):
    surface = measured(lambda x, y: (x - 1) ** 2 + 7 * y**2)
    np.testing.assert_allclose(
        gradient_at(surface, np.array([[alpha, beta]])), [[2 * (alpha - 1), 14 * beta]], atol=1e-8
    )


def test_within_a_step_of_the_edge_and_beside_what_diverged_no_slope_is_known():
    surface = measured(lambda x, y: np.where((np.abs(x - 1) < 0.05) & (np.abs(y) < 0.02), np.nan, x))
    found = gradient_at(surface, np.array([[-2.95, 0.0], [0.0, 0.99], [1.1, 0.0], [3.0, 0.5]]))
    assert np.isnan(found[:3]).any(axis=1).all() and np.isfinite(found[3]).all()


@given(st.floats(0, 6.28), WIDE, WIDE)
@settings(max_examples=40, deadline=None)
def test_arrows_on_a_round_bowl_point_to_its_middle_whatever_the_extents(turn, wide, high):
    surface = measured(lambda x, y: x**2 + y**2, (-wide, wide), (-high, high))
    radius = 0.8 * min(wide, high)
    angles = turn + np.linspace(0, 2, 9)
    path = path_at(radius * np.cos(angles), radius * np.sin(angles))
    descent, relief = descent_of(surface, path)
    arrows = arrows_along(6, descent, surface, relief.depth)
    assert len(arrows) == 6
    for each in arrows:
        np.testing.assert_allclose(each.way, -each.root / np.linalg.norm(each.root), atol=1e-6)
        coordinates = each.root * 2 * wide
        assert each.slope == pytest.approx(2 * np.linalg.norm(coordinates), rel=1e-6)


def test_arrows_on_a_plane_are_all_equal_and_lie_evenly_along_the_way():
    surface = measured(lambda x, y: 0.3 * x - 2 * y)
    path = path_at([-2.5, 0.0, 4.0], [0.5, 0.8, -0.7])
    descent, relief = descent_of(surface, path)
    arrows = arrows_along(7, descent, surface, relief.depth)
    lengths = [arrow.length_of(each.slope, arrows[0].slope) for each in arrows]
    np.testing.assert_allclose(lengths, arrow.LONGEST, rtol=1e-9)
    np.testing.assert_allclose([each.way for each in arrows], np.tile(arrows[0].way, (7, 1)), atol=1e-9)
    np.testing.assert_allclose(arrows[0].way, np.array([-0.3, 2]) / np.hypot(0.3, 2), atol=1e-9)
    walked = np.interp([each.place for each in arrows], descent.index, descent.walked) / descent.walked[-1]
    np.testing.assert_allclose(walked, (np.arange(7) + 0.5) / 7, atol=1e-9)


def test_where_a_surface_is_level_there_is_no_arrow():
    surface = measured(lambda x, y: 0 * x)
    path = path_at([-2.0, 3.0], [0.0, 0.2])
    descent, relief = descent_of(surface, path)
    assert arrows_along(5, descent, surface, relief.depth) == ()


@given(st.floats(1e-12, 1), st.floats(1e-12, 1))
def test_a_steeper_arrow_is_never_shorter_and_none_is_longer_than_the_steepest(one, other):
    low, high = sorted((one, other))
    lengths = [arrow.length_of(slope, 1.0) for slope in (low, high, 1.0)]
    assert lengths == sorted(lengths)
    assert lengths[2] == arrow.LONGEST and lengths[0] >= arrow.SHORTEST * arrow.LONGEST
    assert arrow.length_of(0.1, 1.0) == pytest.approx(2 / 3 * arrow.LONGEST)


def test_a_drop_stands_on_the_terrain_and_ends_at_the_level_of_a_logged_loss():
    surface = measured(lambda x, y: (x - 1) ** 2 + y**2)
    path = path_at(np.linspace(-2, 3, 23), np.linspace(-0.5, 0.5, 23))
    descent, relief = descent_of(surface, path)
    levels = np.linspace(1, 0, 23)
    levels[11] = np.nan
    drops = drops_along(9, descent, relief, levels)
    assert 5 <= len(drops) <= 9 and all(each.place == round(each.place) != 11 for each in drops)
    for each in drops:
        assert each.own[2] == pytest.approx(relief.exaggeration * levels[int(each.place)])
        assert each.foot[2] == pytest.approx(float(mesh.height_at(relief, each.foot[:1], each.foot[1:2])[0]))
        np.testing.assert_array_equal(each.own[:2], each.foot[:2])


def test_distances_are_shares_of_their_own_largest_and_unknown_ones_are_none():
    assert shares(path_at([0, 1, 2], [0, 0, 0], [1.0, 4.0, 0.0])).tolist() == [0.25, 1.0, 0.0]
    assert farthest(path_at([0, 1], [0, 0], [np.nan, np.nan])) == 0
    assert shares(path_at([0, 1], [0, 0], [np.nan, np.nan])).tolist() == [0, 0]
