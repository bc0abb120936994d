"""Around: views that stand around what they look at, and hold it in the middle of the frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import CubicSpline

from render.film.moves.aim import Point, point_at_rest, point_of, still
from render.film.moves.scenery import Move, Scenery
from render.scene.cameras.rig import Rig
from render.stage import camera
from render.stage.camera import Frame, View
from render.stage.framing import Choice, Stand

MOMENT = 12.0  # degrees of a move between two views that the framing has to fit
MOST_MOMENTS = 36

AtShare = Callable[[float], float]  # from the share of a shot


@dataclass(frozen=True)
class Circling:
    """How a camera goes around what it looks at, from the share of a shot; degrees."""

    azimuth: AtShare
    elevation: AtShare
    facing: float  # its azimuth in the middle of the move
    swept: float = 0.0  # degrees of the whole move
    loops: bool = False

    @property
    def shares(self) -> np.ndarray:
        """The shares of the shot that the framing looks at."""
        return np.linspace(0, 1, min(3 + math.ceil(self.swept / MOMENT), MOST_MOMENTS) if self.swept else 1)


def stand_of(
    settings: Rig,
    setting: Scenery,
    asked: tuple[float | str, float | str],
    turn: AtShare,
    at: tuple[np.ndarray, float] | None = None,
) -> Stand:
    """Returns where a camera stands in the middle of a move that turns by an angle in degrees from there.

    at: what it looks at (3,) in the end, and from how far, picture widths; else what its settings say of both.
    """
    distance = getattr(settings, "distance", "auto")
    swept = abs(turn(1.0) - turn(0.0))
    last = turn(setting.arrival), turn(1.0)
    if at is None and settings.target != "auto" and distance != "auto":
        at = point_at_rest(settings.target, setting, np.zeros(3)), float(distance)
    choice = Choice(None, None, swept, settings.view_angle, (min(last), max(last)), at)
    return setting.stand(*asked, choice)


def circling(settings: Rig, setting: Scenery, way: Circling, distance: float | str) -> Move:
    """Returns the move around what a camera looks at, from a distance; auto fits everything that is shown."""
    middle = setting.middle(way.facing)
    offset = setting.placements(way.facing)[0]
    target = _placed(point_of(settings.target, setting, still(middle - offset)), offset)
    shares = way.shares

    def at(share: float, far: float) -> View:
        return camera.standing(way.azimuth(share), way.elevation(share), far, target(share), settings.view_angle)

    def all_at(far: float) -> list[View]:
        return [at(share, far) for share in shares]

    points = setting.hull(way.facing)
    far = camera.fitting(points, all_at, setting.frame) if distance == "auto" else float(distance)
    if settings.target != "auto":
        return lambda share: at(share, far)
    shift = centring(points, all_at(far), setting.frame, shares, loops=way.loops)
    return lambda share: replace(at(share, far), shift=shift(share))


def _placed(point: Point, offset: np.ndarray) -> Point:
    """Returns a point of the leading relief where that stands."""
    return lambda share: point(share) + offset


def centring(
    points: np.ndarray, views: Sequence[View], frame: Frame, shares: np.ndarray, *, loops: bool = False
) -> Callable[[float], tuple[float, float]]:
    """Returns the shift that keeps points in the middle of a frame, smoothly between views at shares of a move."""
    found = [camera.framed(points, view, frame) for view in views]
    shifts = np.array([each[1] if each else (0.0, 0.0) for each in found])
    if len(views) == 1:
        return lambda share: (float(shifts[0, 0]), float(shifts[0, 1]))
    if loops:
        shifts[-1] = shifts[0]
    course = CubicSpline(shares, shifts, bc_type="periodic" if loops else "not-a-knot")
    return lambda share: (float(course(share)[0]), float(course(share)[1]))
