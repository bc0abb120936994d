"""Thalweg: a scene file goes in; a film or a print of a real, measured loss landscape comes out.

    scene/      read, check, resolve            -> Scene
    descent/    train a network, log every step -> Run, Trajectory
    landscape/  choose a plane, measure losses  -> Plane, Surface, Path
    stage/      relief, light, path, shading    -> Stage
    film/       time, camera, frames, encoding  -> film, still

The public names below are found when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from render.descent.log import TrajectoryLog
    from render.descent.parameters import layout_of, parameters_of
    from render.landscape.directions import random_direction
    from render.landscape.grid import Grid
    from render.landscape.line import Line
    from render.landscape.objective import Objective
    from render.landscape.path import Path
    from render.landscape.plane import Plane
    from render.landscape.sampling import sample
    from render.landscape.surface import Surface

__all__ = [
    "Grid",
    "Line",
    "Objective",
    "Path",
    "Plane",
    "Surface",
    "TrajectoryLog",
    "layout_of",
    "parameters_of",
    "random_direction",
    "sample",
]
__version__ = "0.1.0"  # the one place where it is written; pyproject.toml reads it here

_HOMES = {
    "Grid": "render.landscape.grid",
    "Line": "render.landscape.line",
    "Objective": "render.landscape.objective",
    "Path": "render.landscape.path",
    "Plane": "render.landscape.plane",
    "Surface": "render.landscape.surface",
    "TrajectoryLog": "render.descent.log",
    "layout_of": "render.descent.parameters",
    "parameters_of": "render.descent.parameters",
    "random_direction": "render.landscape.directions",
    "sample": "render.landscape.sampling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'render' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
