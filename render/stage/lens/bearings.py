"""Projections: how directions are laid on a picture that is no flat one.

    dome               r = 2·θ / coverage, θ being the angle to the dome's axis: azimuthal and equidistant
    equirectangular    x = λ / π, y = 2·φ / π, of a picture twice as wide as high: longitude and latitude

Directions are told in the picture's own frame, right, up, forward. On a dome forward is its axis, up is away from the
front, so that the front lies at the lower rim; all around, forward is level. Places are in half heights from the
middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Projection:
    """A way to lay directions on a picture."""

    kind: str  # dome, equirectangular
    coverage: float = 180.0  # degrees of a dome, from rim to rim
    tilt: float = 0.0  # degrees of a dome's axis to the vertical, to the front

    @property
    def is_dome(self) -> bool:
        """Whether it is a disc on black."""
        return self.kind == "dome"

    @property
    def angle(self) -> float:
        """The angle, radians, that the picture's height stands for."""
        return float(np.radians(self.coverage)) if self.is_dome else float(np.pi)

    def frame(self, right: np.ndarray, roll: float = 0.0) -> np.ndarray:
        """Returns right, up and forward of the picture as rows (3, 3), for a camera with a level way to the right."""
        front = np.cross(UP, right)
        forward, up = front, UP
        if self.is_dome:
            lean = np.radians(self.tilt)
            forward = np.cos(lean) * UP + np.sin(lean) * front
            up = np.sin(lean) * UP - np.cos(lean) * front
        cosine, sine = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        return np.stack([cosine * right - sine * up, cosine * up + sine * right, forward])

    def places(self, directions: np.ndarray) -> np.ndarray:
        """Returns where directions (..., 3) of the picture's frame lie on it, (..., 2)."""
        x, y, z = np.moveaxis(np.asarray(directions, float), -1, 0)
        if self.is_dome:
            off = np.hypot(x, y)
            share = np.arctan2(off, z) / (0.5 * self.angle) / np.maximum(off, 1e-12)
            return np.stack([share * x, share * y], -1)
        longitude, latitude = np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))
        return np.stack([longitude, latitude], -1) / (0.5 * np.pi)

    def directions(self, places: np.ndarray) -> np.ndarray:
        """Returns the unit directions (..., 3) in the picture's frame of places (..., 2) on it."""
        x, y = np.moveaxis(np.asarray(places, float), -1, 0)
        if self.is_dome:
            off = np.hypot(x, y)
            theta = off * 0.5 * self.angle
            share = np.sin(theta) / np.maximum(off, 1e-12)
            return np.stack([share * x, share * y, np.cos(theta)], -1)
        longitude, latitude = 0.5 * np.pi * x, 0.5 * np.pi * y
        flat = np.cos(latitude)
        return np.stack([flat * np.sin(longitude), np.sin(latitude), flat * np.cos(longitude)], -1)

    def shortest(self, ways: np.ndarray) -> np.ndarray:
        """Returns ways (n, 2) between places as they are, or over the edge where left and right are one."""
        return ways if self.is_dome else np.column_stack([(ways[:, 0] + 2) % 4 - 2, ways[:, 1]])


def places_of(size: tuple[int, int], sub: int = 1) -> np.ndarray:
    """Returns where the pixels of a picture lie, (sub · H, sub · W, 2), with sub × sub places to a pixel."""
    width, height = size
    across = (np.arange(sub * width) + 0.5) / sub * 2 - width
    down = height - (np.arange(sub * height) + 0.5) / sub * 2
    return np.stack(np.meshgrid(across, down), -1) / height


def within(projection: Projection, size: tuple[int, int]) -> np.ndarray:
    """Returns how much of each pixel lies on the picture, (H, W) in 0..1: none beyond the rim of a dome."""
    if not projection.is_dome:
        return np.ones(size[::-1])
    off = np.hypot(*np.moveaxis(places_of(size), -1, 0))
    return np.asarray(np.clip((1 - off) * size[1] / 2 + 0.5, 0, 1))
