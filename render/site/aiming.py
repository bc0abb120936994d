"""Aiming: the view of a shot as a camera that stands around a place on the ground, as a scene can say it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.camera import View

LOWEST, HIGHEST = 5.0, 89.0  # degrees, that a scene may give as elevation
FARTHEST = 12.0  # picture widths that a line of sight is followed
STEP = 0.002
USUAL = {"azimuth": 205.0, "elevation": 32.0, "distance": 2.6, "angle": 22.0, "target": [0.0, 0.0]}


def aimed(view: View, relief: Relief, body: str) -> dict[str, Any]:
    """Returns azimuth, elevation, angle (degrees), distance and target (picture widths, x and y) of a view.

    Its target is where the middle of the picture meets the ground. A view of all directions, or one that meets no
    ground, becomes one of the whole.
    """
    target = None if view.projection is not None else _met(view, relief, body)
    if target is None:
        return dict(USUAL)
    x, y, z = (float(part) for part in view.position - target)
    elevation = math.degrees(math.atan2(z, math.hypot(x, y)))
    return {
        "azimuth": math.degrees(math.atan2(x, y)) % 360,
        "elevation": min(HIGHEST, max(LOWEST, elevation)),
        "distance": math.sqrt(x * x + y * y + z * z),
        "angle": float(view.angle),
        "target": [float(target[0]), float(target[1])],
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
