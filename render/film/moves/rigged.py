"""What every camera has, laid on its move: clearance of the ground, unrest, roll, shift, and what is in focus."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from render.film.moves.aim import Point, point_of, still
from render.film.moves.clearance import is_far_above, kept_above
from render.film.moves.scenery import Move, Scenery
from render.film.moves.shake import Unrest
from render.scene.camera import Fixed
from render.scene.cameras.rig import Rig
from render.stage.camera import View

Builder = Callable[[Any, Scenery], Move]


def rigged(build: Builder) -> Builder:
    """Returns the builder of a move with what its rig asks for."""

    def built(settings: Any, setting: Scenery) -> Move:
        move = build(settings, setting)
        if not (isinstance(settings, Fixed) and settings.view == "underside"):  # which is meant to be below
            move = _above_ground(move, setting)
        return _aimed(settings, setting, move)

    return built


def _above_ground(move: Move, setting: Scenery) -> Move:
    offsets = setting.placements(_facing(move(0.5)))

    def view(share: float) -> View:
        seen = move(share)
        return seen if is_far_above(seen.position[2], setting.relief) else kept_above(seen, setting.clearance, offsets)

    return view


def _facing(view: View) -> float:
    away = view.position - view.target
    return math.degrees(math.atan2(away[0], away[1]))


def _aimed(settings: Rig, setting: Scenery, move: Move) -> Move:
    """Returns a move with its roll, its shift, its unrest and its focus."""
    focus = _focus(settings, setting)
    right, up = (2 * setting.frame.aspect * width for width in settings.shift)
    unrest = Unrest(settings.shake, setting.duration, setting.seed) if settings.shake else None

    def view(share: float) -> View:
        seen = move(share)
        shift = seen.shift[0] - right, seen.shift[1] - up
        seen = replace(seen, roll=seen.roll + settings.roll, shift=shift)
        if unrest is not None:
            seen = unrest.on(seen, share)
        return seen if focus is None else replace(seen, focus=focus(seen, share))

    return view


def _focus(settings: Rig, setting: Scenery) -> Callable[[View, float], np.ndarray] | None:
    """Returns what is sharp in a view at a share of the shot; None where that is the head that is drawn."""
    asked = settings.focus
    if asked == "auto":
        return None
    if isinstance(asked, float | int):
        return lambda view, share: view.position + float(asked) * view.axes[2]
    point: Point = point_of(asked, setting, still(np.zeros(3)))
    return lambda view, share: point(share)
