"""Geometry: a disc with a smooth edge, a wall that shares its vertices, a path that lies on the terrain."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.stage.body import mesh
from render.stage.body.coarse import coarse
from render.stage.body.relief import Relief, Scale
from render.stage.camera import standing
from render.stage.light.lamp import Lamp
from render.stage.marks.path_line import SIDES, Pen, tube_of
from render.stage.marks.trail import drape


def made(rows: int = 60, columns: int = 80) -> Relief:
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    level = (x**2 + y**2) / 2
    return Relief(level.astype(np.float32), np.isfinite(level), 0.3, rows / columns, Scale(None, 0.0, 1.0))


def areas(surface: mesh.Mesh) -> np.ndarray:
    a, b, c = (surface.points[surface.triangles[:, k], :2].astype(float) for k in range(3))
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def test_a_square_keeps_every_cell():
    relief = made()
    surface = mesh.terrain(relief, "square")
    assert len(surface.triangles) == 2 * 59 * 79
    np.testing.assert_allclose(surface.points[:, 2], relief.heights.ravel())


@pytest.mark.parametrize("size", [(60, 80), (200, 200), (120, 300), (9, 8)])
def test_a_disc_is_a_disc_without_folds(size):
    relief = made(*size)
    surface = mesh.terrain(relief, "disc")
    area = areas(surface)
    assert (area > -1e-9).all()
    if min(size) > 50:
        assert abs(area.sum() / (np.pi * np.prod(mesh.radii_of(relief))) - 1) < 2e-3
    used = np.unique(surface.triangles)
    assert mesh.reach_of(relief, *surface.points[used, :2].T).max() < 1 + 1e-5


@pytest.mark.parametrize("shape", ["disc", "square"])
def test_the_wall_hangs_from_the_very_vertices_of_the_edge(shape):
    relief = made()
    surface = mesh.terrain(relief, shape)
    face = mesh.wall(relief, surface, shape, -0.02)
    top = face.points[: len(face.points) // 2]
    known = {point.tobytes() for point in surface.points}
    assert all(point.tobytes() in known for point in top)
    assert (face.points[len(top) :, 2] == np.float32(-0.02)).all()


def test_a_tube_keeps_its_radius():
    line = np.stack([np.linspace(0, 1, 50), np.zeros(50), np.linspace(0, 0.3, 50)], 1)
    tube = mesh.tube(line, 0.01)
    along = line[-1] / np.linalg.norm(line[-1])
    offset = tube.points - np.outer(tube.points @ along, along)
    np.testing.assert_allclose(np.linalg.norm(offset, axis=1), 0.01, rtol=1e-4)


def test_a_ball_is_round():
    ball = mesh.ball(np.array([1.0, 2.0, 3.0]), 0.5)
    np.testing.assert_allclose(np.linalg.norm(ball.points - [1, 2, 3], axis=1), 0.5, rtol=1e-5)


def test_a_draped_path_lies_on_the_drawn_surface_and_passes_through_every_logged_step():
    relief = made()
    alpha, beta = np.array([-0.3, 0.1, 0.25]), np.array([0.2, 0.15, -0.1])
    path = drape(relief, "square", np.stack([alpha, beta], 1), None, 0.001)
    ground = mesh.height_at(relief, path.points[:, 0].astype(float), path.points[:, 1].astype(float))
    np.testing.assert_allclose(path.points[:, 2] - ground, 0.001, atol=1e-6)
    for step in range(3):
        here = path.points[np.searchsorted(path.index, step)]
        np.testing.assert_allclose(here[:2], [alpha[step], beta[step] * relief.depth], atol=1e-9)


def test_a_path_at_its_own_loss_stands_at_that_level():
    relief = made()
    path = drape(relief, "disc", np.array([[-0.1, 0.0], [0.1, 0.0]]), np.array([1.0, 0.5]), 0.0)
    np.testing.assert_allclose(path.points[[0, -1], 2], [0.3, 0.15])


def test_the_walked_part_of_a_path_ends_at_the_head():
    path = drape(made(), "square", np.array([[-0.3, 0.2], [0.1, 0.15], [0.25, -0.1]]), None, 0.0)
    np.testing.assert_allclose(path.until(0.0).head, path.points[0])
    np.testing.assert_allclose(path.until(2.0).head, path.points[-1])
    half = path.until(0.5)
    np.testing.assert_allclose(half.head[0], -0.1, atol=1e-6)
    assert len(half.points) < len(path.points)


def test_beads_stand_at_the_marked_places_that_have_been_passed_and_are_shown():
    path = drape(made(), "disc", np.array([[-0.2, 0.0], [0.2, 0.0], [0.7, 0.0]]), None, 0.0)
    marked = np.array([0.25, 0.75, 1.8])
    np.testing.assert_allclose(path.until(0.5, marked).beads, path.at(marked[:1]))
    np.testing.assert_allclose(path.until(2.0, marked).beads, path.at(marked[:2]))  # the third is beyond the terrain
    assert not len(path.until(2.0).beads)


def test_a_path_that_leaves_the_terrain_is_cut_at_its_edge_and_goes_on_where_it_returns():
    relief = made()
    path = drape(relief, "disc", np.array([[-0.2, 0.0], [0.2, 0.0], [0.7, 0.0], [0.2, 0.1]]), None, 0.0)
    pieces = path.until(3.0).pieces()
    assert len(pieces) == 2
    assert all(mesh.covers(relief, "disc", *piece[:, :2].T).all() for piece in pieces)
    assert path.until(2.0).head is None
    np.testing.assert_allclose(path.until(3.0).head, path.points[-1])
    pen = Pen(standing(180, 40, 2.0, np.zeros(3), 30), (7.0, 3.0), (1.5, 2.5))
    tube, along = tube_of(path.until(3.0), pen)
    assert len(along) == len(tube.points) == SIDES * sum(map(len, pieces))
    assert tube.triangles.max() == len(tube.points) - 1
    assert tube_of(path.until(0.0), pen) is None


def test_the_light_of_the_path_moves_smoothly_with_its_head():
    relief = made()
    path = drape(relief, "disc", np.array([[-0.2, 0.0], [0.2, 0.0]]), None, 0.0)
    lamp = Lamp(relief)
    maps = [lamp.glow([path.until(share)], [np.ones(3)]) for share in np.linspace(0.5, 0.51, 11)]
    changes = [float((b - a).abs().max()) for a, b in itertools.pairwise(maps)]
    assert max(changes) < 3 * min(changes)


@pytest.mark.slow
@given(
    st.integers(0, 10_000), st.sampled_from([1e-4, 1e-3, 5e-3, 0.02]), st.sampled_from([(97, 97), (129, 65), (145, 97)])
)
def test_a_coarser_mesh_never_strays_by_more_than_its_tolerance(seed, tolerance, size):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    level = sum(rng.uniform(0, 1) * np.sin(rng.uniform(0, 6) * x + rng.uniform(0, 6) * y + k) for k in range(4))
    level = ((level - level.min()) / np.ptp(level)).astype(np.float32)
    relief = Relief(level, np.isfinite(level), 0.3, 1.0, Scale(None, 0.0, 1.0))
    drawn = mesh.terrain(coarse(relief, tolerance), "block")
    cells = mesh.terrain(relief, "block").points.astype(float)
    for corners in drawn.points[rng.permutation(drawn.triangles)[:300]].astype(float):
        sides = np.linalg.solve((corners[1:] - corners[0])[:, :2].T, (cells[:, :2] - corners[0, :2]).T)
        inside = (sides > -1e-6).all(0) & (sides.sum(0) < 1 + 1e-6)
        height = corners[0, 2] + sides.T @ (corners[1:, 2] - corners[0, 2])
        assert np.abs(height - cells[:, 2])[inside].max(initial=0) <= tolerance + 1e-6


def test_a_plane_is_drawn_with_few_cells_and_noise_with_all():
    plane = np.broadcast_to(np.linspace(0, 1, 129, dtype=np.float32), (129, 129))
    noise = np.random.default_rng(0).random((129, 129)).astype(np.float32)
    few, all_ = (coarse(Relief(level, level >= 0, 0.3, 1.0, Scale(None, 0.0, 1.0)), 1e-3) for level in (plane, noise))
    assert few.level.size < plane.size / 10 and all_.level.size == noise.size


@pytest.mark.parametrize("shape", ["disc", "block"])
def test_the_wall_looks_outwards(shape):
    relief = made()
    face = mesh.wall(relief, mesh.terrain(relief, shape), shape, -0.1)
    a, b, c = (face.points[face.triangles[:, k]].astype(float) for k in range(3))
    assert ((np.cross(b - a, c - a)[:, :2] * a[:, :2]).sum(1) > -1e-12).all()
