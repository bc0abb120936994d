"""The camera: where it stands, and at which distance it holds what it shows.

Azimuths are degrees clockwise from +β, seen from above; a camera at azimuth 180 stands on the −β side and looks
towards +β, with α to the right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from render.stage.body.mesh import axes, height_at, inside, outline
from render.stage.body.relief import Relief
from render.stage.lens.bearings import Projection

UP = np.array([0.0, 0.0, 1.0])
NORTH_UP = np.array([1.0, 0.0, 0.0])  # to the right of a plan, whose upper edge is then +β
STRAIGHT = 1e-9  # sine of the angle to the vertical below which a view is a plan
HULL_WAYS = 240  # directions in which the outermost cells of a terrain with holes are looked for
HULL_CELLS = 3000  # that stand for its heights


@dataclass(frozen=True)
class Around:
    """The picture of all directions that a view is a part of; distances are then told from the eye."""

    front: np.ndarray  # (3,) level unit vector
    angle: float  # radians that the picture's height stands for
    rows: int  # of the picture


@dataclass(frozen=True)
class View:
    """A pinhole camera; its horizon is level where it is not rolled."""

    position: np.ndarray  # (3,) picture widths
    target: np.ndarray  # (3,)
    angle: float  # degrees, vertical
    shift: tuple[float, float] = (0.0, 0.0)  # of the picture's centre, in half heights
    roll: float = 0.0  # degrees clockwise about the way forward
    focus: np.ndarray | None = None  # (3,) what is sharp; None is the head of the first path
    projection: Projection | None = None  # of the picture, where it is no flat one; angle and shift then say nothing
    around: Around | None = None  # what it is a part of

    def seen_from(self, place: np.ndarray) -> View:
        """Returns the view as what stands at a place (3,) sees it that takes itself for the middle."""
        return replace(self, position=self.position - place, target=self.target - place)

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit vectors to the right of the picture, up in it, and forward."""
        right, up, forward = self.level
        if not self.roll:
            return right, up, forward
        cosine, sine = math.cos(math.radians(self.roll)), math.sin(math.radians(self.roll))
        return cosine * right - sine * up, cosine * up + sine * right, forward

    @property
    def level(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit vectors to the right, up and forward of the camera before it is rolled."""
        forward = self.target - self.position
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, UP)
        length = np.linalg.norm(right)
        right = right / length if length > STRAIGHT else NORTH_UP  # a plan has no horizon
        return right, np.cross(right, forward), forward

    def project(self, points: np.ndarray) -> np.ndarray:
        """Returns points (N, 3) on the picture: x and y in half heights from its centre, and the distance ahead."""
        away = points - self.position
        if self.projection is not None:
            frame = self.projection.frame(self.level[0], self.roll)
            return np.column_stack([self.projection.places(away @ frame.T), np.linalg.norm(away, axis=1)])
        right, up, forward = self.axes
        along = away @ forward
        scale = 1 / (np.tan(np.radians(self.angle) / 2) * along)
        return np.stack([(away @ right) * scale - self.shift[0], (away @ up) * scale - self.shift[1], along], axis=1)


def standing(azimuth: float, elevation: float, distance: float, target: np.ndarray, angle: float) -> View:
    """Returns the view from a distance (picture widths) at an azimuth and elevation (degrees) above a target."""
    a, e = math.radians(azimuth), math.radians(elevation)
    away = np.array([math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)])
    return View(target + distance * away, np.asarray(target, float), angle)


def hull(relief: Relief, shape: str, bottom: float, skirt: float) -> np.ndarray:
    """Returns points (N, 3), a few hundred at most, that bound everything drawn: the terrain, coarsely, and what is
    seen of its wall, which fades over the skirt.
    """
    points = _hull_of_cells if relief.inland is not None else _hull_of_outline
    return _outermost(points(relief, shape, bottom, skirt))


def _outermost(points: np.ndarray) -> np.ndarray:
    """Returns those of points (N, 3) that bound the others."""
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:  # they lie in one plane
        return points


def _hull_of_outline(relief: Relief, shape: str, bottom: float, skirt: float) -> np.ndarray:
    """Returns the points (N, 3) of a terrain without holes, by rings from its edge to its middle."""
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
    fill: float  # share of the width that the object may take
    raised: float  # how far its middle stands above the picture's, half heights; leaves room for words
    tall: float | None = None  # share of the height that it may take, where that is another than of the width
    aside: float = 0.0  # how far its middle stands right of the picture's, half widths; leaves room for insets

    @property
    def height(self) -> float:
        """Share of the height that the object may take."""
        return self.fill if self.tall is None else self.tall


def framed(points: np.ndarray, view: View, frame: Frame) -> tuple[float, tuple[float, float]] | None:
    """Returns how much of the allowed room points take from a view, and the shift that centres them.

    None where a point lies behind the camera.
    """
    x, y, along = view.project(points).T
    if (along < 0.05).any():
        return None
    taken = max(np.ptp(x) / (2 * frame.aspect * frame.fill), np.ptp(y) / (2 * frame.height))
    return float(taken), (
        float(x.min() + x.max()) / 2 - frame.aside * frame.aspect,
        float(y.min() + y.max()) / 2 - frame.raised,
    )


def fitting(points: np.ndarray, stand: Callable[[float], Sequence[View]], frame: Frame) -> float:
    """Returns the distance (picture widths) at which the points fill the frame where they take most of it.

    stand gives the views of a move at a distance.
    """
    near, far = 0.2, 60.0
    for _ in range(28):
        middle = math.sqrt(near * far)
        found = [framed(points, view, frame) for view in stand(middle)]
        if any(each is None or each[0] > 1 for each in found):
            near = middle
        else:
            far = middle
    return far
