"""A take: one shot of a scene made ready, so that every moment of it is a view and a place on the path."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from render.film.easing import EASINGS
from render.film.timeline import head_progress, path_position
from render.landscape.measure import Landscape
from render.scene import camera as cameras
from render.scene import look as looks
from render.scene.shot import Shot
from render.stage import camera, relief
from render.stage.bake import Sun
from render.stage.camera import Frame, View
from render.stage.relief import Relief
from render.stage.stage import Stage
from render.stage.trail import Descent, Trail, drape

MOMENT = 12.0  # degrees of a move between two views that the framing has to fit
FILL = 0.78
FEWEST = 8  # points along an axis; fewer cannot be cut round
RAISED = 0.12  # half heights; leaves room for words


@dataclass(frozen=True)
class Take:
    """Everything about a shot that does not change while it runs."""

    shot: Shot
    look: looks.LookPreset
    landscape: Landscape
    relief: Relief
    descent: Descent
    move: Callable[[float], View]  # from the share of the shot's duration
    sun: Sun

    @property
    def leaves(self) -> bool:
        """Whether the path goes beyond the terrain that is drawn."""
        return not bool(self.descent.shown.all())

    def view(self, time: float) -> View:
        """Returns the camera at a time of the shot, seconds."""
        return self.move(min(1.0, max(0.0, time / self.shot.duration)))

    def head(self, time: float) -> float:
        """Returns the place in the trajectory that the path has reached at a time of the shot, seconds."""
        style, path = self.shot.path, self.landscape.path
        progress = head_progress(time, self.shot.duration, self.shot.hold)
        corners = np.searchsorted(self.descent.index, np.arange(len(path)))
        walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.descent.points, axis=0), axis=1))])
        return path_position(style.pace, progress, path.steps, walked[corners])

    def walked(self, time: float) -> Trail | None:
        """Returns the path so far, or None where the shot hides it."""
        return self.descent.until(self.head(time)) if self.shot.path.show else None

    def stage(self, size: tuple[int, int], factor: int) -> Stage:
        """Returns the stage of this take for a picture size, with factor × factor sub-pixels."""
        style = self.shot.path
        return Stage(self.relief, self.look, self.sun, size, factor, ghost=style.show and style.height == "loss")


def prepare(shot: Shot, look: looks.Look, landscape: Landscape, aspect: float) -> Take:
    """Returns the take of a shot for pictures of an aspect (width / height)."""
    preset = look.resolved
    if min(landscape.surface.loss.shape) < FEWEST:
        preset = preset.model_copy(update={"shape": "square"})
    surface = landscape.surface
    depth = np.ptp(surface.grid.betas) / np.ptp(surface.grid.alphas)
    made = relief.make(surface.loss, look.relief, float(depth))
    descent = _descent(shot, preset, landscape, made)
    setting = _Setting(made, descent, preset, Frame(aspect, FILL, RAISED))
    move = MOVES[type(shot.camera)](shot.camera, setting)
    sun = Sun((_facing(move(0.5)) + preset.sun.azimuth) % 360, preset.sun.elevation, preset.sun.size)
    return Take(shot, preset, landscape, made, descent, move, sun)


def _descent(shot: Shot, look: looks.LookPreset, landscape: Landscape, made: Relief) -> Descent:
    levels = made.scale.level(landscape.path.true_loss) if shot.path.height == "loss" else None
    return drape(made, look.shape, places_on(landscape), levels, 0.5 * look.path.radius)


def places_on(landscape: Landscape) -> np.ndarray:
    """Returns where the logged steps lie (T, 2), in −½..½ of the grid's extents while they are on it."""
    grid, path = landscape.surface.grid, landscape.path
    alpha = (path.alpha - grid.alphas[0]) / np.ptp(grid.alphas) - 0.5
    beta = (path.beta - grid.betas[0]) / np.ptp(grid.betas) - 0.5
    return np.stack([alpha, beta], axis=1)


@dataclass(frozen=True)
class _Setting:
    """What a camera has to show."""

    relief: Relief
    descent: Descent
    look: looks.LookPreset
    frame: Frame

    def azimuth(self, asked: float | str, elevation: float, sweep: float) -> float:
        if asked != "auto":
            return float(asked)
        seen = self.descent.points[self.descent.shown]
        thinned = seen[:: max(1, len(seen) // 200)]
        return camera.open_side(self.relief, self.look.shape, thinned, elevation, sweep)

    def hull(self) -> np.ndarray:
        return camera.hull(self.relief, self.look.shape, -self.look.plinth, self.look.fade)


def _orbit(settings: cameras.Orbit, setting: _Setting) -> Callable[[float], View]:
    middle = setting.azimuth(settings.azimuth, settings.elevation, settings.sweep)
    ease = EASINGS[settings.ease]
    turn = lambda share: middle + settings.sweep * (float(ease(share)) - 0.5)  # noqa: E731
    return _around(settings, setting, turn, views=3 + math.ceil(abs(settings.sweep) / MOMENT))


def _fixed(settings: cameras.Fixed, setting: _Setting) -> Callable[[float], View]:
    azimuth = setting.azimuth(settings.azimuth, settings.elevation, 0.0)
    return _around(settings, setting, lambda share: azimuth, views=1)


MOVES: dict[type, Callable[[Any, _Setting], Callable[[float], View]]] = {cameras.Orbit: _orbit, cameras.Fixed: _fixed}


def _around(settings: Any, setting: _Setting, azimuth: Callable[[float], float], views: int) -> Callable[[float], View]:
    target = np.array([0.0, 0.0, 0.4 * setting.relief.exaggeration])
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


def _facing(view: View) -> float:
    """Returns the azimuth at which a camera stands, degrees clockwise from +β."""
    away = view.position - view.target
    return float(np.degrees(np.arctan2(away[0], away[1])))
