"""Framing: where a camera stands when the scene leaves it open.

Every azimuth and elevation is scored by what a viewer must see: the path in the open, its end above all, across the
picture rather than away from us, the end near a third, the valley's mouth towards us, two faces of a block, and a
quiet lower left for words. A move counts by its mean and its worst moment.

Before all that, the end of every path must be seen: over the whole move, else from where its head arrives; and where no
side shows it so, the camera stands higher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.camera import Frame
from render.stage.light.horizon import horizons

STEP = 5.0  # degrees between candidates
MARGIN = 4.0  # degrees above the terrain's horizon at which a point lies quite in the open
THIRDS = ((0.62, 0.58), (0.38, 0.58))  # where the end looks best, shares of the picture from its upper left
NEAR_THIRD = 0.17  # share of the picture's width over which that wears off
QUIET = (0.36, 0.74)  # the lower left that is kept for words: to its left and below
SIDE = 13  # of the lattice of places on the ground
OF_PATH = 56  # points that stand for a path
TURNED = (15.0, 40.0)  # degrees that a block's nearest face is turned at best

# What counts how much; chosen on measured surfaces, by eye.
OPEN, END, ACROSS, THIRD, GROUND, MOUTH, FACES, FILLED, FREE, LOW = 2.5, 3.0, 1.0, 1.2, 0.8, 0.6, 0.7, 3.0, 0.5, 0.15

_SHAPES = np.array([9 / 16, 1.0, 4 / 3, 16 / 9, 21 / 9])  # width / height
_WIDE = (0.9, 0.86, 0.8, 0.775, 0.72)  # share of the width that the object takes
_SEVERAL = 0.88  # of several side by side
_TALL = (0.7, 0.78, 0.88, 0.92, 0.92)  # share of the height that it may take
_RAISED = (0.1, 0.07, 0.03, 0.015, 0.01)  # half heights
SEEN = 0.5  # of MARGIN that the terrain's horizon must lie below the camera, for an end to be seen
LIFTED = (84.0, 4.0)  # degrees that a camera is lifted to at most, where nothing lower shows the end, and by what steps

_STEEP = ((46.0, 60.0), (33.0, 48.0), (26.0, 40.0), (24.0, 38.0), (22.0, 34.0))  # elevations that are tried, degrees


@dataclass(frozen=True)
class Subject:
    """One body with its paths, to be looked at from somewhere."""

    relief: Relief
    paths: tuple[np.ndarray, ...]  # (T, 3) each, what is shown of it, its start first
    body: str = "block"

    @property
    def ends(self) -> np.ndarray:
        """What must be seen above all (n, 3): the ends of its paths, or its lowest place where there is none."""
        if self.paths:
            return np.stack([path[-1] for path in self.paths])
        return mesh.lowest(self.relief, self.body)[None]


@dataclass(frozen=True)
class Stand:
    """Where a camera stands, or is in the middle of its move."""

    azimuth: float  # degrees, clockwise from +β
    elevation: float  # degrees


@dataclass(frozen=True)
class Choice:
    """What is open, and what a scene has settled."""

    azimuth: float | None  # degrees; None is open
    elevation: float | None
    sweep: float  # degrees of the whole move
    angle: float  # degrees, vertical
    last: tuple[float, float] = (0.0, 0.0)  # degrees from its middle, between which the path has all but ended
    at: tuple[np.ndarray, float] | None = None  # what is looked at (3,), and from how far; else the whole, to fit

    def azimuths(self) -> np.ndarray:
        """Returns all azimuths that are looked from, a full turn; where one is settled, that is the first."""
        return (self.azimuth or 0.0) + np.arange(0.0, 360.0, STEP)

    def elevations(self, aspect: float) -> np.ndarray:
        """Returns the elevations to choose among."""
        if self.elevation is not None:
            return np.array([self.elevation])
        low, high = (float(np.interp(aspect, _SHAPES, [pair[k] for pair in _STEEP])) for k in (0, 1))
        return np.linspace(low, high, 5)


def frame_of(aspect: float, count: int = 1) -> Frame:
    """Returns the room for an object, or a count of them side by side, in a picture of an aspect (width / height)."""
    wide, tall, raised = (float(np.interp(aspect, _SHAPES, values)) for values in (_WIDE, _TALL, _RAISED))
    return Frame(aspect, wide if count == 1 else _SEVERAL, raised, tall)


def best(subjects: Sequence[Subject], hulls: Sequence[np.ndarray], frame: Frame, choice: Choice) -> Stand:
    """Returns where the camera of a move stands in its middle; hulls (N, 3) bound what is drawn of each subject."""
    elevations = choice.elevations(frame.aspect)
    tried = _tried(subjects, hulls, frame, choice, elevations)
    if not tried.shown and choice.elevation is None:
        higher = np.arange(float(elevations.max()) + LIFTED[1], LIFTED[0] + 0.1, LIFTED[1])
        lifted = _tried(subjects, hulls, frame, choice, higher, lowest=True)
        tried = lifted if lifted.shown else tried
    return tried.stand


@dataclass(frozen=True)
class _Trial:
    """Where a camera stands best among some elevations, and whether the end of every path is seen from there."""

    stand: Stand
    shown: bool


def _tried(
    subjects: Sequence[Subject],
    hulls: Sequence[np.ndarray],
    frame: Frame,
    choice: Choice,
    elevations: np.ndarray,
    lowest: bool = False,
) -> _Trial:
    """Returns the best stand among elevations (E,), or among the lowest of them that show the ends of all paths."""
    azimuths = choice.azimuths()
    seen = [
        _Panorama(subject, hull, frame, choice, azimuths, elevations)
        for subject, hull in zip(subjects, hulls, strict=True)
    ]
    scores = over_the_move(np.mean([one.scores() for one in seen], axis=0), choice.sweep)
    clear = np.min([one.clear_end for one in seen], axis=0)
    half = abs(choice.sweep) / 2
    ways = [worst_between(clear, span) >= SEEN for span in ((-half, half), choice.last)]
    if choice.azimuth is not None:
        scores, ways = scores[:1], [way[:1] for way in ways]
    shown = next((way for way in ways if way.any()), None)
    if shown is not None:
        if lowest:
            shown = shown & (np.arange(shown.shape[1]) == int(shown.any(0).argmax()))
        scores = np.where(shown, scores, -np.inf)
    along, up = np.unravel_index(np.argmax(scores), scores.shape)
    return _Trial(Stand(float(azimuths[along] % 360), float(elevations[up])), shown is not None)


def worst_between(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Returns the least of values (A, E) of a full turn between two angles from each azimuth, degrees."""
    count = len(values)
    low, high = (round(angle / 360 * count) for angle in span)
    high = min(high, low + count)
    return np.asarray(np.min([np.roll(values, -k, axis=0) for k in range(low, high + 1)], axis=0))


def over_the_move(scores: np.ndarray, sweep: float) -> np.ndarray:
    """Returns what moments (A, E) of a full turn come to over a sweep around each: half the mean, half the worst."""
    count = len(scores)
    half = min(count // 2, round(abs(sweep) / 2 / 360 * count))
    around = np.stack([np.roll(scores, -k, axis=0) for k in range(-half, half + 1)])
    return np.asarray(0.5 * around.mean(0) + 0.5 * around.min(0))


class _Panorama:
    """One subject seen from all azimuths (A,) and elevations (E,), each from where it fills the frame."""

    def __init__(
        self,
        subject: Subject,
        hull: np.ndarray,
        frame: Frame,
        choice: Choice,
        azimuths: np.ndarray,
        elevations: np.ndarray,
    ):
        self.subject, self.body, self.frame = subject, subject.body, frame
        self.azimuths, self.elevations = azimuths, elevations
        self.tangent = np.tan(np.radians(choice.angle) / 2)
        a, e = np.radians(azimuths)[:, None], np.radians(elevations)[None, :]
        flat = np.ones((len(azimuths), len(elevations)))
        self.right = np.stack([-np.cos(a) * flat, np.sin(a) * flat, 0 * flat], -1)
        self.up = np.stack([-np.sin(a) * np.sin(e), -np.cos(a) * np.sin(e), np.cos(e) * flat], -1)
        self.away = np.stack([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e) * flat], -1)
        self.middle = (hull.min(0) + hull.max(0)) / 2 if choice.at is None else choice.at[0]
        self.hull = hull - self.middle
        self.distance = self._distance() if choice.at is None else np.full(self.away.shape[:2], choice.at[1])
        x, y = self._on_picture(self.hull)
        self.shift = (
            (x.max(-1) + x.min(-1)) / 2 - frame.aside * frame.aspect,
            (y.max(-1) + y.min(-1)) / 2 - frame.raised,
        )
        self.filled = np.ptp(x, axis=-1) / (2 * frame.aspect * frame.fill)
        px, py = self._placed(self.hull)
        self.clear_end = self._clear(subject.ends).min(-1)  # (A, E)
        self.free = 1 - 3 * ((px < QUIET[0]) & (py > QUIET[1])).mean(-1)

    def _distance(self) -> np.ndarray:
        """Returns the distance (A, E) from which the hull fills the frame."""
        near = np.full(self.away.shape[:2], 0.2)
        far = np.full_like(near, 60.0)
        for _ in range(16):
            self.distance = np.sqrt(near * far)
            x, y = self._on_picture(self.hull)
            wide, tall = np.ptp(x, axis=-1) / (2 * self.frame.aspect * self.frame.fill), np.ptp(y, axis=-1)
            behind = (np.einsum("aec,nc->aen", self.away, self.hull).max(-1) > self.distance - 0.05) | (wide > 1)
            close = behind | (tall > 2 * self.frame.height)
            near, far = np.where(close, self.distance, near), np.where(close, far, self.distance)
        return far

    def _on_picture(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns where points (N, 3) around the middle lie, half heights from the target, (A, E, N) each."""
        right, up, away = (np.einsum("aec,nc->aen", axis, points) for axis in (self.right, self.up, self.away))
        scale = 1 / (self.tangent * np.maximum(self.distance[..., None] - away, 1e-3))
        return right * scale, up * scale

    def _placed(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns where points (N, 3) around the middle lie, shares of the picture from its upper left."""
        x, y = self._on_picture(points)
        return (
            0.5 + (x - self.shift[0][..., None]) / (2 * self.frame.aspect),
            0.5 - (y - self.shift[1][..., None]) / 2,
        )

    def scores(self) -> np.ndarray:
        """Returns how good each view is, (A, E)."""
        ends, clear_end = self.subject.ends, self.clear_end
        total = (
            END * clear_end + THIRD * self._near_third(ends) + FREE * self.free + FILLED * np.minimum(self.filled, 1)
        )
        total = total + self._ground() + FACES * self._faces() + LOW * self._low()
        if self.subject.paths:
            along = [self._path(path) for path in self.subject.paths]
            total = total + np.mean(along, axis=0)
        return np.where(clear_end < 0.5, total - 5, total)

    def _clear(self, points: np.ndarray) -> np.ndarray:
        """Returns how openly points (N, 3) are seen, (A, E, N): 0 where terrain hides them, 1 well above it."""
        table = horizons(self.subject.relief, self.body, points, self.azimuths)
        eye = self.middle + self.away * self.distance[..., None]
        way = eye[:, :, None] - points
        elevation = np.degrees(np.arctan2(way[..., 2], np.hypot(way[..., 0], way[..., 1])))
        azimuth = np.degrees(np.arctan2(way[..., 0], way[..., 1])) - self.azimuths[0]
        index = np.round(azimuth / STEP).astype(int) % len(self.azimuths)
        above = elevation - table[index, np.arange(len(points))]
        return np.clip(above / MARGIN, 0, 1)

    def _near_third(self, ends: np.ndarray) -> np.ndarray:
        x, y = self._placed(ends - self.middle)
        away = [np.hypot(x - right, (y - down) / self.frame.aspect) for right, down in THIRDS]
        return np.exp(-((np.minimum(*away) / NEAR_THIRD) ** 2)).mean(-1)

    def _path(self, path: np.ndarray) -> np.ndarray:
        """Returns what a path adds: how much of it lies open, later parts above earlier, and is not shortened."""
        points = path[np.unique(np.linspace(0, len(path) - 1, OF_PATH).round().astype(int))]
        clear = self._clear(points)
        weight = 1 + 3 * np.linspace(0, 1, len(points)) ** 2
        x, y = (axis * self.distance[..., None] * self.tangent for axis in self._on_picture(points - self.middle))
        lengths = np.hypot(np.diff(x), np.diff(y)) * np.minimum(clear[..., 1:], clear[..., :-1])
        whole = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
        return OPEN * np.average(clear, axis=-1, weights=weight) + ACROSS * lengths.sum(-1) / max(whole, 1e-9)

    def _ground(self) -> np.ndarray:
        """Returns what the terrain adds: how much of its low ground is seen, and how far its near lip lies below."""
        x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(-0.46, 0.46, SIDE), np.linspace(-0.46, 0.46, SIDE)))
        y = y * self.subject.relief.depth
        drawn = mesh.covers(self.subject.relief, self.body, x, y)
        points = np.column_stack([x, y, mesh.height_at(self.subject.relief, x, y)])[drawn]
        if len(points) < 2:
            return np.zeros(self.distance.shape)
        height = points[:, 2] / max(self.subject.relief.exaggeration, 1e-9)
        seen = np.average(self._clear(points), axis=-1, weights=(1.02 - np.clip(height, 0, 1)) ** 2)
        towards = np.einsum("aec,nc->aen", self.away[..., :2], points[:, :2])
        lean = -(np.sign(towards) * np.abs(towards) * (height - height.mean())).mean(-1)
        return GROUND * seen + MOUTH * np.clip(12 * lean, -1, 1)

    def _faces(self) -> np.ndarray:
        """Returns how well two faces of a block show, (A, 1); a disc looks the same from everywhere."""
        if self.body == "disc":
            return np.ones((len(self.azimuths), 1))
        turn = np.abs((self.azimuths + 45) % 90 - 45)[:, None]
        edge_on, flat_on = (turn - TURNED[1]) / (45 - TURNED[1]), (TURNED[0] - turn) / TURNED[0]
        return np.asarray(1 - 0.4 * np.clip(edge_on, 0, 1) - 0.7 * np.clip(flat_on, 0, 1))

    def _low(self) -> np.ndarray:
        """Returns 1 for the lowest elevation that is tried, 0 for the highest, (1, E)."""
        low, high = self.elevations.min(), self.elevations.max()
        return np.asarray((high - self.elevations) / max(high - low, 1e-9))[None]
