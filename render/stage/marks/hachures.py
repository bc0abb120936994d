"""Hachures: strokes down the slope, whose share of the ground tells how steep it is (Lehmann, 1799).

    share of ink = strength · min(1, angle / 45°)

In each band between two index contours strokes are set along the line half-way up and led up and down the gradient, all
by the same steps of height, so that the distance of neighbours is known everywhere: a stroke's width is the share times
that distance, whether strokes come together or part. The closest are a count to the picture's width; where the share
asks for less than the thinnest stroke they stand farther apart instead, up to SPARSE times, and then there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from render.scene.lines import Hachures
from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.marks.isolines import isolines

BEYOND = 0.1  # picture widths that slopes go on beyond the edge
STEEP = 45.0  # degrees from which on the share grows no more
SPARSE = 4.0  # distance of the farthest strokes / of the closest
CALM = 0.3  # of the closest distance, over which slopes are smoothed: strokes beside each other run alike
SPAN = 0.9  # of the way from contour to contour, that a stroke takes
STRAY = 0.5  # of its rise, that a step may miss
TURN = 0.9  # cosine of the angle that a slope may turn by in a step
LONGEST_STEP = 2.5  # of the distance of strokes, that a step may be long
LED = 6  # steps up, and as many down
BANDS = 8  # over the height, where there are no contours
MAJOR = 5  # contours from one index line to the next
CROWDED, PARTED = 0.6, 1.6  # of the wanted distance, at which strokes end and begin between contours
LEAST_APART, MOST_APART = 0.5, 1.3  # of the wanted distance, within which that of neighbours counts


@dataclass(frozen=True)
class Strokes:
    """Pieces of strokes; several in a row make one."""

    starts: np.ndarray  # (n, 2) picture widths
    ends: np.ndarray  # (n, 2)
    widths: np.ndarray  # (n, 2) at both ends, picture widths


def share_of(tangent: np.ndarray, strength: float) -> np.ndarray:
    """Returns the share of ink on ground of a slope, given by the tangent of its angle."""
    return np.asarray(strength * np.minimum(1.0, np.degrees(np.arctan(tangent)) / STEEP))


def distance_of(share: np.ndarray, style: Hachures) -> np.ndarray:
    """Returns the distance of strokes, picture widths, where they have a share of the ground; infinite for none."""
    apart = style.width / np.maximum(share, 1e-9)
    return np.where(apart <= SPARSE, np.maximum(1.0, apart), np.inf) / style.count


class Slopes:
    """The slopes of a relief, smoothed so that strokes beside each other run alike."""

    def __init__(self, relief: Relief, body: str, style: Hachures):
        """Smooths the level of a relief, which goes on beyond its edge so that strokes may enter there."""
        self._relief, self._body = relief, body
        self._border = tuple(
            min(size - 1, int(BEYOND / cell)) for size, cell in zip(relief.level.shape, relief.cells[::-1], strict=True)
        )
        wide = np.pad(
            relief.level.astype(np.float64), [(each, each) for each in self._border], "reflect", reflect_type="odd"
        )
        self.level = gaussian_filter(wide, smoothed_over(relief, style))
        rise = np.gradient(self.level, relief.cells[1], relief.cells[0])
        self._rise = [part * relief.exaggeration for part in rise[::-1]]
        up, across = self._border
        rows, columns = self.level.shape
        self.tangent = np.hypot(*self._rise)[up : rows - up, across : columns - across]

    def at(self, places: np.ndarray) -> np.ndarray:
        """Returns the gradients (n, 2) of the drawn height at places (n, 2)."""
        cells = self.cells_of(places)
        return np.stack([map_coordinates(part, cells, order=1, mode="nearest") for part in self._rise], axis=1)

    def height_at(self, places: np.ndarray) -> np.ndarray:
        """Returns the smoothed heights (n,) at places (n, 2), picture widths."""
        found = map_coordinates(self.level, self.cells_of(places), order=1, mode="nearest")
        return np.asarray(found * self._relief.exaggeration)

    def cells_of(self, places: np.ndarray) -> np.ndarray:
        """Returns rows and columns (2, n), as the level has them, of places (n, 2)."""
        rows, columns = self._relief.level.shape
        x, y = places.T
        up, across = self._border
        return np.stack([(y / self._relief.depth + 0.5) * (rows - 1) + up, (x + 0.5) * (columns - 1) + across])

    def places_of(self, cells: np.ndarray) -> np.ndarray:
        """Returns places (n, 2), picture widths, of rows and columns (n, 2)."""
        rows, columns = self._relief.level.shape
        row, column = (cells - self._border).T
        return np.stack([column / (columns - 1) - 0.5, (row / (rows - 1) - 0.5) * self._relief.depth], axis=1)

    def drawn(self, places: np.ndarray) -> np.ndarray:
        """Returns which of places (n, 2) lie on terrain whose loss is known."""
        rows, columns = np.rint(self.cells_of(places).T - self._border).astype(int).T
        last_row, last_column = (count - 1 for count in self._relief.level.shape)
        known = self._relief.finite[rows.clip(0, last_row), columns.clip(0, last_column)]
        return np.asarray(known & mesh.covers(self._relief, self._body, *places.T))


def smoothed_over(relief: Relief, style: Hachures) -> float:
    """Returns the cells over which slopes are smoothed."""
    return CALM / style.count / min(relief.cells)


def strokes_of(slopes: Slopes, style: Hachures, contours: int, exaggeration: float) -> Strokes:
    """Returns the strokes on slopes of a relief of an exaggeration with so many contours."""
    bands = contours / MAJOR if contours else BANDS
    half = 0.5 * SPAN / bands * exaggeration
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for level in (np.arange(int(bands) + 1) + 0.5) / bands:
        for cells in isolines(slopes.level, level):
            seeds = _set_apart(slopes, slopes.places_of(cells), style)
            if len(seeds):
                parts.extend(_pieces(slopes, seeds, half, style))
    if not parts:
        return Strokes(*(np.zeros((0, 2)) for _ in range(3)))
    return Strokes(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _set_apart(slopes: Slopes, line: np.ndarray, style: Hachures) -> np.ndarray:
    """Returns places (k, 2) along a line (n, 2), each its distance from the next."""
    if len(line) < 2:
        return np.zeros((0, 2))
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    middles = 0.5 * (line[1:] + line[:-1])
    share = share_of(np.linalg.norm(slopes.at(middles), axis=1), style.strength)
    count = np.concatenate([[0.0], np.cumsum(lengths / distance_of(share, style))])
    wanted = np.arange(0.5, count[-1])
    rising = np.concatenate([[True], np.diff(count) > 0])  # where there are none a line has no places
    return np.stack([np.interp(wanted, count[rising], line[rising, k]) for k in range(2)], axis=1)


def _pieces(
    slopes: Slopes, seeds: np.ndarray, half: float, style: Hachures
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Gives the pieces of strokes from seeds (k, 2) up and down by half a band's height, on ground that is drawn."""
    for rise in (half / LED, -half / LED):
        here, alive = seeds, np.ones(len(seeds), bool)
        for _ in range(LED):
            here, alive = _evened(slopes, here, alive, style)
            there = _led(slopes, here, rise)
            wide, next_wide = _widths(slopes, here, style), _widths(slopes, there, style)
            alive = alive & _is_down(slopes, (here, there), rise, style) & (wide > 0) & (next_wide > 0)
            shown = alive & slopes.drawn(here) & slopes.drawn(there)
            yield here[shown], there[shown], np.stack([wide, next_wide], 1)[shown]
            here = there


def _evened(slopes: Slopes, places: np.ndarray, alive: np.ndarray, style: Hachures) -> tuple[np.ndarray, np.ndarray]:
    """Returns places (k, 2) and whether each is drawn, less every other where they crowd, and more where they part."""
    gaps, wanted = _gaps(places), _wanted(slopes, places, style)
    crowded = (gaps[:-1] < CROWDED * wanted) & (gaps[1:] < CROWDED * wanted) & (np.arange(len(places)) % 2 == 1)
    places, alive, wanted = places[~crowded], alive[~crowded], wanted[~crowded]
    wide = _gaps(places)[1:-1] > PARTED * np.minimum(wanted[1:], wanted[:-1])
    between = np.flatnonzero(wide & alive[1:] & alive[:-1])
    new = 0.5 * (places[between] + places[between + 1])
    return np.insert(places, between + 1, new, axis=0), np.insert(alive, between + 1, True)


def _gaps(places: np.ndarray) -> np.ndarray:
    """Returns how far places (k, 2) lie from those before and after them, (k + 1,), infinite at the ends."""
    return np.concatenate([[np.inf], np.linalg.norm(np.diff(places, axis=0), axis=1), [np.inf]])


def _is_down(slopes: Slopes, step: tuple[np.ndarray, np.ndarray], rise: float, style: Hachures) -> np.ndarray:
    """Returns which steps (k,) follow one slope by the wanted rise; where it ends, they lead astray."""
    here, there = step
    risen = (slopes.height_at(there) - slopes.height_at(here)) / rise
    before, after = slopes.at(here), slopes.at(there)
    apart = distance_of(share_of(np.linalg.norm(before, axis=1), style.strength), style)
    long = np.linalg.norm(there - here, axis=1) > LONGEST_STEP * apart
    turned = (before * after).sum(1) < TURN * np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.asarray(~turned & ~long & (np.abs(risen - 1) < STRAY))


def _led(slopes: Slopes, places: np.ndarray, rise: float) -> np.ndarray:
    """Returns where places (k, 2) come to along the gradient by a rise, by the midpoint rule."""
    return places + _way(slopes, places + 0.5 * _way(slopes, places, rise), rise)


def _way(slopes: Slopes, places: np.ndarray, rise: float) -> np.ndarray:
    gradient = slopes.at(places)
    return rise * gradient / np.maximum((gradient**2).sum(1, keepdims=True), 1e-4)


def _wanted(slopes: Slopes, places: np.ndarray, style: Hachures) -> np.ndarray:
    """Returns the distances (k,) that strokes at places (k, 2) should have, infinite for none."""
    return distance_of(share_of(np.linalg.norm(slopes.at(places), axis=1), style.strength), style)


def _widths(slopes: Slopes, places: np.ndarray, style: Hachures) -> np.ndarray:
    """Returns the widths (k,) of strokes that are at places (k, 2), each beside its neighbours; 0 for none."""
    share = share_of(np.linalg.norm(slopes.at(places), axis=1), style.strength)
    wanted = distance_of(share, style)
    gaps = _gaps(places)
    before, after = (np.where(np.isfinite(each), each, wanted) for each in (gaps[:-1], gaps[1:]))
    there = np.isfinite(wanted)
    wanted = np.where(there, wanted, 0.0)
    apart = 0.5 * (np.where(there, before, 0.0) + np.where(there, after, 0.0))
    apart = np.clip(apart, LEAST_APART * wanted, MOST_APART * wanted)
    return np.asarray(share * apart / SPAN)
