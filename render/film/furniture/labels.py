"""Labels: words beside points, each at the end of a fine leader, where they cover nothing that matters.

A label keeps its place relative to its point for the whole shot. Among places around the point the cheapest is taken:
words must not lie on the path, on each other or on other words, nor leave the picture, and better stand where they are
read and off the object.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from render.film.furniture.plot import Plot
from render.film.furniture.points import NamedPoint
from render.film.words.ground import CONTRAST, STRAY, contrast
from render.film.words.ink import LUMINANCE, light_of, line_width, luminance
from render.film.words.layout import ASCENT, DESCENT, Box
from render.film.words.sheet import Sheet

ANGLES = np.radians(np.arange(0, 360, 15))
REACHES = (2.5, 4.0, 6.0, 9.0, 13.0, 18.0)  # from a point to the edge of its label / size
PAD = 0.5  # clear space around a label / size
GAP = 0.55  # between a point and its leader / size
FORBIDDEN = 1000.0
CROSSING = 30.0  # cost of a leader that crosses a path
UNREAD = 40.0  # cost of a label that is not seen at all
CLEAR = 7.0  # contrast that costs nothing
BUSY = 25.0  # cost of a label on the object
DISTANCE_COST = 0.5  # cost of a size of distance


@dataclass(frozen=True)
class PointLabel:
    """A named point, and where its words stand from it."""

    named: NamedPoint
    shift: tuple[float, float]  # from the point to the middle of the words, pixels
    size: float
    shaded: bool = False  # whether the ground under it asks for a shade

    def box(self, anchor: np.ndarray, sheet: Sheet) -> Box:
        """Returns the pixels of its words when its point is at an anchor (2,)."""
        wide = line_width(self.named.words, sheet.text, self.size)
        x, y = anchor[0] + self.shift[0], anchor[1] + self.shift[1]
        high = (ASCENT + DESCENT) * self.size
        return Box(*(round(edge) for edge in (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)))


@dataclass(frozen=True)
class Seen:
    """A moment at which places for labels are tried."""

    plot: Plot
    picture: np.ndarray  # (H, W, 3) uint8, without words; as large as the plot, or smaller
    taken: tuple[Box, ...]  # by words
    lines: tuple[np.ndarray, ...]  # paths, each (n, 2), on the picture
    corners: np.ndarray  # (8, 2) of the body
    ink: float  # luminance of the words

    @staticmethod
    def of(plot: Plot, picture: np.ndarray, taken: Sequence[Box], colour: str) -> Seen:
        """Returns a plot with what stands on it."""
        light = float(light_of(colour) @ LUMINANCE)
        return Seen(plot, picture, tuple(taken), tuple(plot.paths()), plot.outline(), light)

    def read(self, box: Box) -> float:
        """Returns the least contrast of words with the ground in a box."""
        share = self.picture.shape[0] / self.plot.height
        top, left = (math.floor(max(0, edge) * share) for edge in (box.top, box.left))
        bottom, right = (math.ceil(edge * share) for edge in (box.bottom, box.right))
        ground = luminance(self.picture[top:bottom, left:right])
        ends = np.percentile(ground, (STRAY, 100 - STRAY)) if ground.size else (0.0, 0.0)
        return 1.0 if ends[0] < self.ink < ends[1] else min(contrast(self.ink, float(end)) for end in ends)


def placed(points: Sequence[NamedPoint], moments: Sequence[Seen], sheet: Sheet, size: float) -> list[PointLabel]:
    """Returns labels of points, the first ones in the best places; a point for which there is no place has none."""
    labels: list[PointLabel] = []
    for named in points:
        candidates = [PointLabel(named, shift, size) for shift in _shifts(named, sheet, size)]
        costs = [_cost(label, labels, moments, sheet) for label in candidates]
        best = int(np.argmin(costs))
        if costs[best] < FORBIDDEN:
            label = candidates[best]
            least = min(seen.read(label.box(seen.plot.at(named.point[None])[0], sheet)) for seen in moments)
            labels.append(replace(label, shaded=least < CONTRAST))
    return labels


def _shifts(named: NamedPoint, sheet: Sheet, size: float) -> list[tuple[float, float]]:
    """Returns places around a point: the edge of the words lies at each reach in each direction."""
    wide, high = line_width(named.words, sheet.text, size), (ASCENT + DESCENT) * size
    return [
        (np.cos(angle) * (reach * size + wide / 2), -np.sin(angle) * (reach * size + high / 2))
        for reach, angle in itertools.product(REACHES, ANGLES)
    ]


def _cost(label: PointLabel, others: Sequence[PointLabel], moments: Sequence[Seen], sheet: Sheet) -> float:
    far = DISTANCE_COST * float(np.hypot(*label.shift)) / label.size
    return max(_cost_at(label, others, seen, sheet) for seen in moments) + far


def _cost_at(label: PointLabel, others: Sequence[PointLabel], seen: Seen, sheet: Sheet) -> float:
    plot = seen.plot
    anchor = plot.at(label.named.point[None])[0]
    box, pad = label.box(anchor, sheet), round(PAD * label.size)
    room = Box(box.left - pad, box.top - pad, box.right + pad, box.bottom + pad)
    edge = round(0.02 * plot.height)
    inside = plot.left + edge <= room.left and room.right <= plot.left + plot.width - edge
    if not (inside and edge <= room.top and room.bottom <= plot.height - edge):
        return FORBIDDEN
    beside = [other.box(plot.at(other.named.point[None])[0], sheet) for other in others]
    if any(room.meets(other) for other in (*seen.taken, *beside)):
        return FORBIDDEN
    if any(_touches(line, room) for line in seen.lines):
        return FORBIDDEN
    line = leader(label, anchor, sheet)
    crossings = sum(_crosses(each, *line) for each in seen.lines)
    crossings += sum(bool(_through(other, *line)) for other in (*seen.taken, *beside))
    return CROSSING * crossings + UNREAD * max(0.0, 1 - seen.read(box) / CLEAR) + BUSY * covered(box, [seen.corners])


def leader(label: PointLabel, anchor: np.ndarray, sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
    """Returns the two ends (2,) of the leader from a point to the nearest edge of its words."""
    box, pad = label.box(anchor, sheet), 0.45 * label.size
    middle = (box.top + box.bottom) / 2
    near = np.clip(anchor, [box.left - pad, box.top - pad / 2], [box.right + pad, box.bottom + pad / 2])
    if box.left - pad < near[0] < box.right + pad:  # from below or above: to the middle of the words
        near = np.array([(box.left + box.right) / 2, near[1]])
    else:
        near = np.array([near[0], middle])
    way = near - anchor
    length = max(float(np.linalg.norm(way)), 1e-9)
    return anchor + way * min(1.0, GAP * label.size / length), near


def _touches(line: np.ndarray, box: Box) -> bool:
    x, y = line.T
    return bool(((x >= box.left) & (x <= box.right) & (y >= box.top) & (y <= box.bottom)).any())


def _through(box: Box, start: np.ndarray, end: np.ndarray) -> bool:
    return _touches(start + np.linspace(0, 1, 40)[:, None] * (end - start), box)


def _crosses(line: np.ndarray, start: np.ndarray, end: np.ndarray) -> int:
    """Returns how often a leader crosses a line (N, 2)."""
    way = end - start
    across = (line - start) @ np.array([-way[1], way[0]])
    along = (line - start) @ way / max(float(way @ way), 1e-9)
    changes = (across[1:] > 0) != (across[:-1] > 0)
    return int((changes & (along[1:] > 0.02) & (along[1:] < 1)).sum())


def covered(box: Box, hulls: Sequence[np.ndarray]) -> float:
    """Returns the largest share of a box that lies on one of the hulls, each the corners (N, 2) of a body."""
    x, y = np.meshgrid(np.linspace(box.left, box.right, 5), np.linspace(box.top, box.bottom, 5))
    points = np.column_stack([x.ravel(), y.ravel()])
    return max((float(_inside(hull, points).mean()) for hull in hulls), default=0.0)


def _inside(corners: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Returns which points (n, 2) lie in the convex hull of corners (N, 2): no direction parts them from it."""
    turns = np.linspace(0, np.pi * 2, 48, endpoint=False)
    ways = np.stack([np.cos(turns), np.sin(turns)])
    return np.asarray(((corners @ ways).max(axis=0) >= points @ ways).all(axis=1))
