"""The shore: a terrain is cut where its data end, cleanly, and no cell is lost or made up."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from render.scene.look import Look
from render.stage.body import mesh, relief, shore
from render.stage.light import bake
from render.stage.light.bake import Sun
from render.stage.marks.trail import drape
from render.stage.shading.baked_field import bake_field

SUN = Sun(120, 28, 2)
GREY = torch.full((16, 3), 0.5)  # a palette


def hollow(rows: int, columns: int, holes: np.ndarray) -> relief.Relief:
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    loss = (1 + x**2 + 2 * y**2).astype(np.float32)
    return relief.make(np.where(holes, np.nan, loss), [], (rows - 1) / (columns - 1), holes)


def round_hole(rows: int, columns: int, x0: float = 0.0, y0: float = 0.0, radius: float = 0.4) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    return np.hypot(x - x0, y - y0) < radius


def areas(surface: mesh.Mesh) -> np.ndarray:
    a, b, c = (surface.points[surface.triangles[:, k], :2].astype(float) for k in range(3))
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


@given(st.integers(0, 10_000), st.floats(0.02, 0.95))
def test_every_cell_with_a_value_lies_inland_and_none_without(seed, share):
    holes = np.random.default_rng(seed).uniform(size=(13, 16)) < share
    inland = shore.inland_of(holes)
    np.testing.assert_array_equal(inland < 0, holes)
    rows, columns = (places.ravel().astype(float) for places in np.indices(holes.shape))
    np.testing.assert_allclose(shore.inland_at(inland, rows, columns), inland.ravel(), atol=1e-6)


@given(st.integers(0, 10_000), st.floats(0.02, 0.95), st.sampled_from(["square", "disc"]))
def test_the_terrain_has_every_cell_that_holds_a_value_and_no_place_that_has_none(seed, share, shape):
    holes = np.random.default_rng(seed).uniform(size=(15, 12)) < share
    holes[7, 6] = False
    made = hollow(*holes.shape, holes)
    surface = mesh.terrain(made, shape)
    assert np.isfinite(surface.points).all() and (areas(surface) > -1e-9).all()
    drawn = np.zeros(holes.size, bool)
    used = np.unique(surface.triangles)
    drawn[used[used < holes.size]] = True
    x, y = mesh.axes(made)
    settled = (shape == "square") | (mesh.reach_of(made, x[None, :], y[:, None]) < 0.8).ravel()  # not drawn in
    np.testing.assert_array_equal(drawn[settled], ~holes.ravel()[settled])
    middles = surface.points[surface.triangles].astype(np.float64).mean(1)
    if shape == "square":
        assert mesh.covers(made, shape, middles[:, 0], middles[:, 1]).all()


def test_without_holes_nothing_is_cut():
    surface = mesh.terrain(hollow(20, 30, np.zeros((20, 30), bool)), "square")
    assert len(surface.triangles) == 2 * 19 * 29


def test_the_edge_of_a_round_hole_is_round_and_no_stair():
    holes = round_hole(81, 81)
    surface = mesh.terrain(hollow(81, 81, holes), "square")
    cut = surface.points[81 * 81 :]
    radius = np.hypot(cut[:, 0], cut[:, 1])
    assert np.ptp(radius) < 0.9 / 80  # less than a cell; a stair has 1.4
    assert areas(surface).sum() == pytest.approx(1 - np.pi * 0.2**2, abs=0.01)


def test_the_edges_of_a_cut_terrain_are_those_of_its_shape_and_its_holes():
    surface = mesh.terrain(hollow(41, 41, round_hole(41, 41)), "square")
    edges = np.sort(np.concatenate([surface.triangles[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]), 1)
    pairs, counts = np.unique(edges, axis=0, return_counts=True)
    assert counts.max() == 2
    border = surface.points[pairs[counts == 1]]
    on_rim = (np.abs(np.abs(border[..., :2]) - 0.5) < 1e-6).any(-1).all(1)
    around_hole = (np.hypot(border[..., 0], border[..., 1]) < 0.25).all(1)
    assert (on_rim ^ around_hole).all() and around_hole.sum() > 20


@pytest.mark.parametrize("shape", ["square", "disc"])
def test_no_wall_hangs_across_a_hole_that_reaches_the_edge(shape):
    holes = round_hole(60, 60, x0=1.0, radius=0.5)
    made = hollow(60, 60, holes)
    surface = mesh.terrain(made, shape)
    face = mesh.wall(made, surface, shape, -0.02)
    count = len(face.points) // 2
    known = {point.tobytes() for point in surface.points}
    assert all(point.tobytes() in known for point in face.points[:count])
    middle = face.points[face.triangles].mean(1)
    assert not ((middle[:, 0] > 0.3) & (np.abs(middle[:, 1]) < 0.2)).any()
    assert ((middle[:, 0] > 0.3) & (middle[:, 1] > 0.27)).any() and (middle[:, 0] < -0.4).any()
    a, b, c = (face.points[face.triangles[:, k]].astype(float) for k in range(3))
    normal = np.cross(b - a, c - a)
    outwards = (normal[:, :2] * a[:, :2]).sum(1)
    assert (outwards > 0).all()


def test_a_rim_that_is_all_hole_has_no_wall():
    holes = ~round_hole(30, 30, radius=0.5)
    made = hollow(30, 30, holes)
    assert len(mesh.wall(made, mesh.terrain(made, "square"), "square", -0.02).triangles) == 0


def test_light_and_normals_beside_a_hole_are_those_of_the_terrain_without_it():
    y, x = np.mgrid[-1:1:60j, -1:1:60j]
    loss, holes = (2 + 0.3 * x + 0.2 * y).astype(np.float32), round_hole(60, 60)
    plain = relief.make(loss, [], 1.0)
    made = relief.make(np.where(holes, np.nan, loss), [], 1.0, holes)
    np.testing.assert_allclose(
        bake.normals(made.heights, made.cells, made.holes), bake.normals(plain.heights, plain.cells), atol=2e-3
    )
    look = Look.model_validate({"body": "block"}).resolved
    baked, whole = (bake_field(each, look, SUN, GREY).texels.numpy() for each in (made, plain))
    assert np.isfinite(baked).all()
    np.testing.assert_allclose(baked[~holes.ravel()], whole[~holes.ravel()], atol=0.03)


def test_a_hole_in_a_mountain_casts_no_shadow():
    y, x = np.mgrid[-1:1:60j, -1:1:60j]
    peak = (1 + 3 * np.exp(-20 * (x**2 + y**2))).astype(np.float32)
    peak[0, 0] = 4  # so that both have one scale
    holes = round_hole(60, 60, radius=0.45)
    low, look = Sun(90, 12, 2), Look.model_validate({"body": "block"}).resolved
    made = relief.make(np.where(holes, np.nan, peak), [], 1.0, holes)
    lit, whole = (
        bake_field(each, look, low, GREY).texels.numpy()[:, 4].reshape(60, 60)
        for each in (made, relief.make(peak, [], 1.0))
    )
    behind = (slice(28, 32), slice(8, 14))
    assert whole[behind].mean() < 0.2 and lit[behind].mean() > 0.9


def test_a_path_over_a_hole_is_not_drawn_there_and_goes_on_behind_it():
    made = hollow(60, 60, round_hole(60, 60))
    path = drape(made, "square", np.array([[-0.4, 0.0], [0.4, 0.01]]), None, 0.0)
    pieces = path.until(1.0).pieces()
    assert len(pieces) == 2 and path.until(0.5).head is None
    x = np.concatenate(pieces)[:, 0]
    assert np.abs(x).min() > 0.17


def test_a_path_whose_own_loss_is_unknown_in_between_is_not_drawn_there():
    made = hollow(20, 20, np.zeros((20, 20), bool))
    levels = np.array([0.9, 0.7, np.nan, 0.3, 0.1])
    path = drape(made, "square", np.stack([np.linspace(-0.4, 0.4, 5), np.zeros(5)], 1), levels, 0.0)
    assert np.isfinite(path.points).all() and len(path.until(4.0).pieces()) == 2


@pytest.mark.parametrize("size", [(2, 2), (2, 5), (3, 3), (5, 2)])
def test_the_smallest_surfaces_are_drawn_with_a_hole_at_any_cell_and_with_one_cell_left(size):
    for cell in range(size[0] * size[1]):
        holes = np.zeros(size, bool)
        holes.flat[cell] = True
        for empty in (holes, ~holes):
            made = hollow(*size, empty)
            surface = mesh.terrain(made, "square")
            face = mesh.wall(made, surface, "square", -0.02)
            assert len(surface.triangles) and np.isfinite(surface.points).all() and np.isfinite(face.points).all()
