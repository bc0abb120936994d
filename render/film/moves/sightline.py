"""Sightlines: how high a camera must stand to see what it follows over the ground between."""

from __future__ import annotations

import math

import numpy as np

from render.stage.body import mesh
from render.stage.body.relief import Relief

LIFT = 0.004  # picture widths by which what is looked at is raised, so that its own ground does not hide it
GRAZE = 0.16  # slope by which a line of sight is steeper than the ground that it passes over, about 9 degrees
STEPS = 96  # along a line
NEAREST = 0.004  # picture widths from what is looked at, from which on ground may hide it
STEEPEST = 80.0  # degrees that a camera is lifted to at most


def heights_to_see(relief: Relief, body: str, points: np.ndarray, feet: np.ndarray) -> np.ndarray:
    """Returns how high (n,) cameras over places (n, 2) must stand, picture widths, to see points (n, 3)."""
    away = feet - points[:, :2]
    length = np.maximum(np.linalg.norm(away, axis=1), 1e-6)
    nearest = np.minimum(NEAREST / length, 0.5)
    shares = nearest[:, None] + (1 - nearest[:, None]) * np.linspace(0, 1, STEPS) ** 1.6
    x, y = (points[:, k, None] + shares * away[:, k, None] for k in (0, 1))
    drawn = mesh.covers(relief, body, x, y)
    ground = mesh.height_at(relief, x.ravel(), y.ravel()).reshape(x.shape)
    eye = points[:, 2] + LIFT
    rise = np.where(drawn, (ground - eye[:, None]) / shares, -np.inf).max(1) + GRAZE * length
    return np.asarray(eye + np.minimum(rise, length * math.tan(math.radians(STEEPEST))))
