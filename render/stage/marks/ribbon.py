"""A ribbon: a path as a sheer band that stands on its line, brightest along its upper edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.stage.body import mesh
from render.stage.body.mesh import Mesh
from render.stage.marks.path_line import Pen, without_start
from render.stage.marks.trail import Trail

RISE = 5.0  # height of a ribbon / width of the line
TAPER = 0.12  # length over which it rises at its start and sinks at its head, picture widths
CREST = 0.5  # width of its upper edge / that of the line
FOOT, UPPER = 0.3, 0.8  # opacity of the band where it stands, and under its edge


def raised(trail: Trail, pen: Pen) -> Trail:
    """Returns the upper edge of the ribbon of a trail."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(trail.points, axis=0), axis=1))])
    ends = np.clip(np.minimum(lengths, lengths[-1] - lengths) / min(TAPER, 0.5 * max(lengths[-1], 1e-9)), 0, 1)
    height = RISE * 2 * trail.manner.widened(pen.half(trail.points)) * np.sin(0.5 * np.pi * ends)
    points = trail.points + height[:, None] * np.array([0.0, 0.0, 1.0])
    width = CREST * (np.ones(len(points)) if trail.manner.width is None else trail.manner.width)
    return replace(trail, points=points, manner=replace(trail.manner, width=width))


def band(trail: Trail, edge: Trail, skipped: float) -> tuple[Mesh, np.ndarray] | None:
    """Returns the band between a trail and its upper edge, with the opacity of each vertex, or None."""
    stretches = without_start(trail, skipped)
    if not stretches:
        return None
    parts = [_between(trail.points[stretch], edge.points[stretch]) for stretch in stretches]
    own = np.ones(len(trail.points)) if trail.manner.opacity is None else trail.manner.opacity
    sheer = [np.concatenate([FOOT * own[stretch], UPPER * own[stretch]]) for stretch in stretches]
    return mesh.together(parts), np.concatenate(sheer)


def _between(lower: np.ndarray, upper: np.ndarray) -> Mesh:
    here, count = np.arange(len(lower) - 1), len(lower)
    triangles = np.concatenate(
        [np.stack([here, here + 1, here + 1 + count], 1), np.stack([here, here + 1 + count, here + count], 1)]
    )
    return Mesh(np.concatenate([lower, upper]).astype(np.float32), triangles.astype(np.int32))
