"""Sunward: where the light stands when the scene leaves it open.

Every azimuth around the terrain and a few heights are tried. The last third of every path and the ground around its end
must lie in the light; among what is left, raking light that models the slopes and throws some shadow wins, from the
side or from behind the object rather than from behind the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.stage.body import mesh
from render.stage.camera import View
from render.stage.framing import Subject
from render.stage.light.bake import Sun
from render.stage.light.horizon import horizons

TURNS = np.arange(-180.0, 180.0, 15.0)  # azimuths that are tried, degrees clockwise from behind the camera
HEIGHTS = np.array([14.0, 20.0, 27.0, 34.0, 40.0])  # elevations that are tried, degrees
LATTICE = 36  # places along a side on which the ground is looked at
LAST = 1 / 3  # of every path that no shadow may fall on
LAST_POINTS = 24  # that stand for it
AROUND = (0.03, 0.06)  # picture widths from the end of a path within which the ground is to be lit
DEEPEST = 0.1  # share of the ground that is the depth, where a shadow's edge tears what the eye goes to
SPARE = 1.0  # degrees that the sun's lower edge clears the terrain by
SHADED = (0.08, 0.35)  # share of the visible ground that lies in shadow at best
SIDEWAYS = ((0.0, 40.0, 75.0, 140.0, 170.0, 180.0), (0.0, 0.25, 1.0, 1.0, 0.3, 0.0))  # turn, degrees; how good

# What counts how much; chosen on measured surfaces, by eye.
PATH, NEIGHBOURHOOD, DEPTH, SHADE, FORM, SIDE, END, FACE, RAKING = 12.0, 1.5, 3.0, 6.0, 4.0, 4.0, 0.8, 1.5, 1.2


@dataclass(frozen=True)
class SettledSun:
    """What a look settles of its sun; None is open."""

    turn: float | None  # degrees clockwise from behind the camera
    elevation: float | None  # degrees
    size: float  # degrees, angular radius


def choose(subjects: Sequence[Subject], view: View, asked: SettledSun) -> Sun:
    """Returns the sun for bodies that are seen by a view in the middle of its move."""
    away = view.position - view.target
    facing = float(np.degrees(np.arctan2(away[0], away[1])))
    turns = TURNS if asked.turn is None else np.array([asked.turn])
    heights = HEIGHTS if asked.elevation is None else np.array([asked.elevation])
    if turns.size == heights.size == 1:
        return Sun((facing + turns[0]) % 360, heights[0], asked.size)
    height = float(np.degrees(np.arctan2(away[2], np.hypot(away[0], away[1]))))
    lit = [_Daylight(subject, facing, height, turns, heights, asked.size).scores() for subject in subjects]
    scores = np.mean(lit, axis=0) + SIDE * np.interp(np.abs(turns), *SIDEWAYS)[:, None]
    turn, up = np.unravel_index(np.argmax(scores), scores.shape)
    return Sun(float(facing + turns[turn]) % 360, float(heights[up]), asked.size)


class _Daylight:
    """One body under suns at all turns (T,) and heights (H,)."""

    def __init__(
        self,
        subject: Subject,
        facing: float,
        height: float,
        turns: np.ndarray,
        heights: np.ndarray,
        size: float,
    ):
        self.subject, self.heights, self.size = subject, heights, size
        azimuth, elevation = np.radians(facing + turns)[:, None], np.radians(heights)[None, :]
        flat = np.cos(elevation)
        self.sun = np.stack([np.sin(azimuth) * flat, np.cos(azimuth) * flat, np.sin(elevation) + 0 * azimuth], -1)
        self.facing = np.radians(facing)
        self.ground = _lattice(subject)
        self.lasts = [_last(path) for path in subject.paths]
        self.around = _around(subject)
        parts = [self.ground, self.around, *self.lasts]
        directions = np.concatenate([facing + turns, [facing]])
        table = horizons(subject.relief, subject.body, np.concatenate(parts), directions)
        self.ground_sky, self.around_sky, *self.last_skies = np.split(
            table[:-1], np.cumsum([len(part) for part in parts])[:-1], axis=1
        )
        self.seen = table[-1, : len(self.ground)] < height

    def scores(self) -> np.ndarray:
        """Returns how good each sun is, (T, H)."""
        total = NEIGHBOURHOOD * self._lit(self.around_sky) + self._ground() + END * self._at_ends()
        total = total + DEPTH * self._lit(self.ground_sky[:, self._deepest()]) ** 4  # a torn depth is no depth
        if self.last_skies:
            lit = np.min([self._lit(sky) for sky in self.last_skies], axis=0)
            total = total + PATH * (lit + (lit == 1)) / 2  # a single shaded place is much worse than none
        low = np.clip((HEIGHTS[-1] - self.heights) / np.ptp(HEIGHTS), 0, 1)
        return np.asarray(total - FACE * self._near_face() + RAKING * low)

    def _lit(self, sky: np.ndarray) -> np.ndarray:
        """Returns the share of points with horizons (T, N) that see the whole sun, (T, H)."""
        clear = self.heights[None, :, None] - self.size - SPARE > sky[:, None, :]
        return clear.mean(-1) if sky.shape[1] else np.ones(self.sun.shape[:2])

    def _ground(self) -> np.ndarray:
        """Returns what the visible ground adds: form by the light that falls on it, and shadow in measure."""
        if not self.seen.any():
            return np.zeros(self.sun.shape[:2])
        normals = _normals(self.subject, self.ground[self.seen])
        falling = np.clip(np.einsum("thc,nc->thn", self.sun, normals), 0, None)
        clear = self.heights[None, :, None] > self.ground_sky[:, None, self.seen]
        shade = 1 - clear.mean(-1)
        beyond = np.maximum(SHADED[0] - shade, 0) + np.maximum(shade - SHADED[1], 0)
        return np.asarray(FORM * (falling * clear).std(-1) - SHADE * beyond)

    def _deepest(self) -> np.ndarray:
        """Returns which places of the ground (N,) are its depth."""
        heights = self.ground[:, 2]
        return np.asarray(heights <= np.quantile(heights, DEEPEST)) if len(heights) else np.zeros(0, bool)

    def _at_ends(self) -> np.ndarray:
        """Returns how squarely the light falls on the ground where paths end, 0 to 1, (T, H)."""
        normals = _normals(self.subject, self.subject.ends)
        return np.clip(np.einsum("thc,nc->thn", self.sun, normals), 0, 1).mean(-1)

    def _near_face(self) -> np.ndarray:
        """Returns how much brighter the wall towards the camera is than the top, 0 to 1, (T, H)."""
        towards = np.array([np.sin(self.facing), np.cos(self.facing), 0.0])
        return np.clip(self.sun @ towards - 0.8 * self.sun[..., 2], 0, 1)


def _lattice(subject: Subject) -> np.ndarray:
    """Returns places (N, 3) on the ground that is drawn, evenly."""
    side = np.linspace(-0.49, 0.49, LATTICE)
    x, y = (grid.ravel() for grid in np.meshgrid(side, side * subject.relief.depth))
    return _on_ground(subject, x, y)


def _around(subject: Subject) -> np.ndarray:
    """Returns places (N, 3) on the ground around the ends."""
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.concatenate([radius * np.stack([np.cos(turn), np.sin(turn)], 1) for radius in AROUND])
    flat = (subject.ends[:, None, :2] + ring).reshape(-1, 2)
    return _on_ground(subject, flat[:, 0], flat[:, 1])


def _on_ground(subject: Subject, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    drawn = mesh.covers(subject.relief, subject.body, x, y)
    return np.column_stack([x, y, mesh.height_at(subject.relief, x, y)])[drawn]


def _last(path: np.ndarray) -> np.ndarray:
    """Returns points of the last third of a path (T, 3), by its length."""
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    places = np.linspace((1 - LAST) * walked[-1], walked[-1], LAST_POINTS)
    return np.stack([np.interp(places, walked, path[:, k]) for k in range(3)], axis=1)


def _normals(subject: Subject, points: np.ndarray, step: float = 0.006) -> np.ndarray:
    """Returns unit normals (N, 3) of the ground at points (N, 3), from differences over a step in picture widths."""
    x, y = points[:, 0], points[:, 1]
    slopes = [
        (mesh.height_at(subject.relief, x + dx, y + dy) - mesh.height_at(subject.relief, x - dx, y - dy)) / (2 * step)
        for dx, dy in ((step, 0.0), (0.0, step))
    ]
    normals = np.stack([-slopes[0], -slopes[1], np.ones_like(x)], axis=1)
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))
