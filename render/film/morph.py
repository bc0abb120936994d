"""The morph of a series: at every moment of a shot one terrain, and the paths on it, between two stops.

Between stops every height follows a monotone cubic (Fritsch and Butland 1984): it passes through what was measured,
goes beyond neither neighbour, and changes its speed at no stop all at once, so that nothing flickers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from render.film.easing import clamp, smooth
from render.film.panel import Panel
from render.film.zooming import magnified, window_at, zoomed
from render.landscape.landscape import Landscape
from render.landscape.series import Series
from render.sampling.status import Status
from render.sampling.surface import Surface
from render.scene.look import LookPreset
from render.scene.shot import Shot
from render.space.path import Path
from render.stage.body.cutting import Corner
from render.stage.body.relief import Levelled, Relief

MOST_HELD = 0.25  # of a shot, that each of its ends rests
MOST_LEVELS = 2**20  # that stand for all when the palette is dealt out by area


def place(share: float, count: int, ease: str, hold: float) -> float:
    """Returns the fractional number of the stop, 0 to count − 1, that is shown at a share of a shot.

    hold: share of the shot that each end rests, at most a quarter. ease: stops comes to rest at each stop, whole only
    at the ends.
    """
    rest = min(hold, MOST_HELD)
    gone = float(clamp((share - rest) / (1 - 2 * rest)))
    if ease == "whole":
        return float(smooth(gone)) * (count - 1)
    whole = min(int(gone * (count - 1)), count - 2)
    return whole + float(smooth(gone * (count - 1) - whole))


def between(stops: Sequence[np.ndarray], index: float) -> np.ndarray:
    """Returns the values at a fractional index among stops of one shape; what is not finite is that of the nearest."""
    last = len(stops) - 1
    low = min(int(index), last - 1)
    share = index - low
    if share in (0.0, 1.0):
        return np.asarray(stops[low + round(share)])
    a, b = stops[low], stops[low + 1]
    with np.errstate(invalid="ignore", over="ignore"):
        rise = b - a
        first = _slope(a - stops[low - 1], rise) if low else rise
        second = _slope(rise, stops[low + 2] - b) if low + 2 <= last else rise
        bend = 3 * rise - 2 * first - second
        found = a + share * (first + share * (bend + share * (first + second - 2 * rise)))
    known = np.isfinite(found)
    return found if known.all() else np.where(known, found, a if share < 0.5 else b)


def _slope(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Returns the speed at a stop: the harmonic mean of the rises on both sides, none where it turns back there."""
    product = before * after
    alike = product > 0
    return np.where(alike, 2 * product / np.where(alike, before + after, 1), 0).astype(product.dtype)


@dataclass(frozen=True)
class Morph:
    """A series with its reliefs, all on one scale."""

    series: Series
    reliefs: tuple[Relief, ...]
    lay: Callable[[Shot, LookPreset, Landscape, Relief], Panel]  # makes a panel of a relief, with its paths

    def panel(self, shot: Shot, look: LookPreset, index: float) -> Panel:
        """Returns a panel of it at a fractional stop."""
        relief = self.relief(index)
        made = replace(self.lay(shot, look, self.landscape(index, relief), relief), stop=self.stop(index))
        head = self.head(index)
        return made if head is None else replace(made, walks=tuple(replace(walk, at=head) for walk in made.walks))

    def widest(self, shot: Shot, look: LookPreset) -> Panel:
        """Returns a panel with its last paths on the highest that its terrain ever is, which a camera is chosen for."""
        last, highest = len(self.reliefs) - 1.0, self.envelope
        return self.lay(shot, look, self.landscape(last, highest), highest)

    def cut(self, corner: Corner | None) -> Morph:
        """Returns it with a corner cut off all its reliefs."""
        return replace(self, reliefs=tuple(replace(relief, corner=corner) for relief in self.reliefs))

    def index(self, share: float, duration: float) -> float:
        """Returns the fractional number of the stop at a share of a shot of a duration, seconds."""
        return place(share, len(self.reliefs), self.series.ease, self.series.hold / duration)

    def stop(self, index: float) -> str:
        """Returns what the nearest stop is called; of a zoom, how many times it magnifies."""
        if self.series.kind == "zoom":
            return f"magnification={magnified(float(self.series.record['series']['factor']) ** index)}"
        return self.series.stops[round(index)]

    def relief(self, index: float) -> Relief:
        """Returns the relief at a fractional stop; a cell is drawn as diverged while either neighbour is."""
        nearest = self.reliefs[round(index)]
        if self.series.kind == "zoom":
            zoom, finite = zoomed(self.series, self.reliefs, index)
            return replace(self.reliefs[0], level=zoom, finite=finite, scale=nearest.scale)
        low, high = (self.reliefs[int(bound(index))] for bound in (np.floor, np.ceil))
        level = between([relief.level for relief in self.reliefs], index).clip(0, 1)
        return replace(nearest, level=level, finite=low.finite & high.finite, levelled=self.levelled)

    @property
    def levelled(self) -> Levelled:
        """The most that is drawn level in any of the reliefs."""
        parts = [relief.levelled for relief in self.reliefs]
        return Levelled(max(part.low for part in parts), max(part.high for part in parts))

    @property
    def envelope(self) -> Relief:
        """The highest that each cell ever is: what a camera has to clear."""
        if self.series.kind == "zoom":
            return self.reliefs[-1]
        level = np.maximum.reduce([relief.level for relief in self.reliefs])
        return replace(self.reliefs[-1], level=level, levelled=self.levelled)

    @property
    def levels(self) -> np.ndarray:
        """Levels (n,) of cells of all reliefs, evenly chosen, in place of every one."""
        every = max(1, sum(relief.level.size for relief in self.reliefs) // MOST_LEVELS)
        return np.concatenate([relief.level.ravel()[::every] for relief in self.reliefs])

    def landscape(self, index: float, relief: Relief) -> Landscape:
        """Returns the landscape at a fractional stop, with its relief."""
        nearest = self.series.landscapes[round(index)]
        if self.series.kind == "zoom":
            return replace(nearest, surface=self._window(index, relief), record=self.series.record)
        loss = np.where(relief.finite, relief.scale.loss(relief.level), np.inf).astype(np.float32)
        surface = nearest.surface
        if index != round(index):
            surface = Surface(surface.plane, surface.grid, loss, surface.accuracy, surface.status, surface.record)
        return replace(nearest, surface=surface, paths=self._paths(index), record=self.series.record)

    def _window(self, index: float, relief: Relief) -> Surface:
        """Returns the surface of a window between two that were measured; its values are those of the nearest scale."""
        loss = relief.scale.loss(relief.level).astype(np.float32)
        status = np.full(loss.shape, Status.INTERPOLATED, np.uint8)
        nearest = self.series.landscapes[round(index)].surface
        grid, accuracy = window_at(self.series, index), np.full(loss.shape, np.nan, np.float32)
        return Surface(nearest.plane, grid, loss, accuracy, status, nearest.record)

    def head(self, index: float) -> float | None:
        """Returns the place in the trajectory that the plane is centred on, or None where it is on none."""
        if self.series.kind != "ride-along":
            return None
        heads = [self.series.head(number) for number in range(len(self.reliefs))]
        known = [np.asarray(float(head)) for head in heads if head is not None]
        return float(between(known, index)) if len(known) == len(heads) else None

    def _paths(self, index: float) -> tuple[Path, ...]:
        count = min(len(landscape.paths) for landscape in self.series.landscapes)
        every = [[landscape.paths[number] for landscape in self.series.landscapes] for number in range(count)]
        paths = tuple(_path(each, index) for each in every)
        head = self.head(index)
        return tuple(_centred(path, head) for path in paths) if head is not None else paths


def _path(paths: Sequence[Path], index: float) -> Path:
    """Returns the path at a fractional stop, with as many points as the longest has."""
    longest = max(map(len, paths))
    parts = {field.name: _resampled(paths, field.name, longest) for field in fields(Path)}
    made = {name: between([np.asarray(part, np.float64) for part in every], index) for name, every in parts.items()}
    return Path(**{**made, "steps": np.round(made["steps"]).astype(np.int64)})


def _resampled(paths: Sequence[Path], name: str, count: int) -> list[np.ndarray]:
    shares = np.linspace(0, 1, count)
    arrays = [np.asarray(getattr(path, name)) for path in paths]
    return [
        part if len(part) == count else np.interp(shares, np.linspace(0, 1, len(part)), part.astype(np.float64))
        for part in arrays
    ]


def _centred(path: Path, head: float) -> Path:
    """Returns a path moved within the plane so that its head is in the middle."""
    at: Callable[[Any], float] = lambda part: float(np.interp(head, np.arange(len(path)), part))  # noqa: E731
    return replace(path, alpha=path.alpha - at(path.alpha), beta=path.beta - at(path.beta))
