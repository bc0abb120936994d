"""The map: the plane from above with +β up, contours, the paths as far as they have come, and where the camera stands.

A camera that stands beyond the map is at its edge, in the direction in which it stands.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from render.film.insets.inset_chart import InkMark, InsetChart, InsetMarks, Picture
from render.film.insets.telling import Telling
from render.film.words.layout import Box
from render.scene.insets import MapInset
from render.scene.words import say
from render.stage.marks.isolines import isolines

FRAME = 0.11  # around the terrain, in which the camera stands / width of the terrain
LINES = 12  # contours at most
SPREAD = math.radians(14)  # half the angle of the sign of the camera
WIDE = 1.9  # width of a path, fine lines


class PlaneMap:
    """The map of a shot's surface."""

    def __init__(self, settings: MapInset, told: Telling, chart: InsetChart):
        self._told, self._chart, self._camera = told, chart, settings.camera
        body = chart.body
        wide, high = body.right - body.left, body.bottom - body.top
        around = 2 * FRAME if settings.camera else 0.0
        depth = told.panel.relief.depth
        scale = min(wide / (1 + around), high / (depth + around))
        self._scale = scale
        self._middle = body.left + (1 + around) * scale / 2, body.top + (depth + around) * scale / 2
        half = scale / 2, depth * scale / 2
        self._field = Box(
            *(
                round(v)
                for v in (
                    self._middle[0] - half[0],
                    self._middle[1] - half[1],
                    self._middle[0] + half[0],
                    self._middle[1] + half[1],
                )
            )
        )

    def _at(self, points: np.ndarray) -> np.ndarray:
        """Returns where places (n, 2), picture widths on the plane, are on the map: columns and rows."""
        x, y = self._middle
        return np.stack([x + self._scale * points[:, 0], y - self._scale * points[:, 1]], axis=1)

    def still(self) -> InsetMarks:
        """Returns the terrain with its contours, and the paths faintly."""
        chart, drawn, relief = self._chart, InsetMarks(), self._told.panel.relief
        drawn.add(chart.head(say(self._told.language, "plane"))[0])
        box = self._field
        wide, high = box.right - box.left, box.bottom - box.top
        level = relief.level
        rows = (1 - (np.arange(high) + 0.5) / high) * (level.shape[0] - 1)
        columns = (np.arange(wide) + 0.5) / wide * (level.shape[1] - 1)
        soft = gaussian_filter(
            level, [max(0.0, 0.4 * side / room) for side, room in zip(level.shape, (high, wide), strict=True)]
        )
        seen = map_coordinates(soft, np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest")
        drawn.add(Picture(box, self._told.shown(np.clip(seen, 0, 1).ravel()).reshape(high, wide, 3)))
        for line in self._contours(seen):
            drawn.add(InkMark(line.ink.faded(0.3), "#000000"))
        for walk in self._told.walks if self._told.take.shot.path.show else ():
            way = self._at(walk.descent.points[:, :2])
            for piece in self._within(way, walk.descent.shown):
                drawn.add(InkMark(chart.lines(piece, 0.8).ink.faded(0.75), "#ffffff"))
        return drawn

    def _contours(self, seen: np.ndarray) -> list[InkMark]:
        count = min(LINES, self._told.take.look.contours.count or LINES)
        found = []
        for number in range(1, count):
            for cells in isolines(seen, number / count):
                if len(cells) > 2:
                    points = np.stack([self._field.left + cells[:, 1] + 0.5, self._field.top + cells[:, 0] + 0.5], 1)
                    found.append(self._chart.lines(points[:: max(1, len(points) // 120)], 0.55))
        return found

    def _within(self, way: np.ndarray, shown: np.ndarray) -> list[np.ndarray]:
        """Returns the stretches of a way (n, 2) over the terrain, with few points."""
        runs = np.split(np.arange(len(way)), np.flatnonzero(np.diff(shown.astype(int))) + 1)
        return [sparse(way[run]) for run in runs if len(run) > 1 and shown[run[0]]]

    def moving(self, time: float) -> InsetMarks:
        """Returns the paths so far, their heads, and the camera."""
        chart, drawn, told = self._chart, InsetMarks(), self._told
        progress = told.take.progress(time)
        for walk, colour in zip(told.walks if told.take.shot.path.show else (), told.colours, strict=False):
            trail = walk.descent.until(walk.head(progress))
            for piece in trail.pieces():
                if len(piece) > 1:
                    drawn.add(chart.lines(sparse(self._at(piece[:, :2])), WIDE, colour))
            end = self._at(trail.points[-1:, :2])[0]
            if self._field.left <= end[0] <= self._field.right and self._field.top <= end[1] <= self._field.bottom:
                drawn.add(chart.dot((float(end[0]), float(end[1])), 0.42, colour))
        if self._camera:
            drawn.add(*self._sign(time))
        return drawn

    def _sign(self, time: float) -> list[InkMark]:
        """Returns the camera as two lines that open towards what it looks at, from where it stands."""
        view = self._told.take.now(time).view(time)
        place, target = (self._at((each - self._told.away)[None, :2])[0] for each in (view.position, view.target))
        forward = view.axes[2][:2]
        if float(np.hypot(*forward)) < 1e-3:  # straight down: there is no direction to tell
            return [self._chart.dot((float(target[0]), float(target[1])), 0.3, self._chart.style.ink)]
        field, edge = self._field, 0.6 * FRAME * self._scale
        low = np.array([field.left - edge, field.top - edge])
        high = np.array([field.right + edge, field.bottom + edge])
        held = towards(np.array(self._middle), place, low, high)
        turn = math.atan2(-float(forward[1]), float(forward[0]))
        reach = 1.4 * self._chart.size
        ends = [
            held + reach * np.array([math.cos(turn + side), math.sin(turn + side)])
            for side in (-2 * SPREAD, 2 * SPREAD)
        ]
        line = self._chart.lines([tuple(ends[0]), tuple(held), tuple(ends[1])], 1.6)
        return [line, self._chart.dot((float(held[0]), float(held[1])), 0.26, self._chart.style.ink)]


def sparse(points: np.ndarray) -> np.ndarray:
    """Returns points (n, 2) with those left out that lie within a pixel of the one before."""
    kept = [0]
    for number in range(1, len(points) - 1):
        if np.hypot(*(points[number] - points[kept[-1]])) >= 1.0:
            kept.append(number)
    return np.asarray(points[[*kept, len(points) - 1]] if len(points) > 1 else points)


def towards(start: np.ndarray, end: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Returns an end (2,), or where the way to it from a start within a rectangle leaves that."""
    way = end - start
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(way > 0, (high - start) / way, np.where(way < 0, (low - start) / way, np.inf))
    return np.asarray(start + min(1.0, float(shares.min())) * way)
