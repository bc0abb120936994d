"""The dolly: straight towards what is looked at, or away from it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.film.easing import EASINGS
from render.film.moves.aim import WORDS, point_of
from render.film.moves.around import centring, stand_of
from render.film.moves.riding import has_way
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Dolly
from render.scene.cameras.span import span_of
from render.stage import camera
from render.stage.camera import View


def dolly(settings: Dolly, setting: Scenery) -> Move:
    """Returns the move between two distances, evenly in their logarithm; auto goes from the whole to the path's end."""
    near = WORDS["end" if has_way(setting) else "lowest"](setting)
    target = point_of(settings.target, setting, near)
    last = span_of(settings)[1]
    rest = None if last == "auto" else (target(1.0), float(last))
    stand = stand_of(settings, setting, (settings.azimuth, settings.elevation), lambda share: 0.0, rest)
    whole = setting.middle(stand.azimuth)
    offset = setting.placements(stand.azimuth)[0]
    points = setting.hull(stand.azimuth)

    def at(far: float, point: np.ndarray) -> View:
        return camera.standing(stand.azimuth, stand.elevation, far, point, settings.view_angle)

    auto = settings.target == "auto"
    fits = camera.fitting(points, lambda far: [at(far, whole if auto else target(0.0) + offset)], setting.frame)
    begin, end = (fits if asked == "auto" else float(asked) for asked in span_of(settings))
    centre = centring(points, [at(fits, whole)], setting.frame, np.zeros(1))(0.0)
    ease = EASINGS[settings.ease]

    def move(share: float) -> View:
        far = begin * (end / begin) ** float(ease(share))
        wide = _wideness(far, begin, end, fits) if auto else 0.0
        point = wide * whole + (1 - wide) * (target(share) + offset)
        return replace(at(far, point), shift=(wide * centre[0], wide * centre[1]))

    return move


def _wideness(far: float, begin: float, end: float, fits: float) -> float:
    """Returns how much a camera at a distance looks at the whole, and not at the path's end, 0 to 1."""
    near, wide = min(begin, end), max(begin, end, 1e-6)
    if wide < 0.75 * fits or wide / near < 1.001:  # it is never far enough to see the whole
        return 0.0 if wide < 0.75 * fits else 1.0
    return math.log(far / near) / math.log(wide / near)
