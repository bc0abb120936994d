"""The moves of cameras: rides follow the head calmly, with nothing between."""

import numpy as np
import pytest

from render.film.moves import CLEARANCE, MOVES, Scenery
from render.scene.camera import Fixed, Orbit, Ride
from render.scene.look import Look
from render.stage.body import mesh
from render.stage.body.relief import Relief, Scale
from render.stage.camera import Frame
from render.stage.marks.trail import drape

LOOK = Look(name="ember").resolved
FRAME = Frame(16 / 9, 0.78, 0.1)
SHARES = np.linspace(0, 1, 97)


def terrain(kind: str, size: int = 121) -> Relief:
    y, x = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j]
    level = {"flat": 0 * x, "ridge": np.exp(-((y / 0.05) ** 2)), "bowl": 2 * (x**2 + y**2)}[kind]
    return Relief(level.astype(np.float32), np.isfinite(level), 0.3, 1.0, Scale(None, 0.0, 1.0))


def setting(kind: str = "flat", tremble: float = 0.0, path: bool = True) -> Scenery:
    made = terrain(kind)
    way = np.stack([np.zeros(200), np.linspace(-0.4, 0.4, 200)], 1)
    way[:, 0] += tremble * np.random.default_rng(0).normal(size=200)
    descent = drape(made, "disc", way, None, 0.0) if path else None
    return Scenery((made,), ((descent,) if descent else (),), lambda share: share * 199, 8.0, LOOK, FRAME)


def ride(kind: str = "flat", tremble: float = 0.0, **options) -> list:
    move = MOVES[Ride](Ride(**options), setting(kind, tremble))
    return [move(share) for share in SHARES]


def test_a_ride_stands_behind_the_head_at_the_distance_and_height_it_was_given():
    view = ride(sweep=0.0, behind=0.2, elevation=30.0)[48]
    np.testing.assert_allclose(view.target, [0, 0, 0], atol=0.01)
    np.testing.assert_allclose(view.position, [0, -0.2, 0.2 * np.tan(np.radians(30))], atol=0.01)


def test_a_ride_turns_by_its_sweep_around_the_head():
    views = ride(sweep=90.0)
    away = np.array([view.position[:2] - view.target[:2] for view in (views[0], views[-1])])
    turned = np.degrees(np.arctan2(away[:, 0], away[:, 1]))
    assert np.ptp(np.unwrap(turned, period=360)) == pytest.approx(90, abs=3)


def test_a_path_that_trembles_does_not_shake_the_camera():
    positions = np.array([view.position for view in ride(tremble=0.01)])
    jerk = np.abs(np.diff(positions, n=3, axis=0)).max()
    assert jerk < 0.002  # picture widths a frame, where the path itself jumps by 0.01


@pytest.mark.parametrize("kind", ["flat", "ridge", "bowl"])
def test_the_ground_never_stands_between_a_ride_and_its_head(kind):
    made = terrain(kind)
    for view in ride(kind, elevation=5.0):
        way = view.target + np.linspace(0.15, 1, 50)[:, None] * (view.position - view.target)
        inside = np.abs(way[:, :2]).max(1) <= 0.5
        ground = mesh.height_at(made, way[inside, 0], way[inside, 1])
        assert (way[inside, 2] > ground - 0.1 * CLEARANCE).all()


@pytest.mark.parametrize("settings", [Orbit(), Fixed(), Ride()], ids=lambda camera: camera.kind)
def test_every_camera_looks_at_a_terrain_without_a_path(settings):
    move = MOVES[type(settings)](settings, setting("bowl", path=False))
    middle = move(0.5).project(np.array([[0.0, 0.0, 0.05]]))[0]
    assert np.abs(middle[:2]).max() < 1 and middle[2] > 0


@pytest.mark.parametrize("settings", [Orbit(), Ride()], ids=lambda camera: camera.kind)
def test_a_move_is_a_function_of_time_alone(settings):
    one, other = (MOVES[type(settings)](settings, setting("bowl")) for _ in range(2))
    for share in (0.0, 0.3, 1.0):
        np.testing.assert_array_equal(one(share).position, other(share).position)
