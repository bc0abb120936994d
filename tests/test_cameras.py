"""Cameras: laws that every kind keeps, and what each kind does."""

from dataclasses import replace
from functools import cache
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from render.errors import SceneError
from render.film.moves import CLEARANCE, MOVES, Scenery
from render.film.moves.shake import Unrest
from render.film.moves.thalweg import thalweg_of
from render.scene.camera import Camera, Crane, Dolly, Fixed, Flyover, Follow, Keyframes, Map, Orbit, Turntable, Walker
from render.scene.look import Look
from render.stage.body import mesh
from render.stage.body.relief import Relief, Scale
from render.stage.camera import View, standing
from render.stage.framing import frame_of
from render.stage.lens.tiles import tile_of
from render.stage.marks.trail import drape

LOOK = Look(name="ember").resolved
ASPECT = 16 / 9
SECONDS = 4.0
SHARES = np.linspace(0, 1, 33)
KEYS: dict[str, Any] = {
    "keyframes": {"keys": [{"t": 0.0, "azimuth": 200.0, "elevation": 30.0}, {"t": 4.0, "azimuth": 260.0}]}
}
KINDS = [kind for kind in get_args(get_args(Camera)[0])]
TAG = [kind.model_fields["kind"].default for kind in KINDS]


def asked(kind: str, **keys: Any) -> Any:
    return TypeAdapter(Camera).validate_python({"kind": kind, **KEYS.get(kind, {}), **keys})


def relief_of(level: np.ndarray, exaggeration: float = 0.3) -> Relief:
    level = level.astype(np.float32)
    return Relief(level, np.isfinite(level), exaggeration, 1.0, Scale(None, 0.0, 1.0))


def lattice(size: int = 121) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j]
    return x, y


def hills() -> Relief:
    """A valley along β between two walls, with two knolls on its floor."""
    x, y = lattice()
    level = np.clip(6 * x**2, 0, 1) + 0.25 * np.exp(-(((y - 0.1) / 0.06) ** 2)) * np.exp(-((x / 0.2) ** 2))
    return relief_of(np.clip(level, 0, 1))


@cache
def valley() -> Scenery:
    """A path down the floor of a valley with knolls."""
    return laid(hills())


def scenery(made: Relief | None = None, way: np.ndarray | None = None, **changes: Any) -> Scenery:
    here = valley() if made is None else laid(made, way)
    return replace(here, **changes) if changes else here


def laid(made: Relief, way: np.ndarray | None = None) -> Scenery:
    """Returns a path on a terrain; it arrives before the end of the shot, and rests."""
    if way is None:
        way = np.stack([0.03 * np.sin(np.linspace(0, 6, 200)), np.linspace(-0.4, 0.35, 200)], 1)
    descent = drape(made, "block", way, None, 0.0)
    last = len(way) - 1.0
    here = Scenery((made,), ((descent,),), lambda share: last * min(1, share / 0.8), SECONDS, LOOK, frame_of(ASPECT))
    return replace(here, extents=((-2.0, 2.0), (0.0, 10.0)))


def move(camera: Any, setting: Scenery | None = None) -> Any:
    return MOVES[type(camera)](camera, setting or scenery())


def seen_at(view: View, point: np.ndarray) -> np.ndarray:
    return view.project(np.asarray(point, float)[None])[0]


def ground_at(made: Relief, point: np.ndarray) -> float:
    """Returns the height of the terrain at a place, or of nothing beyond it."""
    if not mesh.covers(made, "block", point[:1], point[1:2])[0]:
        return -np.inf
    return float(mesh.height_at(made, point[:1], point[1:2])[0])


@pytest.mark.parametrize("kind", TAG)
def test_every_camera_is_a_function_of_time_alone_with_a_level_horizon(kind):
    one, other = (move(asked(kind)) for _ in range(2))
    for share in SHARES[::4]:
        view = one(share)
        np.testing.assert_array_equal(view.position, other(share).position)
        assert np.isfinite([*view.position, *view.target, view.angle, *view.shift]).all()
        assert view.roll == 0 and view.axes[0][2] == 0


@pytest.mark.parametrize("kind", TAG)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_no_camera_ever_goes_below_the_ground(kind, data):
    near, low = st.floats(0.03, 0.6), st.floats(5, 20)
    choices = {
        "azimuth": st.floats(-360, 360),
        "elevation": low,
        "distance": near,
        "from": low if kind == "crane" else near,
        "to": low if kind == "crane" else near,
        "behind": near,
        "height": st.floats(0.02, 0.1),
        "target": st.tuples(st.floats(-2, 2), st.floats(0, 10)),
    }
    fields = [name for name in choices if name in type(asked(kind)).model_fields]
    keys = {name: data.draw(choices[name], name) for name in fields}
    if kind == "keyframes":
        place = st.tuples(st.floats(-3, 3), st.floats(-2, 12), st.floats(-1, 0.4))
        keys = {"keys": [{"t": float(time), "position": data.draw(place)} for time in (0, 1, 4)]}
    here = scenery()
    course = move(asked(kind, **keys), here)
    for share in SHARES:
        position = course(share).position
        assert position[2] >= ground_at(here.relief, position) + CLEARANCE - 1e-9


def test_a_camera_that_comes_to_a_wall_is_lifted_before_it_and_evenly():
    x, _ = lattice()
    here = scenery(relief_of((x > 0).astype(float)))
    course = move(
        asked("keyframes", keys=[{"t": 0.0, "position": (-1.9, 5.0, 0.05)}, {"t": 4.0, "position": (1.9, 5.0, 0.05)}]),
        here,
    )
    heights = np.array([course(share).position[2] for share in np.linspace(0, 1, 400)])
    assert heights[0] < 0.1 and heights[-1] > 0.3
    steps = np.abs(np.diff(heights))
    assert steps.max() < 0.01  # picture widths in a hundredth of a second; the wall is 0.3 high


@pytest.mark.parametrize("kind", sorted(set(TAG) - {"flyover", "walk"}))
@pytest.mark.parametrize("word", ["start", "end", "lowest"])
def test_what_a_camera_looks_at_is_in_the_middle_of_its_picture(kind, word):
    here = scenery()
    way = here.descent.points
    point = {"start": way[0], "end": way[-1], "lowest": mesh.lowest(here.relief, "block")}[word]
    course = move(asked(kind, target=word), here)
    lowered = -0.12 if asked(kind).follows else 0.0
    for share in (0.0, 0.6, 1.0):
        np.testing.assert_allclose(seen_at(course(share), point)[:2], [0, -lowered], atol=1e-6)


def test_a_place_of_the_plane_is_looked_at_on_the_ground():
    here = scenery()
    view = move(Fixed(target=(1.0, 7.5), distance=0.8, azimuth=10.0, elevation=50.0), here)(0.5)
    np.testing.assert_allclose(view.target[:2], [0.25, 0.25])
    assert view.target[2] == pytest.approx(ground_at(here.relief, view.target))


def test_a_head_that_is_looked_at_stays_near_the_middle_and_ends_in_it():
    here = scenery()
    course = move(Orbit(target="head", distance=1.0, azimuth=30.0, elevation=35.0), here)
    for share in SHARES:
        head = here.descent.at(np.array([here.head(share)]))[0]
        assert np.abs(seen_at(course(share), head)[:2]).max() < 0.25
    assert np.abs(seen_at(course(1.0), here.descent.points[-1])[:2]).max() < 0.02


def test_a_place_beyond_the_surface_and_a_path_that_is_not_there_are_refused():
    with pytest.raises(SceneError, match=r"\[3, 5\] lies beyond the surface; take a place in α -2 to 2 and β 0 to 10"):
        move(Fixed(target=(3.0, 5.0)))
    with pytest.raises(SceneError, match="end is a place of the path, and no path lies on this surface; look at"):
        move(Fixed(target="end"), replace(scenery(), descents=((),)))


def test_a_shift_moves_the_picture_by_widths_of_the_frame():
    plain, moved = (move(Orbit(shift=shift))(0.3) for shift in ((0.0, 0.0), (0.25, -0.1)))
    point = np.array([0.1, 0.2, 0.1])
    away = (seen_at(moved, point) - seen_at(plain, point))[:2] / (2 * ASPECT)
    np.testing.assert_allclose(away, [0.25, -0.1])


@pytest.mark.parametrize("roll", [20.0, -75.0, 180.0])
def test_a_roll_turns_the_picture_the_other_way_about_its_middle(roll):
    plain, rolled = standing(200, 30, 2, np.zeros(3), 30), replace(standing(200, 30, 2, np.zeros(3), 30), roll=roll)
    x, y, _ = seen_at(plain, [0.3, 0.1, 0.2])
    turn = np.radians(roll)  # a camera that is turned clockwise sees everything turned counter-clockwise
    wanted = [x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)]
    np.testing.assert_allclose(seen_at(rolled, [0.3, 0.1, 0.2])[:2], wanted)
    right, up, forward = rolled.axes
    np.testing.assert_allclose(np.cross(right, up), -forward, atol=1e-12)


def test_a_tile_of_a_rolled_view_is_a_part_of_it():
    whole = replace(standing(200, 30, 2, np.zeros(3), 30), roll=33.0, shift=(0.1, -0.2))
    crop = (0.25, 0.1, 0.75, 0.6)
    part = tile_of(whole, crop, ASPECT)
    x, y, _ = seen_at(whole, [0.1, 0.05, 0.1])
    across, down = (x / ASPECT + 1) / 2, (1 - y) / 2
    px, py, _ = seen_at(part, [0.1, 0.05, 0.1])
    np.testing.assert_allclose((px / ASPECT + 1) / 2, (across - 0.25) / 0.5)
    np.testing.assert_allclose((1 - py) / 2, (down - 0.1) / 0.5)


def test_shake_is_none_by_default_and_small_smooth_seeded_and_without_a_seam_where_it_is_asked_for():
    still = move(Orbit(azimuth=20.0, elevation=30.0))
    held, again, other = (
        move(Orbit(azimuth=20.0, elevation=30.0, shake=1.0), scenery(seed=seed)) for seed in (3, 3, 4)
    )
    shares = np.linspace(0, 1, int(SECONDS * 60) + 1)
    forward = np.array([held(share).axes[2] for share in shares])
    away = np.degrees(np.arccos(np.clip((forward * [still(share).axes[2] for share in shares]).sum(1), -1, 1)))
    assert 0.05 < away.max() < 1.2
    unrest = Unrest(1.0, SECONDS, 3)
    turns = np.array([unrest.at(share) for share in shares])
    assert np.abs(np.diff(turns, n=2, axis=0)).max() < 0.03  # degrees a frame, squared
    np.testing.assert_allclose(turns[0], turns[-1], atol=1e-9)
    np.testing.assert_array_equal(held(0.4).target, again(0.4).target)
    assert not np.array_equal(held(0.4).target, other(0.4).target)
    np.testing.assert_array_equal(held(0.4).position, still(0.4).position)


def test_a_lens_in_millimetres_is_its_view_angle():
    assert move(asked("orbit", lens="65mm"))(0.5).angle == pytest.approx(20.92, abs=0.01)
    assert asked("walk").view_angle == 55 and asked("map").view_angle == 8 and asked("orbit").view_angle == 22


def test_the_focus_lies_on_what_is_asked_for():
    here = scenery()
    assert move(Orbit(), here)(0.5).focus is None  # the head that is drawn
    np.testing.assert_array_equal(move(Orbit(focus="start"), here)(0.5).focus, here.descent.points[0])
    view = move(Orbit(focus=0.7), here)(0.5)
    assert np.linalg.norm(view.focus - view.position) == pytest.approx(0.7)
    assert (view.focus - view.position) @ view.axes[2] == pytest.approx(0.7)


def test_a_turntable_ends_one_step_before_where_it_began():
    course = move(Turntable())
    frames = 48
    places = np.array([course(frame / frames).position for frame in range(frames)])
    steps = np.linalg.norm(np.diff(places, axis=0, append=places[:1]), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    shifts = np.array([course(frame / frames).shift for frame in range(frames)])
    bends = np.abs(np.diff(shifts, n=2, axis=0, append=shifts[:2]))
    assert bends[-2:].max() < 3 * bends[:-2].max() + 1e-4  # no kink at the seam
    azimuths = np.unwrap(np.arctan2(places[:, 0] - course(0).target[0], places[:, 1] - course(0).target[1]))
    assert azimuths[-1] - azimuths[0] == pytest.approx(2 * np.pi * (frames - 1) / frames)


def test_a_turntable_that_is_settled_begins_where_it_is_asked_to():
    view = move(Turntable(azimuth=40.0, elevation=30.0))(0.0)
    away = view.position - view.target
    assert np.degrees(np.arctan2(away[0], away[1])) == pytest.approx(40)


def test_a_map_looks_straight_down_with_beta_up():
    view = move(Map())(0.5)
    right, up, forward = view.axes
    np.testing.assert_allclose([right, up, forward], [[1, 0, 0], [0, 1, 0], [0, 0, -1]], atol=1e-9)
    assert np.abs(view.project(scenery().hull(180.0))[:, 1]).max() < 1  # and all of it is in the picture


def test_a_dolly_goes_from_one_distance_to_another_and_slows_at_both_ends():
    course = move(Dolly(**{"from": 3.0, "to": 0.8, "target": "end"}))
    far = [float(np.linalg.norm(course(share).position - course(share).target)) for share in SHARES]
    assert far[0] == pytest.approx(3) and far[-1] == pytest.approx(0.8)
    assert (np.diff(far) < 0).all()
    assert abs(far[1] - far[0]) < 0.1 * max(np.abs(np.diff(far)))


def test_a_dolly_by_itself_begins_with_the_whole_and_ends_on_the_end_of_the_path():
    here = scenery()
    course = move(Dolly(), here)
    x, y, _ = course(0.0).project(here.hull(0.0)).T
    assert np.abs(x).max() < ASPECT and np.abs(y).max() < 1
    np.testing.assert_allclose(seen_at(course(1.0), here.descent.points[-1])[:2], 0, atol=1e-6)


def test_a_crane_rises_from_one_elevation_to_another():
    course = move(Crane(**{"from": 12.0, "to": 50.0}))
    heights = [
        np.degrees(np.arcsin((view.position - view.target)[2] / np.linalg.norm(view.position - view.target)))
        for view in map(course, SHARES)
    ]
    assert heights[0] == pytest.approx(12, abs=0.5) and heights[-1] == pytest.approx(50)
    assert (np.diff(heights) >= -1e-9).all()


KEYED = [{"t": 0.0, "position": (-2.0, 0.0, 1.0)}, {"t": 1.0, "position": (0.0, 4.0, 1.5)}]
KEYED += [{"t": 1.5, "position": (0.0, 5.0, 1.5)}, {"t": 4.0, "position": (2.0, 5.0, 0.9)}]


def test_keyframes_are_passed_at_their_times_without_overshoot_and_at_rest_at_both_ends():
    course = move(Keyframes.model_validate({"keys": KEYED}))
    wanted = [[-0.5, -0.5, 1.0], [0.0, -0.1, 1.5], [0.0, 0.0, 1.5], [0.5, 0.0, 0.9]]
    for key, point in zip(KEYED, wanted, strict=True):
        np.testing.assert_allclose(course(key["t"] / SECONDS).position, point, atol=1e-9)
    track = np.array([course(share).position for share in np.linspace(0, 1, 801)])
    assert track[:, 2].max() <= 1.5 + 1e-9 and track[:, 1].max() <= 1e-9
    assert (np.diff(track[:, 0]) >= -1e-12).all()
    assert (np.diff(track[:201, 2]) >= -1e-12).all() and (np.diff(track[300:, 2]) <= 1e-12).all()
    speed = np.linalg.norm(np.diff(track, axis=0), axis=1)
    assert max(speed[0], speed[-1]) < 0.05 * speed.max()


@settings(max_examples=30, deadline=None)
@given(heights=st.lists(st.floats(0.5, 3), min_size=2, max_size=7))
def test_a_curve_through_keys_never_leaves_the_range_of_the_two_keys_beside_it(heights):
    times = np.linspace(0, SECONDS, len(heights))
    keys = [{"t": float(time), "position": (0.0, 5.0, height)} for time, height in zip(times, heights, strict=True)]
    course = move(Keyframes.model_validate({"keys": keys}))
    for number in range(len(heights) - 1):
        low, high = sorted(heights[number : number + 2])
        for share in np.linspace(times[number], times[number + 1], 9) / SECONDS:
            assert low - 1e-9 <= course(share).position[2] <= high + 1e-9


def test_keyframes_around_a_target_change_lens_and_target_and_leave_the_rest_to_be_chosen():
    keys = [
        {"t": 0.0, "azimuth": 170.0, "distance": "auto", "angle": 22.0},
        {"t": 4.0, "azimuth": 200.0, "distance": 0.6, "target": "end", "angle": 40.0},
    ]
    here = scenery()
    course = move(Keyframes.model_validate({"keys": keys}), here)
    assert (course(0.0).angle, course(1.0).angle) == (pytest.approx(22), pytest.approx(40))
    np.testing.assert_allclose(seen_at(course(1.0), here.descent.points[-1])[:2], 0, atol=1e-6)
    away = course(1.0).position - course(1.0).target
    assert np.linalg.norm(away) == pytest.approx(0.6)
    assert np.degrees(np.arctan2(away[0], away[1])) % 360 == pytest.approx(200)


def test_a_follower_sees_the_head_and_looks_where_it_goes():
    here = scenery()
    near, ahead = (move(Follow(ahead=length), here) for length in (0.0, 0.3))
    for share in SHARES[4:20]:
        head = here.descent.at(np.array([here.head(share)]))[0]
        x, y, along = seen_at(ahead(share), head)
        assert along > 0 and abs(x) < ASPECT and abs(y) < 1
        assert ahead(share).target[1] > near(share).target[1] + 0.05


def test_a_walker_goes_along_the_path_at_eye_height_behind_its_head():
    here = scenery()
    course = move(Walker(height=0.08, behind=0.1), here)
    for share in SHARES[8:]:
        eye = course(share).position
        assert np.linalg.norm(here.descent.points[:, :2] - eye[:2], axis=1).min() < 0.02
        assert 0.07 < eye[2] - ground_at(here.relief, eye) < 0.16
    head = here.descent.points[-1]
    assert np.linalg.norm(course(1.0).position[:2] - head[:2]) == pytest.approx(0.1, abs=0.02)
    x, y, along = seen_at(course(1.0), head)
    assert along > 0 and abs(x) < ASPECT and abs(y) < 1


def test_a_flyover_goes_through_the_valley_from_side_to_side_above_every_ridge():
    here = scenery()
    course = move(Flyover(height=0.1), here)
    places = np.array([course(share).position for share in SHARES])
    assert np.abs(places[:, 0]).max() < 0.12  # the valley runs along β
    assert np.ptp(places[:, 1]) > 0.4 and places[0, 1] < places[-1, 1]  # from the side where the path starts
    for place in places:
        assert place[2] > ground_at(here.relief, place) + 0.1
    back = move(Flyover(height=0.1, reverse=True), here)
    assert back(0.0).position[1] > back(1.0).position[1]


@pytest.mark.parametrize("turn", [0.0, 0.6, 1.2])
def test_the_line_of_a_valley_lies_on_its_floor_and_joins_two_sides(turn):
    x, y = lattice()
    across, along = x * np.cos(turn) + y * np.sin(turn), -x * np.sin(turn) + y * np.cos(turn)
    line = thalweg_of(relief_of(np.clip(6 * across**2 + 0.1 * (along + 0.5), 0, 1)), "block")
    off = line @ [np.cos(turn), np.sin(turn)]
    assert np.abs(off).max() < 0.1 and np.linalg.norm(line[-1] - line[0]) > 0.75
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    assert steps.max() < 1.5 * steps.min()


def crater(place: tuple[float, float], radius: float, rim: float) -> tuple[Relief, np.ndarray]:
    """A pit with a steep rim around a place, and a path that falls into it over that rim."""
    x, y = lattice(241)
    away = np.hypot(x - place[0], y - place[1])
    level = 0.35 + rim * np.exp(-(((away - radius) / 0.03) ** 2)) - 0.35 * np.exp(-((away / (0.6 * radius)) ** 4))
    way = np.linspace([-0.4, 0.4], place, 160)
    return relief_of(np.clip(level, 0, 1), 0.34), way


def open_to(view: View, point: np.ndarray, made: Relief) -> bool:
    """Whether no terrain stands between a camera and a point a little above it, by small steps along the line."""
    lifted = point + np.array([0, 0, 0.004])
    line = lifted + np.linspace(0.005, 1, 1200)[:, None] * (view.position - lifted)
    over = mesh.covers(made, "block", line[:, 0], line[:, 1])
    return not bool((over & (mesh.height_at(made, line[:, 0], line[:, 1]) > line[:, 2])).any())


CRATERS = [((0.2, -0.2), 0.1, 0.6), ((0.0, 0.0), 0.07, 0.5), ((-0.3, -0.36), 0.1, 0.65), ((0.36, 0.1), 0.13, 0.6)]


@pytest.mark.parametrize("place", CRATERS, ids=lambda place: f"{place[1]}-{place[2]}")
@pytest.mark.parametrize("kind", ["orbit", "fixed", "turntable", "follow", "ride", "dolly"])
def test_the_end_of_a_path_behind_a_high_near_rim_is_seen_from_its_arrival_to_the_last_moment(kind, place):
    made, way = crater(*place)
    here = scenery(made, way)
    course = move(asked(kind), here)
    for share in np.linspace(0.8, 1, 13):
        assert open_to(course(share), here.descent.points[-1], made), f"at {share:.2f}"


def test_a_camera_is_lifted_no_higher_than_it_must_be():
    flat = move(Fixed(), scenery(relief_of(0 * lattice()[0])))(0.5)
    deep = move(Fixed(), scenery(*crater(*CRATERS[1])))(0.5)
    heights = [
        np.degrees(np.arcsin((v.position - v.target)[2] / np.linalg.norm(v.position - v.target))) for v in (flat, deep)
    ]
    assert heights[0] < 40 < heights[1] < 85
