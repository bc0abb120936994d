"""Aiming: the view of a shot as a camera that stands around a place on the ground, as a scene can say it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from render.stage import camera
from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.camera import View
from render.stage.framing import frame_of

LOWEST, HIGHEST = 5.0, 89.0  # degrees, that a scene may give as elevation
FARTHEST = 12.0  # picture widths that a line of sight is followed
STEP = 0.002
NEAREST = 0.05  # picture widths between a camera and what it shows
ANGLE = 22.0  # degrees, of a lens where the view has none


def aimed(view: View, relief: Relief, body: str) -> dict[str, Any] | None:
    """Returns azimuth, elevation, angle (degrees), distance and target (picture widths, x and y) of a view.

    Its target is where the middle of the picture meets the ground. None for a view of all directions, and for one that
    meets no ground.
    """
    target = None if view.projection is not None else _met(view, relief, body)
    if target is None:
        return None
    x, y, z = (float(part) for part in view.position - target)
    elevation = math.degrees(math.atan2(z, math.hypot(x, y)))
    return {
        "azimuth": math.degrees(math.atan2(x, y)) % 360,
        "elevation": min(HIGHEST, max(LOWEST, elevation)),
        "distance": math.sqrt(x * x + y * y + z * z),
        "angle": float(view.angle),
        "target": [float(target[0]), float(target[1])],
    }


def of_the_whole(view: View, points: np.ndarray, ground: float, aspect: float) -> dict[str, Any]:
    """Returns the same of a camera that stands where a view does, but has points (N, 3) and nothing else in its frame.

    ground: height of the terrain at its middle, picture widths; aspect: width / height of the picture.
    """
    away = view.position - view.target
    azimuth = math.degrees(math.atan2(float(away[0]), float(away[1])))
    elevation = min(40.0, max(24.0, math.degrees(math.atan2(float(away[2]), math.hypot(away[0], away[1])))))
    angle = ANGLE if view.projection is not None else float(view.angle)
    middle, frame = np.array([0.0, 0.0, ground]), frame_of(aspect)

    near, far = NEAREST, FARTHEST
    for _ in range(28):
        distance = math.sqrt(near * far)
        x, y, along = camera.standing(azimuth, elevation, distance, middle, angle).project(points).T
        wide, high = np.abs(x).max() / (frame.aspect * frame.fill), np.abs(y).max() / frame.height
        near, far = (distance, far) if along.min() < NEAREST or max(wide, high) > 1 else (near, distance)
    return {
        "azimuth": azimuth % 360,
        "elevation": elevation,
        "distance": far,
        "angle": angle,
        "target": [0.0, 0.0],
    }


def _met(view: View, relief: Relief, body: str) -> np.ndarray | None:
    """Returns where the line of sight through the middle of the picture meets the ground (3,)."""
    right, up, forward = view.axes
    half = math.tan(math.radians(view.angle) / 2)
    way = forward + view.shift[0] * half * right + view.shift[1] * half * up
    places = view.position + np.arange(STEP, FARTHEST, STEP)[:, None] * way / np.linalg.norm(way)
    x, y, z = places.T
    below = mesh.covers(relief, body, x, y) & (z <= mesh.height_at(relief, x, y))
    if not below.any():
        return None
    first = places[int(np.argmax(below))]
    return np.array([first[0], first[1], float(mesh.height_at(relief, first[:1], first[1:2])[0])])
