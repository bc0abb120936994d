"""Where the numbers of contours stand: along their lines, straight, upright, in the open, off the path and off words.

A number has one place on the surface and one way of reading for a whole shot, chosen over some moments of it. It moves
as the ground does, and where it would be hidden, upside down or in the way it fades, by a measure that is continuous in
time: nothing flickers, and a frame does not depend on those before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from render.film.furniture.heights import IsoLine, index_lines
from render.film.furniture.labels import PointLabel, leader
from render.film.furniture.plot import Plot
from render.film.furniture.room import ACROSS, angles_of, distance_to, pixels_of, rooms_of
from render.film.words.ground import contrast, readable
from render.film.words.ink import LUMINANCE, colour_of, light_of, line_width
from render.film.words.layout import Box
from render.film.words.sheet import Sheet
from render.stage.body import mesh
from render.stage.colour import decoded

PAD = 0.5  # of a line that is left free on both sides of its number / size
BENT = 0.12  # of a line away from straight under its number / size
OPEN = 0.003  # picture widths over the ground at which a line of sight is quite free
STEEPEST = np.radians((62.0, 80.0))  # angles of reading up to which a number is whole, and from which there is none
SEEN = 2.5  # pixels from contour to contour, below which lines fade
NEARBY = 0.003  # picture widths, over which the ground beside a line is measured
BACKED = 1.1  # of the ground that is seen on either side of a line / size
LEAST_BACKED = 0.8  # of what was found of that, since the ground is bent
APART = 1.3  # from one index line to the next / size, at least
CLEAR = 1.1  # of a number from path and marks / size
READ = 4.5  # contrast of numbers with the ground
BETWEEN = (15, 85)  # percent of the pixels below or above which there is no stroke
UNDER_INK = 0.1  # luminance above which strokes are darker than their ground
HATCHED = 0.34  # radius of the patch of ground under a number among strokes / size
EVERY = 4  # of the points of a line that are tried
LADDER = 0.25  # cost of a size of distance from the number before
LEVEL = 6.0  # cost of standing upright
CROWDED = 8.0  # cost of covering the contours beside it
LEAST = 0.5  # of the moments at which a number has to be seen


@dataclass(frozen=True)
class IsoNumber:
    """A number on its line."""

    points: np.ndarray  # (3, 3) on the line: where its words begin, their middle, and where they end
    words: str
    loss: float
    size: float
    ground: np.ndarray  # (3, 3) linear light around those points
    ink: str  # colour
    halo: float = 0.22  # radius of the patch that parts its line / size


@dataclass(frozen=True)
class Glance:
    """A moment at which places for numbers are tried."""

    plots: Sequence[Plot]  # of all panels
    picture: np.ndarray  # (H, W, 3) uint8, without words
    taken: tuple[Box, ...]  # by words
    lines: tuple[np.ndarray, ...]  # (n, 2) pixels of what numbers keep off: paths, marks, leaders

    @staticmethod
    def of(
        plots: Sequence[Plot],
        picture: np.ndarray,
        words: tuple[Sequence[Box], Sequence[Sequence[PointLabel]]],
        sheet: Sheet,
    ) -> Glance:
        """Returns a moment with the boxes of words, and the labels of each panel, that stand on it."""
        boxes, labels = list(words[0]), words[1]
        lines: list[np.ndarray] = []
        for plot, own in zip(plots, labels, strict=True):
            lines += [_dense(line) for line in plot.paths()]
            lines.append(plot.at(mesh.lowest(plot.panel.relief, plot.take.look.body)[None]))
            for label in own:
                anchor = plot.at(label.named.point[None])[0]
                boxes.append(label.box(anchor, sheet))
                lines.append(_dense(np.array(leader(label, anchor, sheet))))
        return Glance(plots, picture, tuple(boxes), tuple(lines))


def _dense(line: np.ndarray) -> np.ndarray:
    """Returns points along a line (n, 2), two pixels apart at most."""
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    walked = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0, walked[-1], max(2, math.ceil(walked[-1] / 2)))
    return np.stack([np.interp(places, walked, line[:, k]) for k in range(2)], axis=1)


def chosen(panel: int, glances: Sequence[Glance], sheet: Sheet, size: float, ink: str) -> list[IsoNumber]:
    """Returns the numbers of a panel, one for each line that has room for it, from the lowest; ink: colour of words."""
    middle = glances[len(glances) // 2]
    plot = middle.plots[panel]
    found: list[IsoNumber] = []
    for line in index_lines(plot.panel.relief, plot.take.look):
        tried = _Tried.of(line, panel, glances, sheet, size)
        costs = tried.costs(found)
        best = int(np.argmin(costs)) if len(costs) else 0
        if len(costs) and np.isfinite(costs[best]):
            found.append(_inked(tried.number(best), middle, panel, ink))
    return found


@dataclass(frozen=True)
class _Tried:
    """Places for one number along its line, and how they look at each moment."""

    line: IsoLine
    panel: int
    glances: Sequence[Glance]
    size: float
    ends: np.ndarray  # (k, 3, 3) beginnings, middles and ends of words

    @staticmethod
    def of(line: IsoLine, panel: int, glances: Sequence[Glance], sheet: Sheet, size: float) -> _Tried:
        """Returns all places at which a line has room for its number in the middle of the shot."""
        plot = glances[len(glances) // 2].plots[panel]
        wide = line_width(line.words, sheet.text, size) + 2 * PAD * size
        pixels = plot.at(line.points)
        walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(pixels, axis=0), axis=1))])
        places = walked[::EVERY]
        places = places[(places > wide / 2) & (places < walked[-1] - wide / 2)]
        parts = np.stack([places - wide / 2, places, places + wide / 2], axis=1)
        index = np.interp(parts, walked, np.arange(len(walked)))
        ends = np.stack([np.interp(index, np.arange(len(walked)), line.points[:, k]) for k in range(3)], axis=-1)
        backwards = pixels_of(plot, ends)[:, 2, 0] < pixels_of(plot, ends)[:, 0, 0]
        ends[backwards] = ends[backwards, ::-1]
        return _Tried(line, panel, glances, size, ends)

    def number(self, place: int) -> IsoNumber:
        """Returns the number at one of the places, without its colours."""
        return IsoNumber(self.ends[place], self.line.words, self.line.loss, self.size, np.zeros((3, 3)), "")

    def costs(self, others: Sequence[IsoNumber]) -> np.ndarray:
        """Returns what each place costs beside numbers that stand already, infinite where there is no room."""
        if not len(self.ends):
            return np.zeros(0)
        each = [self._cost_at(glance, others) for glance in self.glances]
        there = np.isfinite(each)
        mean = np.where(there, each, 0.0).sum(0) / np.maximum(there.sum(0), 1) + LEVEL * (1 - there.mean(0))
        middle = there[len(each) // 2]
        return np.where(middle & (there.mean(0) >= LEAST), mean, np.inf)

    def _cost_at(self, glance: Glance, others: Sequence[IsoNumber]) -> np.ndarray:
        plot = glance.plots[self.panel]
        pixels = pixels_of(plot, self.ends)
        angle = angles_of(pixels)
        bent = np.linalg.norm(pixels[:, 1] - pixels[:, [0, 2]].mean(1), axis=1) / self.size
        gap = self._gaps(plot, pixels)
        room = rooms_of(pixels, self.size)
        fits = (bent < BENT) & (np.abs(angle) < STEEPEST[0]) & (gap > SEEN) & (5 * gap > APART * self.size)
        fits &= self._is_free(room, glance, others)
        fits[fits] = is_open(glance.plots, self.panel, self.ends[fits]) > OPEN
        fits[fits] = self._is_backed(plot, self.ends[fits], pixels[fits])
        cost = LEVEL * (angle / STEEPEST[0]) ** 2 + 20 * bent
        cost += CROWDED * np.maximum(0, 1 - gap / (0.6 * self.size))
        if others:
            before = pixels_of(plot, others[-1].points[None])[0, 1]
            cost += LADDER * np.minimum(np.linalg.norm(pixels[:, 1] - before, axis=1) / self.size, 40)
        return np.where(fits, cost, np.inf)

    def _gaps(self, plot: Plot, pixels: np.ndarray) -> np.ndarray:
        """Returns how many pixels lie between the line and the next contour at places (k,)."""
        relief, look = plot.panel.relief, plot.take.look
        middle, reach = self.ends[:, 1], 2 * max(relief.cells)
        x, y = middle[:, 0], middle[:, 1]
        rise = [
            (mesh.height_at(relief, x + dx, y + dy) - mesh.height_at(relief, x - dx, y - dy)) / (2 * reach)
            for dx, dy in ((reach, 0.0), (0.0, reach))
        ]
        up = np.stack(rise, axis=1)
        step = relief.exaggeration / look.contours.count
        away = np.minimum(step / np.maximum((up**2).sum(1), 1e-9), 0.05 / np.maximum(np.linalg.norm(up, axis=1), 1e-9))
        there = plot.at(middle + np.column_stack([up * away[:, None], (up**2).sum(1) * away])) - pixels[:, 1]
        way = pixels[:, 2] - pixels[:, 0]
        length = np.maximum(np.linalg.norm(way, axis=1), 1e-9)
        return np.asarray(np.abs(there[:, 0] * way[:, 1] - there[:, 1] * way[:, 0]) / length)

    def _is_backed(self, plot: Plot, ends: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """Returns which words (k, 3, 3) have open terrain behind all of their height, not a rim or a crest."""
        way = (ends[:, 2] - ends[:, 0])[:, :2]
        across = np.stack([-way[:, 1], way[:, 0]], 1) / np.maximum(np.linalg.norm(way, axis=1), 1e-9)[:, None]
        beside = [self._on_ground(plot, ends[:, 1, :2] + side * NEARBY * across) for side in (-1, 1)]
        tall = np.linalg.norm(plot.at(beside[1]) - plot.at(beside[0]), axis=1) / (2 * NEARBY)  # pixels to the width
        reach = np.minimum(BACKED * self.size / np.maximum(tall, 1e-9), 0.3)[:, None, None]
        backed = np.ones(len(ends), bool)
        for side in (-1, 1):
            flat = (ends[..., :2] + side * reach * across[:, None]).reshape(-1, 2)
            ground = self._on_ground(plot, flat)
            drawn = mesh.covers(plot.panel.relief, plot.take.look.body, *flat.T)
            away = np.linalg.norm(plot.at(ground) - pixels.reshape(-1, 2), axis=1)
            seen = drawn & (away > LEAST_BACKED * self.size) & (plot.clearance(ground) > 0)
            backed &= seen.reshape(-1, 3).all(1)
        return backed

    def _on_ground(self, plot: Plot, flat: np.ndarray) -> np.ndarray:
        return np.column_stack([flat, mesh.height_at(plot.panel.relief, *flat.T)])

    def _is_free(self, room: np.ndarray, glance: Glance, others: Sequence[IsoNumber]) -> np.ndarray:
        """Returns which rooms (k, n, 2) lie within the picture, off words, paths, marks and other numbers."""
        height, width = glance.picture.shape[:2]
        x, y = room[..., 0], room[..., 1]
        free = ((x > self.size) & (y > self.size) & (x < width - self.size) & (y < height - self.size)).all(1)
        for box in glance.taken:
            free &= distance_to(box, room).min(1) > PAD * self.size
        plot = glance.plots[self.panel]
        kept = [rooms_of(pixels_of(plot, other.points[None]), self.size)[0] for other in others]
        lines = [*glance.lines, *kept]
        if lines:
            near, _ = cKDTree(np.concatenate(lines)).query(room)
            free &= near.min(1) > CLEAR * self.size
        return np.asarray(free)


def _inked(number: IsoNumber, glance: Glance, panel: int, ink: str) -> IsoNumber:
    """Returns a number in the colour of words, or black or white where that is not read, and the ground around it."""
    pixels = pixels_of(glance.plots[panel], number.points[None])
    parts = np.array_split(rooms_of(pixels, number.size)[0].reshape(len(ACROSS), -1, 2), 3, axis=1)
    hatched = glance.plots[panel].take.look.hachures.count > 0
    ground = np.stack([_ground(glance.picture, part.reshape(-1, 2), hatched) for part in parts])
    light = ground @ LUMINANCE
    said = readable(light_of(ink), (float(light.min()), float(light.max())))
    # on ground of a middle grey, or among strokes that are louder than words
    if hatched or min(contrast(float(said @ LUMINANCE), float(each)) for each in light) < READ:
        said = np.full(3, float(contrast(1.0, float(light.mean())) > contrast(0.0, float(light.mean()))))
    return replace(number, ground=ground, ink=colour_of(said), halo=HATCHED if hatched else number.halo)


def _ground(picture: np.ndarray, places: np.ndarray, hatched: bool) -> np.ndarray:
    """Returns the linear light (3,) at most of places (n, 2) on a picture, where lines are few, or between strokes."""
    columns, rows = places.astype(int).T
    codes = picture[rows.clip(0, picture.shape[0] - 1), columns.clip(0, picture.shape[1] - 1)]
    light = decoded(codes[:, :3])
    if not hatched:
        return np.asarray(np.median(light, axis=0))
    bright = light @ LUMINANCE
    dark, pale = np.percentile(bright, BETWEEN)
    between = bright >= pale if bright.mean() > UNDER_INK else bright <= dark
    return np.asarray(np.median(light[between], axis=0))


def is_open(plots: Sequence[Plot], panel: int, ends: np.ndarray) -> np.ndarray:
    """Returns by how much lines of sight to the ends (k, 3, 3) of words pass over all terrains, (k,) picture widths."""
    own, points = plots[panel], ends.reshape(-1, 3)
    if not len(points):
        return np.zeros(0)
    least = own.clearance(points)
    for other in plots:
        if other is not own and other.left == own.left:
            least = np.minimum(least, other.clearance(points + other.view.position - own.view.position))
    return np.asarray(least.reshape(-1, 3).min(1))


def presence(number: IsoNumber, plots: Sequence[Plot], panel: int, taken: Sequence[Box]) -> float:
    """Returns how much of a number is there: nothing where it is hidden, upside down, or on other words."""
    pixels = pixels_of(plots[panel], number.points[None])
    room = rooms_of(pixels, number.size)
    angle = abs(float(angles_of(pixels)[0]))
    shares = [
        float(is_open(plots, panel, number.points[None])[0]) / OPEN,
        (STEEPEST[1] - angle) / (STEEPEST[1] - STEEPEST[0]),
        *(float(distance_to(box, room).min()) / (PAD * number.size) for box in taken),
    ]
    share = min(1.0, max(0.0, min(shares)))
    return share * share * (3 - 2 * share)
