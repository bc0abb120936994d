"""The moves of cameras: from the share of a shot's duration to a view."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from render.film.easing import EASINGS
from render.scene import camera as cameras
from render.scene import look as looks
from render.stage import camera, framing
from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.camera import Frame, View
from render.stage.framing import Choice, Stand, Subject
from render.stage.marks.trail import Descent
from render.stage.placing import MOST_IN_A_ROW, placements

MOMENT = 12.0  # degrees of a move between two views that the framing has to fit
TICKS = 40  # of a ride, a second
AHEAD = 0.06  # picture widths; over shorter ways a path only trembles
CLEARANCE = 0.02  # picture widths between a riding camera and the ground
DEEP = 10.0  # picture widths that a solid wall is seen down, until it ends
SIGHT = 24  # points of the line of sight that are held above the ground

Move = Callable[[float], View]


@dataclass(frozen=True)
class Scenery:
    """What a camera has to show."""

    reliefs: tuple[Relief, ...]  # seen alike by one camera; the first leads
    descents: tuple[tuple[Descent, ...], ...]  # the paths on each of them
    head: Callable[[float], float]  # place in the first path's trajectory, from the share of the shot
    duration: float  # seconds
    look: looks.LookPreset
    frame: Frame
    together: bool = False  # on one floor in one picture, instead of each in a picture of its own

    @property
    def relief(self) -> Relief:
        """The leading relief."""
        return self.reliefs[0]

    @property
    def descent(self) -> Descent | None:
        """The first path, which rides follow."""
        return next((descent for descents in self.descents for descent in descents), None)

    @property
    def subjects(self) -> list[Subject]:
        """What is to be seen and lit of each relief."""
        return [
            Subject(relief, _shown(descents), self.look.body)
            for relief, descents in zip(self.reliefs, self.descents, strict=True)
        ]

    def stand(self, azimuth: float | str, elevation: float | str, sweep: float, angle: float) -> Stand:
        """Returns where a camera stands in the middle of a move; what is auto is chosen for what it then shows."""
        if azimuth != "auto" and elevation != "auto":
            return Stand(float(azimuth), float(elevation))
        turn, height = (None if asked == "auto" else float(asked) for asked in (azimuth, elevation))
        choice = Choice(turn, height, sweep, angle)
        return framing.best(
            self.subjects, [self._hull_of(relief) for relief in self.reliefs], self._frame_of_one, choice
        )

    @property
    def _frame_of_one(self) -> Frame:
        """The room of each relief, where they share a picture."""
        count = len(self.reliefs) if self.together else 1
        return self.frame if count == 1 else framing.frame_of(self.frame.aspect / min(count, MOST_IN_A_ROW))

    def placements(self, azimuth: float) -> tuple[np.ndarray, ...]:
        """Returns the offsets (3,) of the reliefs for a camera that stands at an azimuth in the middle of its move."""
        if not self.together or len(self.reliefs) < 2:
            return tuple(np.zeros(3) for _ in self.reliefs)
        return placements([self._hull_of(relief) for relief in self.reliefs], azimuth, self.frame.aspect)

    def middle(self, azimuth: float) -> np.ndarray:
        """Returns the point (3,) that a camera looks at: above the middle of what is drawn."""
        points = self.hull(azimuth)[:, :2] if self.together else self._hull_of(self.relief)[:, :2]
        return np.array([*(points.min(0) + points.max(0)) / 2, 0.4 * self.relief.exaggeration])

    def hull(self, azimuth: float) -> np.ndarray:
        """Returns points (N, 3) that bound everything drawn, for a camera at an azimuth in the middle of its move."""
        offsets = self.placements(azimuth)
        return np.concatenate(
            [self._hull_of(relief) + away for relief, away in zip(self.reliefs, offsets, strict=True)]
        )

    def _hull_of(self, relief: Relief) -> np.ndarray:
        walls = self.look.walls
        seen = (walls.fade or DEEP) if self.look.body in ("block", "disc") else 0.0
        return camera.hull(relief, self.look.body, -walls.thickness, seen)


def _shown(descents: Sequence[Descent]) -> tuple[np.ndarray, ...]:
    """Returns what is shown of paths, (T, 3) each; none of one that is not."""
    parts = (descent.points[descent.shown] for descent in descents)
    return tuple(part for part in parts if len(part) > 1)


def _orbit(settings: cameras.Orbit, setting: Scenery) -> Move:
    stand = setting.stand(settings.azimuth, settings.elevation, settings.sweep, settings.lens)
    ease = EASINGS[settings.ease]
    turn = lambda share: settings.sweep * (float(ease(share)) - 0.5)  # noqa: E731
    return _around(settings, setting, stand, turn, views=3 + math.ceil(abs(settings.sweep) / MOMENT))


def _fixed(settings: cameras.Fixed, setting: Scenery) -> Move:
    azimuth, elevation = settings.stand
    stand = setting.stand(azimuth, elevation, 0.0, settings.lens)
    return _around(settings, setting, stand, lambda share: 0.0, views=1)


def _around(settings: Any, setting: Scenery, stand: Stand, turn: Callable[[float], float], views: int) -> Move:
    """Returns the move around everything that is shown, turned away from its middle by an angle in degrees."""
    target = setting.middle(stand.azimuth)
    shares = np.linspace(0, 1, min(views, 36))

    def at(share: float, distance: float) -> View:
        return camera.standing(stand.azimuth + turn(share), stand.elevation, distance, target, settings.lens)

    def all_at(distance: float) -> list[View]:
        return [at(share, distance) for share in shares]

    points = setting.hull(stand.azimuth)
    auto = settings.distance == "auto"
    distance = camera.fitting(points, all_at, setting.frame) if auto else float(settings.distance)
    shift = _centring(points, all_at(distance), setting.frame, shares)
    return lambda share: replace(at(share, distance), shift=shift(share))


def _centring(
    points: np.ndarray, views: Sequence[View], frame: Frame, shares: np.ndarray
) -> Callable[[float], tuple[float, float]]:
    """Returns the shift that keeps points in the middle of a frame, smoothly between views at shares of a move."""
    found = [camera.framed(points, view, frame) for view in views]
    shifts = np.array([each[1] if each else (0.0, 0.0) for each in found])
    if len(views) == 1:
        return lambda share: (float(shifts[0, 0]), float(shifts[0, 1]))
    course = CubicSpline(shares, shifts)
    return lambda share: (float(course(share)[0]), float(course(share)[1]))


def _ride(settings: cameras.Ride, setting: Scenery) -> Move:
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


def standing_at(asked: cameras.Camera, view: View) -> cameras.Camera:
    """Returns a camera that goes round from where a view of its middle was taken, whatever is shown."""
    if not isinstance(asked, cameras.Orbit):
        return asked
    x, y, z = view.position - view.target
    stand = {"azimuth": math.degrees(math.atan2(x, y)), "elevation": math.degrees(math.atan2(z, math.hypot(x, y)))}
    return asked.model_copy(update=stand)


def settled(asked: cameras.Camera, view: View) -> cameras.Camera:
    """Returns a camera that leaves nothing open: what is auto is as a view of its middle has it."""
    x, y, z = view.position - view.target
    found = {
        "azimuth": math.degrees(math.atan2(x, y)),
        "elevation": math.degrees(math.atan2(z, math.hypot(x, y))),
        "distance": float(np.linalg.norm([x, y, z])),
    }
    return asked.model_copy(
        update={name: value for name, value in found.items() if getattr(asked, name, None) == "auto"}
    )


MOVES: dict[type, Callable[[Any, Scenery], Move]] = {
    cameras.Orbit: _orbit,
    cameras.Fixed: _fixed,
    cameras.Ride: _ride,
}
