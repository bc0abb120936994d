"""Keyframes: through the numbers of keys on monotone cubics, which never overshoot, at rest at both ends.

F. N. Fritsch and J. Butland, A method for constructing local monotone piecewise cubic interpolants (1984).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

from render.film.moves.aim import Point, place_of, point_of, still
from render.film.moves.around import Circling, circling, stand_of
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Keyframe, Keyframes
from render.stage.camera import View

Curve = Callable[[float], np.ndarray]  # from seconds


def smooth_curve(times: Sequence[float], values: np.ndarray) -> Curve:
    """Returns a curve through values (n, k) at times (n,): between two keys it stays between their values."""
    if len(times) == 1:
        return lambda time: values[0]
    slopes = PchipInterpolator(times, values).derivative()(times)
    slopes[[0, -1]] = 0.0
    curve = CubicHermiteSpline(times, values, slopes)
    return lambda time: np.asarray(curve(min(max(time, times[0]), times[-1])))


def keyframes(settings: Keyframes, setting: Scenery) -> Move:
    """Returns the move through the keys."""
    moved = _by_position if any(key.position is not None for key in settings.keys) else _around
    bare = moved(settings, setting)
    angle = _numbers(settings.keys, "angle", np.log)
    if angle is None:
        return bare
    return lambda share: replace(bare(share), angle=float(np.exp(angle(share * setting.duration))[0]))


def _numbers(keys: Sequence[Keyframe], name: str, scale: Callable[[Any], Any] = np.asarray) -> Curve | None:
    """Returns the curve of a number through the keys that give it; None where none does."""
    given = [(key.t, getattr(key, name)) for key in keys if getattr(key, name) is not None]
    if not given:
        return None
    return smooth_curve([time for time, _ in given], np.array([[scale(value)] for _, value in given], float))


def _by_position(settings: Keyframes, setting: Scenery) -> Move:
    """Returns the move of a camera that is placed by positions."""
    placed = [(key.t, key.position) for key in settings.keys if key.position is not None]
    points = [[*place_of(setting, position[:2]), position[2]] for _, position in placed]
    eye = smooth_curve([time for time, _ in placed], np.array(points, float))
    target = _target(settings, setting, setting.middle(0.0))
    return lambda share: View(eye(share * setting.duration), target(share), settings.view_angle)


def _around(settings: Keyframes, setting: Scenery) -> Move:
    """Returns the move of a camera that stands around its target; what no key says is chosen as for an orbit."""
    turn, rise = (_numbers(settings.keys, name) for name in ("azimuth", "elevation"))
    seconds, half = setting.duration, setting.duration / 2
    asked = tuple("auto" if curve is None else float(curve(half)[0]) for curve in (turn, rise))
    swept = (lambda share: float(turn(share * seconds)[0] - turn(half)[0])) if turn else (lambda share: 0.0)
    stand = stand_of(settings, setting, (asked[0], asked[1]), swept)
    extent = sum(_extent(curve, seconds) for curve in (turn, rise) if curve is not None)
    way = Circling(
        lambda share: stand.azimuth if turn is None else float(turn(share * seconds)[0]),
        lambda share: stand.elevation if rise is None else float(rise(share * seconds)[0]),
        stand.azimuth,
        extent,
    )
    whole = circling(settings, setting, way, "auto")
    fits = float(np.linalg.norm(whole(0.5).position - whole(0.5).target))
    far = _numbers(settings.keys, "distance", lambda value: np.log(fits if value == "auto" else value))
    if far is None and all(key.target is None for key in settings.keys):
        return whole
    target = _target(settings, setting, setting.middle(stand.azimuth))

    def move(share: float) -> View:
        seen = whole(share)
        away, point = seen.position - seen.target, target(share)
        length = fits if far is None else float(np.exp(far(share * seconds))[0])
        return View(point + away / np.linalg.norm(away) * length, point, seen.angle)

    return move


def _extent(curve: Curve, seconds: float) -> float:
    """Returns how far a number goes over a shot."""
    return float(np.ptp([curve(time)[0] for time in np.linspace(0, seconds, 65)]))


def _target(settings: Keyframes, setting: Scenery, middle: np.ndarray) -> Point:
    """Returns what the camera looks at: on a curve through what the keys name, each where it then is."""
    auto = point_of(settings.target, setting, still(middle))
    asked = [(key.t, key.target) for key in settings.keys if key.target is not None]
    if not asked:
        return auto
    times, points = [time for time, _ in asked], [point_of(target, setting, auto) for _, target in asked]
    if "head" not in [settings.target, *(target for _, target in asked)]:
        curve = smooth_curve(times, np.array([point(0.0) for point in points]))
        return lambda share: curve(share * setting.duration)

    def moving(share: float) -> np.ndarray:
        return smooth_curve(times, np.array([point(share) for point in points]))(share * setting.duration)

    return moving
