"""Baked light: flat ground sees the whole sky, a wall casts a shadow of the length that trigonometry says."""

import math

import numpy as np
import pytest
import torch

from render.stage.light import bake
from render.stage.light.bake import ABYSS, Sun

CELL = 1 / 199
CELLS = (CELL, CELL)


def baked_sky(heights: np.ndarray, occluders: np.ndarray | None = None):
    normal = torch.from_numpy(bake.normals(heights, CELLS))
    ground = torch.from_numpy(heights)
    above = ground if occluders is None else torch.from_numpy(occluders)
    return bake.bake_sky(ground, above, normal, CELLS, torch.ones(32, 3))


def test_flat_ground_sees_the_whole_sky():
    openness, light = baked_sky(np.zeros((60, 200), np.float32))
    np.testing.assert_allclose(openness, 1, atol=1e-5)
    np.testing.assert_allclose(light, 1, atol=1e-5)


def test_the_foot_of_a_high_wall_sees_half_the_sky():
    heights = np.zeros((120, 200), np.float32)
    heights[:, 100:] = 3.0
    openness, _ = baked_sky(heights)
    assert abs(float(openness[60, 97]) - 0.5) < 0.08
    assert float(openness[60, 5]) > 0.8


def test_what_is_cut_away_hides_no_sky_and_casts_no_shadow():
    heights = np.zeros((60, 200), np.float32)
    heights[:, 100:] = 3.0
    cut = np.where(heights > 1, np.float32(ABYSS), heights)
    openness, _ = baked_sky(heights, cut)
    np.testing.assert_allclose(openness[:, :95], 1, atol=1e-5)
    lit = bake.bake_sun(torch.from_numpy(heights), torch.from_numpy(cut), CELLS, Sun(90, 20, 1))
    np.testing.assert_allclose(lit[:, :95], 1)


def test_the_shadow_of_a_wall_is_as_long_as_its_height_over_the_tangent_of_the_sun():
    wall, elevation = 0.1, 35.0
    heights = np.zeros((60, 200), np.float32)
    heights[:, 150:155] = wall
    field = torch.from_numpy(heights)
    lit = bake.bake_sun(field, field, CELLS, Sun(azimuth=90, elevation=elevation, size=0.3))[30].numpy()
    shadow = np.flatnonzero(lit[:150] < 0.5)
    expected = wall / math.tan(math.radians(elevation)) / CELL
    assert abs(len(shadow) - expected) < 3
    assert shadow[-1] == 149
    assert lit[10] == 1


def test_the_sun_stands_where_its_azimuth_says_clockwise_from_beta():
    np.testing.assert_allclose(Sun(0, 0.0, 1).direction, [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(Sun(90, 0.0, 1).direction, [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(Sun(45, 90, 1).direction, [0, 0, 1], atol=1e-12)


def test_a_wider_sun_makes_a_softer_shadow():
    heights = np.zeros((60, 200), np.float32)
    heights[:, 150:155] = 0.1
    field = torch.from_numpy(heights)
    partly = [
        int(((lit > 0.05) & (lit < 0.95)).sum())
        for lit in (bake.bake_sun(field, field, CELLS, Sun(90, 35, size))[30] for size in (0.3, 6))
    ]
    assert partly[1] > partly[0]


def test_normals_of_a_slope_are_its_own():
    slope = np.broadcast_to(np.arange(50, dtype=np.float32) * CELL * 0.5, (40, 50))
    expected = np.array([-0.5, 0, 1]) / math.hypot(0.5, 1)
    np.testing.assert_allclose(bake.normals(slope, CELLS)[20, 20], expected, atol=1e-5)


def test_cells_that_are_not_square_change_neither_normals_nor_light():
    y, x = np.mgrid[-0.5:0.5:161j, -0.5:0.5:161j]
    heights = (0.3 * np.exp(-((x + 0.1) ** 2 + y**2) / 0.02)).astype(np.float32)
    thin = np.ascontiguousarray(heights[:, ::2])
    wide, narrow = (1 / 160, 1 / 160), (1 / 80, 1 / 160)
    np.testing.assert_allclose(
        bake.normals(thin, narrow)[20:-20, 10:-10], bake.normals(heights, wide)[20:-20, 20:-20:2], atol=0.04
    )
    fine, coarse = torch.from_numpy(heights), torch.from_numpy(thin)
    sun = Sun(60, 30, 3)
    lit, lit_thin = bake.bake_sun(fine, fine, wide, sun), bake.bake_sun(coarse, coarse, narrow, sun)
    assert float((lit[:, ::2] - lit_thin).abs().mean()) < 0.01
    colours = torch.ones(32, 3)
    open_, _ = bake.bake_sky(fine, fine, torch.from_numpy(bake.normals(heights, wide)), wide, colours)
    open_thin, _ = bake.bake_sky(coarse, coarse, torch.from_numpy(bake.normals(thin, narrow)), narrow, colours)
    assert float((open_[:, ::2] - open_thin).abs().mean()) < 0.02


@pytest.mark.parametrize("ratio", [20, 200, 1 / 20, 1 / 200])
@pytest.mark.parametrize("azimuth", [0, 37, 90, 180])
def test_cells_far_from_square_are_lit(ratio, azimuth):
    heights = np.zeros((40, 40), np.float32)
    heights[18:22, 18:22] = 0.3
    field, cells = torch.from_numpy(heights), (1 / 39, ratio / 39)
    lit = bake.bake_sun(field, field, cells, Sun(azimuth, 20, 1))
    assert torch.isfinite(lit).all() and lit.min() >= 0 and lit.max() == 1
    openness, _ = bake.bake_sky(field, field, torch.from_numpy(bake.normals(heights, cells)), cells, torch.ones(8, 3))
    assert torch.isfinite(openness).all()


def test_the_shadow_of_ground_that_rises_to_its_cut_edge_has_no_teeth():
    rows = np.arange(200, dtype=np.float32)
    profile = np.maximum(0, (rows - 170) / 29) * np.float32(0.2)  # highest in the last row, behind which is nothing
    heights = np.repeat(profile[:, None], 200, axis=1)
    ground = torch.from_numpy(heights)
    sun = Sun(azimuth=20, elevation=27, size=3)
    lit = bake.bake_sun(ground, ground, CELLS, sun)[:170, :100].numpy()  # whose rays end at that row
    away = (199 - rows[:170]) * CELL
    turns = np.radians(sun.azimuth + sun.size * np.linspace(-1, 1, 401))
    chords = np.sqrt(np.maximum(0, sun.size**2 - (np.degrees(turns) - sun.azimuth) ** 2))
    horizon = np.degrees(np.arctan(0.2 * np.cos(turns) / away[:, None]))
    share = np.clip((sun.elevation + chords - horizon) / np.maximum(2 * chords, 1e-9), 0, 1)
    expected = (share * chords).sum(1) / chords.sum()
    assert 0.2 < expected.mean() < 0.9
    np.testing.assert_allclose(lit, np.repeat(expected[:, None], 100, axis=1), atol=0.05)


@pytest.mark.parametrize("shape", ["disc", "corner"])
def test_the_shadow_of_a_bowl_that_is_cut_out_is_that_of_rays_that_look_at_every_cell(shape, monkeypatch):
    rows, columns = np.indices((200, 200)) / 199 - 0.5
    away = np.hypot(rows, columns)
    heights = (1.2 * away**2).astype(np.float32)
    kept = away < 0.49 if shape == "disc" else rows + columns < 0.7
    ground, above = torch.from_numpy(heights), torch.from_numpy(np.where(kept, heights, np.float32(ABYSS)))
    sun = Sun(azimuth=50, elevation=25, size=2)
    lit = bake.bake_sun(ground, above, CELLS, sun).numpy()
    monkeypatch.setattr(bake, "NEAR", 400)
    expected = bake.bake_sun(ground, above, CELLS, sun).numpy()
    assert 0.05 < 1 - expected[kept].mean() < 0.9
    off = np.abs(lit - expected)[kept & (away < 0.47)]
    assert np.quantile(off, 0.99) < 0.08 and off.max() < 0.35
