"""The camera: where it stands, and the first framing when the scene leaves it to us.

Azimuths are degrees clockwise from +β, seen from above; a camera at azimuth 180 stands on the −β side and looks
towards +β, with α to the right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from render.stage.mesh import axes, covers, height_at, inside, outline
from render.stage.relief import Relief

UP = np.array([0.0, 0.0, 1.0])
HULL_WAYS = 240  # directions in which the outermost cells of a terrain with holes are looked for
HULL_CELLS = 3000  # that stand for its heights


@dataclass(frozen=True)
class View:
    """A pinhole camera with a level horizon."""

    position: np.ndarray  # (3,) picture widths
    target: np.ndarray  # (3,)
    angle: float  # degrees, vertical
    shift: tuple[float, float] = (0.0, 0.0)  # of the picture's centre, in half heights

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit vectors to the right, up and forward."""
        forward = self.target - self.position
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, UP)
        right = right / np.linalg.norm(right)
        return right, np.cross(right, forward), forward

    def project(self, points: np.ndarray) -> np.ndarray:
        """Returns points (N, 3) on the picture: x and y in half heights from its centre, and the distance ahead."""
        right, up, forward = self.axes
        away = points - self.position
        along = away @ forward
        scale = 1 / (np.tan(np.radians(self.angle) / 2) * along)
        return np.stack([(away @ right) * scale - self.shift[0], (away @ up) * scale - self.shift[1], along], axis=1)


def standing(azimuth: float, elevation: float, distance: float, target: np.ndarray, angle: float) -> View:
    """Returns the view from a distance (picture widths) at an azimuth and elevation (degrees) above a target."""
    a, e = math.radians(azimuth), math.radians(elevation)
    away = np.array([math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)])
    return View(target + distance * away, np.asarray(target, float), angle)


def hull(relief: Relief, shape: str, bottom: float, skirt: float) -> np.ndarray:
    """Returns a few thousand points (N, 3) that bound everything drawn: the terrain, coarsely, and what is seen of its
    wall, which fades over the skirt.
    """
    if relief.inland is not None:
        return _hull_of_cells(relief, shape, bottom, skirt)
    edge = outline(relief, shape)
    flat = np.concatenate([edge * share for share in np.linspace(0, 1, 13)])
    z = height_at(relief, flat[:, 0], flat[:, 1])
    foot = np.maximum(height_at(relief, edge[:, 0], edge[:, 1]) - skirt, bottom)
    return np.concatenate([np.column_stack([flat, z]), np.column_stack([edge, foot])])


def _hull_of_cells(relief: Relief, shape: str, bottom: float, skirt: float) -> np.ndarray:
    """Returns the points (N, 3) of a terrain with holes: its outermost cells in HULL_WAYS directions, and some others.

    Where its edge has a wall, and where it has none, what would be seen of one has its room.
    """
    rows, columns = np.nonzero(inside(relief, shape))
    x, y = (axis[index] for axis, index in zip(axes(relief), (columns, rows), strict=True))
    turn = np.linspace(0, 2 * np.pi, HULL_WAYS, endpoint=False)
    outermost = np.unique([np.argmax(x * np.cos(angle) + y * np.sin(angle)) for angle in turn])
    z = relief.heights[rows, columns]
    some = np.unique(np.concatenate([outermost, np.arange(0, len(x), max(1, len(x) // HULL_CELLS)), [z.argmax()]]))
    foot = np.maximum(z[outermost] - skirt, bottom)
    return np.concatenate(
        [np.column_stack([x[some], y[some], z[some]]), np.column_stack([x[outermost], y[outermost], foot])]
    )


@dataclass(frozen=True)
class Frame:
    """The room that a picture gives to its object."""

    aspect: float  # width / height
    fill: float  # share of the width or height that the object may take
    raised: float  # how far its middle stands above the picture's, half heights; leaves room for words


def framed(points: np.ndarray, views: Sequence[View], frame: Frame) -> tuple[float, tuple[float, float]] | None:
    """Returns how much of the allowed room points take from these views together, and the shift that centres them.

    None where a point lies behind a camera.
    """
    projected = np.concatenate([view.project(points) for view in views])
    x, y, along = projected.T
    if (along < 0.05).any():
        return None
    taken = max(np.ptp(x) / (2 * frame.aspect * frame.fill), np.ptp(y) / (2 * frame.fill))
    return float(taken), (float(x.min() + x.max()) / 2, float(y.min() + y.max()) / 2 - frame.raised)


def fitting(
    points: np.ndarray, stand: Callable[[float], Sequence[View]], frame: Frame
) -> tuple[float, tuple[float, float]]:
    """Returns the distance (picture widths) at which the points fill the frame, and the shift that centres them there.

    stand gives the views of a move at a distance.
    """
    near, far = 0.2, 30.0
    for _ in range(28):
        middle = math.sqrt(near * far)
        found = framed(points, stand(middle), frame)
        if found is None or found[0] > 1:
            near = middle
        else:
            far = middle
    found = framed(points, stand(far), frame)
    return far, found[1] if found else (0.0, 0.0)


def open_side(
    relief: Relief, shape: str, path: np.ndarray, elevation: float, sweep: float, candidates: int = 72
) -> float:
    """Returns the azimuth in the middle of the sweep from which the path (T, 3) is seen best.

    Best is the length of the path on the picture that no terrain hides, averaged over the sweep.
    """
    azimuths = np.arange(candidates) * 360.0 / candidates
    seen = np.array([visible_length(relief, shape, path, a, elevation) for a in azimuths])
    half = min(candidates // 2, max(1, round(abs(sweep) / 2 / 360 * candidates)))
    window = np.exp(-0.5 * (np.arange(-half, half + 1) / (half / 1.5)) ** 2)
    around = (np.take(seen, range(k - half, k + half + 1), mode="wrap") for k in range(candidates))
    return float(azimuths[int(np.argmax([np.average(part, weights=window) for part in around]))])


def visible_length(relief: Relief, shape: str, path: np.ndarray, azimuth: float, elevation: float) -> float:
    """Returns how much of the path (T, 3) is seen from far away at an azimuth and elevation, in picture widths."""
    right, up, _ = standing(azimuth, elevation, 50.0, np.zeros(3), 2.0).axes
    flat = np.stack([path @ right, path @ up], axis=1)
    lengths = np.linalg.norm(np.diff(flat, axis=0), axis=1)
    clear = sees(relief, shape, path, azimuth, elevation)
    return float((lengths * (clear[1:] & clear[:-1])).sum())


def sees(
    relief: Relief, shape: str, points: np.ndarray, azimuth: float, elevation: float, samples: int = 96
) -> np.ndarray:
    """Returns which points (N, 3) no terrain hides from a far camera at an azimuth and elevation, (N,) bool."""
    a = math.radians(azimuth)
    reach = np.linspace(0.01, 1.4, samples)
    x = points[:, :1] + reach * math.sin(a)
    y = points[:, 1:2] + reach * math.cos(a)
    ray = points[:, 2:] + 0.004 + reach * math.tan(math.radians(elevation))
    ground = height_at(relief, x.ravel(), y.ravel()).reshape(x.shape)
    return np.asarray(~((ground > ray) & covers(relief, shape, x, y)).any(axis=1))
