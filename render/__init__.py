"""Thalweg: a scene file goes in; a film or a print of a real, measured loss landscape comes out.

    scene/      read, check, resolve            -> Scene
    data/       find, fetch, decode             -> Dataset
    descent/    train a network, log every step -> Run, Trajectory
    space/      planes, directions, grids       -> Plane, Line, Grid, Path
    loss/       θ ↦ loss, in the fastest way    -> Objective
    sampling/   a grid, tile by tile            -> Surface
    exchange/   surfaces of other programs
    landscape/  what a scene asks for           -> Landscape
    stage/      relief, light, path, shading    -> Stage
    film/       time, camera, frames, encoding  -> film, still, print
    solid/      the stage for other programs    -> glb, usd, stl, obj
    works/      each result made once and kept  -> Work, Bench
    upkeep/     plan, audit, clean, doctor

Each imports from those above it only, and all from storage/ (files, records, arrays) and the modules beside them.

The public names below are found when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from render.descent.log import TrajectoryLog
    from render.descent.parameters import layout_of, parameters_of
    from render.loss.objective import Objective
    from render.sampling.sampling import sample
    from render.sampling.surface import Surface
    from render.space.directions import random_direction
    from render.space.grid import Grid
    from render.space.line import Line
    from render.space.path import Path
    from render.space.plane import Plane

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

# How often a thread of torch's that waits for others looks again before it sleeps; read as its library is loaded. By
# default that takes milliseconds, in which a process beside it has no core: two films at once were 2.5 times slower.
# Fewer than this, and small networks are measured slower.
SPINS = "10000"
if not os.environ.keys() & {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}:
    os.environ["GOMP_SPINCOUNT"] = SPINS

_HOMES = {
    "Grid": "render.space.grid",
    "Line": "render.space.line",
    "Objective": "render.loss.objective",
    "Path": "render.space.path",
    "Plane": "render.space.plane",
    "Surface": "render.sampling.surface",
    "TrajectoryLog": "render.descent.log",
    "layout_of": "render.descent.parameters",
    "parameters_of": "render.descent.parameters",
    "random_direction": "render.space.directions",
    "sample": "render.sampling.sampling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'render' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
