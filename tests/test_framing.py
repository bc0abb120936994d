"""Framing: where the camera stands when the scene leaves it open, on surfaces whose best side is known."""

import numpy as np
import pytest

from render.film.moves import MOVES, Scenery
from render.scene.camera import Fixed, Orbit
from render.scene.look import Look
from render.stage import camera, framing
from render.stage.body.relief import Relief, Scale
from render.stage.framing import frame_of
from render.stage.light.horizon import horizons
from render.stage.marks.trail import Descent, drape

ASPECTS = {"9:16": 9 / 16, "4:5": 4 / 5, "1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9, "21:9": 21 / 9}


def relief_of(level: np.ndarray, exaggeration: float = 0.3) -> Relief:
    level = level.astype(np.float32)
    return Relief(level, np.isfinite(level), exaggeration, 1.0, Scale(None, 0.0, 1.0))


def valley_open_to(azimuth: float, size: int = 161) -> tuple[Relief, Descent]:
    """A valley that falls towards an azimuth and is open there, and a path down its floor."""
    y, x = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j]
    a = np.radians(azimuth)
    along, across = x * np.sin(a) + y * np.cos(a), x * np.cos(a) - y * np.sin(a)
    level = np.clip(0.42 - 0.5 * along + 5 * across**2, 0, 1)
    way = np.linspace(-0.35, 0.2, 60)[:, None] * [np.sin(a), np.cos(a)]
    made = relief_of(level)
    return made, drape(made, "block", way, None, 0.0)


def setting(*parts: tuple[Relief, Descent], aspect: float = 16 / 9, body: str = "block", together: bool = False):
    look = Look(name="ember", body=body).resolved
    reliefs, descents = tuple(part[0] for part in parts), tuple((part[1],) for part in parts)
    frame = frame_of(aspect, len(parts) if together else 1)
    return Scenery(reliefs, descents, lambda share: share * 59, 8.0, look, frame, together)


def facing(view: camera.View) -> float:
    away = view.position - view.target
    return float(np.degrees(np.arctan2(away[0], away[1])))


def taken(view: camera.View, points: np.ndarray, aspect: float) -> np.ndarray:
    """Returns left, right, low and high of points on the picture, −1..1 from edge to edge."""
    x, y, _ = view.project(points).T
    return np.array([x.min() / aspect, x.max() / aspect, y.min(), y.max()])


def turned(angle: float) -> float:
    return abs((angle + 180) % 360 - 180)


@pytest.mark.parametrize("azimuth", [0, 50, 130, 245])
@pytest.mark.parametrize("settings", [Fixed(), Orbit()], ids=lambda settings: settings.kind)
def test_the_mouth_of_a_valley_faces_the_camera(settings, azimuth):
    view = MOVES[type(settings)](settings, setting(valley_open_to(azimuth)))(0.5)
    assert turned(facing(view) - azimuth) <= 60


@pytest.mark.parametrize("body", ["block", "disc", "sheet", "points", "none"])
def test_the_end_of_a_path_is_seen_in_every_moment_of_an_orbit(body):
    made, descent = valley_open_to(130)
    move = MOVES[Orbit](Orbit(sweep=70), setting((made, descent), body=body))
    for share in np.linspace(0, 1, 13):
        view = move(share)
        way = view.position - descent.points[-1]
        elevation = np.degrees(np.arctan2(way[2], np.hypot(*way[:2])))
        azimuth = np.degrees(np.arctan2(way[0], way[1]))
        assert elevation > horizons(made, body, descent.points[-1:], np.array([azimuth]))[0, 0]


def test_an_object_fills_three_quarters_of_a_wide_picture_where_it_is_widest():
    here = setting(valley_open_to(130))
    for settings in (Fixed(), Orbit()):
        move, widths = MOVES[type(settings)](settings, here), []
        for share in np.linspace(0, 1, 9):
            left, right, low, high = taken(move(share), here.hull(0.0), 16 / 9)
            widths.append((right - left) / 2)
            assert low > -0.95 and high < 0.95
        assert 0.72 <= max(widths) <= 0.78


@pytest.mark.parametrize("name", ASPECTS)
def test_in_every_shape_of_picture_the_object_is_large_and_whole_with_room_for_words_below(name):
    here = setting(valley_open_to(130), aspect=ASPECTS[name])
    move = MOVES[Orbit](Orbit(), here)
    for share in (0.0, 0.5, 1.0):
        left, right, low, high = taken(move(share), here.hull(0.0), ASPECTS[name])
        assert max((right - left) / 2 / 0.7, (high - low) / 2 / 0.8) > 0.9
        assert min(left, low) > -0.96 and max(right, high) < 0.96
        assert low + high > -0.1  # never lower than the middle by more than orbits sway


def test_an_upright_picture_is_taken_from_higher_up_than_a_wide_one():
    heights = []
    for aspect in (16 / 9, 1.0, 9 / 16):
        view = MOVES[Fixed](Fixed(), setting(valley_open_to(130), aspect=aspect))(0.5)
        heights.append(
            np.degrees(np.arcsin((view.position - view.target)[2] / np.linalg.norm(view.position - view.target)))
        )
    assert 24 <= heights[0] <= 38 and heights[0] < heights[1] < heights[2] <= 60


def test_explicit_numbers_are_kept():
    view = MOVES[Fixed](Fixed(azimuth=20, elevation=50, distance=3), setting(valley_open_to(130)))(0.5)
    away = view.position - view.target
    assert np.linalg.norm(away) == pytest.approx(3)
    assert (facing(view), np.degrees(np.arcsin(away[2] / 3))) == (pytest.approx(20), pytest.approx(50))
    asked = MOVES[Fixed](Fixed(azimuth=20), setting(valley_open_to(130)))(0.5)
    assert facing(asked) == pytest.approx(20)


def test_a_block_is_seen_over_a_face_turned_aside_where_nothing_else_decides():
    y, x = np.mgrid[-1:1:81j, -1:1:81j]
    bowl = relief_of(np.minimum(x**2 + y**2, 1))
    here = Scenery((bowl,), ((),), float, 8.0, Look(name="ember").resolved, frame_of(16 / 9))
    turn = turned((facing(MOVES[Fixed](Fixed(), here)(0.5)) + 45) % 90 - 45)
    assert 15 <= turn <= 40


def test_the_end_counts_more_than_the_middle_of_a_path():
    """A wall hides the end from one side and the middle from the other; the camera sees the end."""
    y, x = np.mgrid[-0.5:0.5:161j, -0.5:0.5:161j]
    wall = np.exp(-(((y + 0.1) / 0.02) ** 2)) * (x > 0.05) + np.exp(-(((y - 0.1) / 0.02) ** 2)) * (x < 0.05)
    made = relief_of(np.clip(wall, 0, 1), 0.25)
    descent = drape(made, "block", np.array([[-0.3, 0.0], [0.3, 0.0]]), None, 0.0)
    view = MOVES[Fixed](Fixed(), setting((made, descent)))(0.5)
    assert turned(facing(view)) < 90


def test_every_path_counts_alike():
    first, second = valley_open_to(40), valley_open_to(110)
    one = setting(first, second)
    other = setting(second, first)
    assert MOVES[Fixed](Fixed(), one)(0.5).position[2] == pytest.approx(MOVES[Fixed](Fixed(), other)(0.5).position[2])
    assert facing(MOVES[Fixed](Fixed(), one)(0.5)) == pytest.approx(facing(MOVES[Fixed](Fixed(), other)(0.5)))


def test_a_sweep_the_other_way_is_framed_the_same():
    here = setting(valley_open_to(130))
    there, back = (MOVES[Orbit](Orbit(sweep=sweep), here)(0.5) for sweep in (120, -120))
    np.testing.assert_allclose(there.position, back.position)


def test_the_worst_moment_of_a_move_counts_as_much_as_its_mean():
    scores = np.ones((72, 1))
    scores[10] = -4
    whole = framing.over_the_move(scores, 20)
    assert whole[40, 0] == 1 and whole[10, 0] == pytest.approx(0.5 * (4 - 4) / 5 + 0.5 * -4)
    assert (framing.over_the_move(scores, 360) < 0).all()


def test_the_hull_reaches_down_to_the_base_of_a_solid_body_alone():
    depths = {body: setting(valley_open_to(0), body=body).hull(0.0)[:, 2].min() for body in ("block", "disc", "sheet")}
    assert depths["block"] == depths["disc"] == pytest.approx(-Look(name="ember").walls.thickness)
    assert depths["sheet"] >= 0


VIEWS = {"side": 3, "three-quarter": None, "top": 90, "underside": -32}


@pytest.mark.parametrize("view", VIEWS)
def test_a_canonical_view_is_whole_and_stands_where_its_name_says(view):
    here = setting(valley_open_to(130), body="sheet")
    seen = MOVES[Fixed](Fixed(view=view), here)(0.5)
    away = seen.position - seen.target
    elevation = np.degrees(np.arcsin(away[2] / np.linalg.norm(away)))
    assert elevation == pytest.approx(VIEWS[view]) if VIEWS[view] else 24 <= elevation <= 38
    left, right, low, high = taken(seen, here.hull(0.0), 16 / 9)
    assert min(left, low) > -0.96 and max(right, high) < 0.96


def test_a_plan_has_beta_up_and_alpha_to_the_right():
    view = MOVES[Fixed](Fixed(view="top"), setting(valley_open_to(130)))(0.5)
    x, y, _ = view.project(np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0]])).T
    assert x[1] > x[0] and y[1] == pytest.approx(y[0])
    assert y[2] > y[0] and x[2] == pytest.approx(x[0])


def test_the_horizon_of_a_wall_is_its_angle():
    x = np.linspace(-0.5, 0.5, 401)
    made = relief_of(np.tile(x > 0.2, (401, 1)).astype(float), 0.3)
    seen = horizons(made, "block", np.array([[0.0, 0.0, 0.0]]), np.array([90.0, 270.0, 45.0]))[:, 0]
    assert seen[0] == pytest.approx(np.degrees(np.arctan2(0.296, 0.2)), abs=2)
    assert seen[1] == pytest.approx(0, abs=0.5)
    assert seen[2] == pytest.approx(np.degrees(np.arctan2(0.296, 0.2 * np.sqrt(2))), abs=2)
