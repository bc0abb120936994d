"""Projections: where directions land on dome masters and pictures all around, and that no edge of a cube is seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from render.film.preparing import prepare
from render.film.shooting import bare_picture
from render.film.shutter import exposed
from render.landscape import ready
from render.stage.camera import View
from render.stage.lens.bearings import Projection, places_of, within
from render.stage.lens.faces import SIDES, SUB, faces_of, side_of
from render.stage.lens.lens import Exposure, Lens, develop
from render.stage.lens.surround import develop_around, exposed_around
from tests.test_drawing_ready import WAY, home, scene_of, written  # noqa: F401

ROUND = [Projection("dome"), Projection("dome", 220.0, 30.0), Projection("dome", 360.0), Projection("equirectangular")]
NORTHWARD = View(np.array([0.1, -0.2, 0.3]), np.array([0.1, 1.0, 0.1]), 40.0)  # looks towards +β, and down a little


def size_of(projection: Projection, height: int = 96) -> tuple[int, int]:
    return (height if projection.is_dome else 2 * height), height


def towards(view: View, direction) -> np.ndarray:
    """Returns where a direction lands on the picture of a view, half heights to the right and up."""
    return view.project(view.position + 3.0 * np.array([direction], float))[0, :2]


def seen_through(projection: Projection, view: View = NORTHWARD) -> View:
    return View(view.position, view.target, view.angle, roll=view.roll, projection=projection)


def test_a_dome_has_the_angle_from_its_axis_as_distance_from_its_middle():
    view = seen_through(Projection("dome", 200.0))
    for elevation in (89.0, 60.0, 30.0, 0.0, -9.0):
        up, flat = np.sin(np.radians(elevation)), np.cos(np.radians(elevation))
        share = (90 - elevation) / 100
        np.testing.assert_allclose(towards(view, (0, flat, up)), [0, -share], atol=1e-9)  # the front is below
        np.testing.assert_allclose(towards(view, (flat, 0, up)), [share, 0], atol=1e-9)  # the right is to the right
        np.testing.assert_allclose(towards(view, (0, -flat, up)), [0, share], atol=1e-9)


def test_a_dome_leans_to_the_front():
    view = seen_through(Projection("dome", 180.0, 30.0))
    np.testing.assert_allclose(towards(view, (0, np.sin(np.pi / 6), np.cos(np.pi / 6))), [0, 0], atol=1e-9)
    np.testing.assert_allclose(towards(view, (0, 1, 0)), [0, -60 / 90], atol=1e-9)
    np.testing.assert_allclose(towards(view, (1, 0, 0)), [1, 0], atol=1e-9)


def test_longitude_and_latitude_are_even_all_around():
    view = seen_through(Projection("equirectangular"))
    for longitude in (-170.0, -90.0, 0.0, 45.0, 179.0):
        for latitude in (-80.0, 0.0, 30.0):
            turn, rise = np.radians(longitude), np.radians(latitude)
            way = np.sin(turn) * np.cos(rise), np.cos(turn) * np.cos(rise), np.sin(rise)
            np.testing.assert_allclose(towards(view, way), [longitude / 90, latitude / 90], atol=1e-9)


@pytest.mark.parametrize("projection", ROUND)
def test_places_and_directions_are_each_others_inverse(projection):
    places = places_of(size_of(projection, 24)).reshape(-1, 2)
    if projection.is_dome:
        places = places[np.hypot(*places.T) < 0.99]
    directions = projection.directions(places)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(projection.places(directions), places, atol=1e-9)


@pytest.mark.parametrize("projection", ROUND)
def test_every_place_is_looked_up_on_one_face_within_its_margin(projection):
    size = size_of(projection)
    faces = faces_of(projection, size).faces
    taken = torch.cat([face.pixels for face in faces])
    wanted = np.repeat(np.repeat(within(projection, size) > 0, SUB, 0), SUB, 1)
    assert len(taken) == len(taken.unique()) == wanted.sum()
    side, _ = side_of(projection, size)
    for face in faces:
        assert float(face.looked_up.abs().max()) <= 1 - 4 / side


def test_half_of_all_around_takes_four_sides_of_a_cube():
    assert len(faces_of(Projection("dome"), (96, 96)).faces) == 4
    assert len(faces_of(Projection("equirectangular"), (192, 96)).faces) == len(SIDES) == 6


def world(view: View, side: int) -> Exposure:
    """Returns what a view of a face sees of a world that is a smooth function of the direction."""
    right, up, forward = view.axes
    tangent = np.tan(np.radians(view.angle) / 2)
    x = (np.arange(side) + 0.5) / side * 2 - 1
    across, down = np.meshgrid((x + view.shift[0]) * tangent, (-x + view.shift[1]) * tangent)
    ways = forward + across[..., None] * right + down[..., None] * up
    light = torch.from_numpy(shown(ways / np.linalg.norm(ways, axis=-1, keepdims=True)).astype(np.float32))
    ones = torch.ones(side, side)
    return Exposure(light, torch.zeros(3), ones, ones, 0.2 * light, ones)


def shown(ways: np.ndarray) -> np.ndarray:
    return np.stack([0.5 + 0.4 * np.sin(2 * ways[..., k] + k) for k in range(3)])


@pytest.mark.parametrize("turned", [0.0, 20.0])
@pytest.mark.parametrize("projection", ROUND)
def test_a_picture_shows_in_every_direction_what_is_there(projection, turned, monkeypatch):
    monkeypatch.setattr("render.stage.lens.faces.MOST_SIDE", 30)  # so that sides are parted too
    faces_of.cache_clear()
    size = size_of(projection)
    view = View(NORTHWARD.position, NORTHWARD.target, 40.0, roll=turned, projection=projection)
    side, count = side_of(projection, size)
    assert count > 1
    film = exposed_around(lambda face: world(face, side), view, size)
    faces_of.cache_clear()
    frame = projection.frame(view.level[0], turned)
    wanted = shown(projection.directions(places_of(size)) @ frame)
    whole = within(projection, size) == 1
    off = np.abs(film.picture.numpy() - wanted)[:, whole]
    assert off.max() < (2e-3 if projection.coverage < 360 else 5e-3)  # whose rim is one direction
    assert float(film.picture[:, torch.from_numpy(within(projection, size) == 0)].abs().sum()) == 0


def test_bloom_shines_over_the_edge_where_left_and_right_are_one():
    shape = 64, 128
    dark, glow = torch.zeros(3, *shape), torch.zeros(3, *shape)
    glow[:, 30:34, :2] = 8.0
    film = Exposure(dark, torch.zeros(3), torch.ones(shape), torch.ones(shape), glow, torch.ones(shape))
    codes = develop_around(film, Projection("equirectangular"), Lens(grain=0.0), 1).astype(int)
    assert codes.shape == (64, 128, 3)
    assert codes[32, -1].min() > 20
    assert np.abs(codes[32, -1] - codes[32, 2]).max() < 12
    assert develop([film], Lens(grain=0.0, vignette=0.0), 1)[32, -1].max() < 3


def take_of(folder, camera: str, *more: str):
    """Returns the take of a camera among a bowl with a path."""
    size = "[90, 90]" if "dome" in camera else "[180, 90]"
    shots = f"shots=[{{surface: a, duration: 2s, camera: {camera}}}]"
    extra = [shots, "look.grain=0", f"stills.given.size={size}", *more]
    scene = scene_of(folder, written(folder, **WAY), extra=extra)
    return prepare(scene.shots[0], scene.look, [ready.load(scene.surfaces["a"])], 1.0)


AMONG = "{kind: fixed, target: end, azimuth: 30, elevation: 40, distance: 0.4, projection: %s}"
GROUNDS = ["look.ground=floor", "look.ground=horizon", "look.ground=paper", "look.ground=void"]


TURNED = Rotation.from_euler("zyx", [25, 35, 15], degrees=True).as_matrix()  # of the cube, to other edges


def pictures_of(take, size: tuple[int, int], monkeypatch) -> list[np.ndarray]:
    """Returns a picture (H, W, 3), in 256 steps of linear light, put together from the sides of two cubes."""
    stage, found = take.stage((0,), size, 2), []
    try:
        for sides in (SIDES, SIDES @ TURNED):
            monkeypatch.setattr("render.stage.lens.faces.SIDES", sides)
            faces_of.cache_clear()
            found.append(255 * exposed(take, [stage], 1.0, 0.0)[0].picture.permute(1, 2, 0).numpy())
    finally:
        stage.close()
        faces_of.cache_clear()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("kind", ["dome, tilt: 40", "equirectangular"])
def test_nothing_tells_where_the_edges_between_faces_are(home, graphics, kind, ground, monkeypatch):  # noqa: F811
    take = take_of(home, AMONG % kind, ground, "look.air.haze=0.5", "look.background.lift=0.5")
    size = (200, 200) if kind.startswith("dome") else (400, 200)
    one, other = pictures_of(take, size, monkeypatch)
    assert not np.isnan(one).any() and one.std() > 5
    off = np.abs(one - other).max(-1)
    mean, most = (0.2, 2.5) if kind.startswith("dome") else (0.45, 5.0)  # contours are sampled at other places
    assert off.mean() < mean and np.quantile(off, 0.99) < most
    if kind == "equirectangular":
        steps = np.abs(np.diff(one, axis=1)).max((0, 2))
        assert np.abs(one[:, 0] - one[:, -1]).max() <= steps.max()


@pytest.mark.slow
def test_beyond_the_rim_of_a_dome_all_is_black(home, graphics):  # noqa: F811
    take = take_of(home, AMONG % "dome, tilt: 90", "look.grain=0.02", "look.bloom=2")
    size = (160, 160)
    stage = take.stage((0,), size, 1)
    try:
        picture = bare_picture(take, [stage], 1.5)
        deep = bare_picture(take, [stage], 1.5, depth=16)
    finally:
        stage.close()
    outside = within(Projection("dome"), size) == 0
    assert picture.shape == (160, 160, 3) and outside.sum() > 5000
    assert picture[outside].max() == deep[outside].max() == 0 and deep.dtype == np.uint16
    assert (picture[~outside].max(-1) > 0).mean() > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dome, tilt: 60", "equirectangular"])
def test_the_head_of_a_path_is_drawn_where_the_projection_says(home, graphics, kind):  # noqa: F811
    take = take_of(home, AMONG % kind, "look.bloom=0", "look.path.lowest=false")
    size = (240, 240) if kind.startswith("dome") else (480, 240)
    stage = take.stage((0,), size, 2)
    try:
        film = exposed(take, [stage], 2.0, 0.0)[0]
    finally:
        stage.close()
    walk = take.panels[0].walks[0]
    head = walk.descent.at(np.array([walk.head(take.progress(2.0))]))
    x, y, _ = take.view(2.0).project(head)[0]
    column, row = (x * size[1] + size[0]) / 2, (1 - y) * size[1] / 2
    glow = film.glow.sum(0).numpy()
    near = glow[int(row) - 4 : int(row) + 5, int(column) - 4 : int(column) + 5]
    assert near.max() > 0.9 * glow.max()
