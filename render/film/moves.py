"""The moves of cameras: from the share of a shot's duration to a view."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from render.film.easing import EASINGS
from render.scene import camera as cameras
from render.scene import look as looks
from render.stage import camera, mesh
from render.stage.camera import Frame, View
from render.stage.relief import Relief
from render.stage.trail import Descent

MOMENT = 12.0  # degrees of a move between two views that the framing has to fit
TICKS = 40  # of a ride, a second
AHEAD = 0.06  # picture widths; over shorter ways a path only trembles
CLEARANCE = 0.02  # picture widths between a riding camera and the ground
SIGHT = 24  # points of the line of sight that are held above the ground

Move = Callable[[float], View]


@dataclass(frozen=True)
class Setting:
    """What a camera has to show."""

    reliefs: tuple[Relief, ...]  # seen alike by one camera; the first leads
    descent: Descent | None  # the first path
    head: Callable[[float], float]  # place in its trajectory, from the share of the shot
    duration: float  # seconds
    look: looks.LookPreset
    frame: Frame

    @property
    def relief(self) -> Relief:
        """The leading relief."""
        return self.reliefs[0]

    def azimuth(self, asked: float | str, elevation: float, sweep: float) -> float:
        """Returns the azimuth that was asked for, degrees; auto is the side from which the path is seen best."""
        if asked != "auto":
            return float(asked)
        seen = self.descent.points[self.descent.shown] if self.descent else np.zeros((0, 3))
        seen = seen if len(seen) > 1 else _cross(self.relief, self.look.body)
        thinned = seen[:: max(1, len(seen) // 200)]
        return camera.open_side(self.relief, self.look.body, thinned, elevation, sweep)

    @property
    def middle(self) -> np.ndarray:
        """The point (3,) that cameras look at: above the middle of what is drawn of the leading relief."""
        height = 0.4 * self.relief.exaggeration
        if self.relief.inland is None:
            return np.array([0.0, 0.0, height])
        rows, columns = np.nonzero(mesh.inside(self.relief, self.look.body))
        x, y = (axis[index] for axis, index in zip(mesh.axes(self.relief), (columns, rows), strict=True))
        return np.array([(x.min() + x.max()) / 2, (y.min() + y.max()) / 2, height])

    def hull(self) -> np.ndarray:
        """Returns points (N, 3) that bound everything drawn."""
        look = self.look
        return np.concatenate([camera.hull(relief, look.body, -look.walls.thickness, 10.0) for relief in self.reliefs])


def _cross(relief: Relief, shape: str) -> np.ndarray:
    """Returns points (n, 3) along α and along β through the lowest cell, to be seen where there is no path."""
    levels = relief.level if relief.inland is None else np.where(mesh.inside(relief, shape), relief.level, np.inf)
    row, column = np.unravel_index(np.argmin(levels), levels.shape)
    rows, columns = levels.shape
    x, y = column / (columns - 1) - 0.5, (row / (rows - 1) - 0.5) * relief.depth
    way = np.linspace(-0.4, 0.4, 60)
    along, across = np.full_like(way, y), np.full_like(way, x)
    flat = np.stack([np.concatenate([way, across]), np.concatenate([along, way * relief.depth])], 1)
    return np.column_stack([flat, mesh.height_at(relief, flat[:, 0], flat[:, 1])])


def _orbit(settings: cameras.Orbit, setting: Setting) -> Move:
    middle = setting.azimuth(settings.azimuth, settings.elevation, settings.sweep)
    ease = EASINGS[settings.ease]
    turn = lambda share: middle + settings.sweep * (float(ease(share)) - 0.5)  # noqa: E731
    return _around(settings, setting, turn, views=3 + math.ceil(abs(settings.sweep) / MOMENT))


def _fixed(settings: cameras.Fixed, setting: Setting) -> Move:
    azimuth = setting.azimuth(settings.azimuth, settings.elevation, 0.0)
    return _around(settings, setting, lambda share: azimuth, views=1)


def _around(settings: Any, setting: Setting, azimuth: Callable[[float], float], views: int) -> Move:
    target = setting.middle
    shares = np.linspace(0, 1, min(views, 36))

    def stand(distance: float) -> list[View]:
        return [
            camera.standing(azimuth(share), settings.elevation, distance, target, settings.angle) for share in shares
        ]

    points = setting.hull()
    if settings.distance == "auto":
        distance, shift = camera.fitting(points, stand, setting.frame)
    else:
        distance = float(settings.distance)
        found = camera.framed(points, stand(distance), setting.frame)
        shift = found[1] if found else (0.0, 0.0)

    def view(share: float) -> View:
        there = camera.standing(azimuth(share), settings.elevation, distance, target, settings.angle)
        return View(there.position, there.target, there.angle, shift)

    return view


def _ride(settings: cameras.Ride, setting: Setting) -> Move:
    """Follows the head: target and azimuth are smoothed in time, and the ground never comes between."""
    if setting.descent is None or not setting.descent.shown.any():
        return _orbit(cameras.Orbit(elevation=max(5.0, settings.elevation), sweep=settings.sweep), setting)
    count = max(2, round(setting.duration * TICKS) + 1)
    shares = np.linspace(0, 1, count)
    calm = settings.calm * (count - 1) / setting.duration
    heads = _smoothed(setting.descent.at(np.array([setting.head(share) for share in shares])), calm)
    heads[:, 2] = np.maximum(heads[:, 2], mesh.height_at(setting.relief, heads[:, 0], heads[:, 1]))
    turn = np.radians(settings.sweep) * (EASINGS["smooth"](shares) - 0.5)
    azimuths = _smoothed(_headings(setting.descent, heads), calm) + np.pi + turn
    needed = maximum_filter1d(_rises(settings, setting.relief, heads, azimuths), 1 + 2 * round(calm), mode="nearest")
    rises = _smoothed(needed, calm / 2)  # the widest of it reaches less far than the filter before
    away = settings.behind * np.stack([np.sin(azimuths), np.cos(azimuths)], 1)
    positions = np.column_stack([heads[:, :2] + away, heads[:, 2] + rises])

    def view(share: float) -> View:
        position, target = (
            np.array([np.interp(share, shares, track[:, k]) for k in range(3)]) for track in (positions, heads)
        )
        return View(position, target, settings.angle, (0.0, -0.12))

    return view


def _smoothed(track: np.ndarray, ticks: float) -> np.ndarray:
    return gaussian_filter1d(track, max(ticks / 2, 1e-3), axis=0, mode="nearest")


def _headings(descent: Descent, heads: np.ndarray) -> np.ndarray:
    """Returns the azimuth (n,) in radians, clockwise from +β and without jumps, in which the path goes on from heads.

    It is the way from AHEAD behind to AHEAD before the nearest place of the path; at its ends, what there is of that.
    """
    points = descent.points[:, :2]
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    nearest = np.array([np.linalg.norm(points - head[:2], axis=1).argmin() for head in heads])
    nearest = np.maximum.accumulate(nearest)  # a path that crosses itself is not walked backwards
    ends = [np.clip(walked[nearest] + side * AHEAD, 0, walked[-1]) for side in (-1, 1)]
    behind, before = (np.stack([np.interp(end, walked, points[:, k]) for k in (0, 1)], 1) for end in ends)
    way = before - behind
    return np.unwrap(np.arctan2(way[:, 0], way[:, 1]))


def _rises(settings: cameras.Ride, relief: Relief, heads: np.ndarray, azimuths: np.ndarray) -> np.ndarray:
    """Returns how far above its head a camera must stand (n,), picture widths, so that it sees it over the ground."""
    wanted = settings.behind * np.tan(np.radians(settings.elevation))
    shares = np.linspace(0.15, 1.1, SIGHT)[None, :]
    x = heads[:, :1] + settings.behind * shares * np.sin(azimuths)[:, None]
    y = heads[:, 1:2] + settings.behind * shares * np.cos(azimuths)[:, None]
    inside = mesh.covers(relief, "square", x, y)
    ground = mesh.height_at(relief, x.ravel(), y.ravel()).reshape(x.shape)
    needed = np.where(inside, (ground - heads[:, 2:]) / shares + CLEARANCE, 0.0).max(1)
    return np.maximum(wanted, needed)


MOVES: dict[type, Callable[[Any, Setting], Move]] = {
    cameras.Orbit: _orbit,
    cameras.Fixed: _fixed,
    cameras.Ride: _ride,
}
