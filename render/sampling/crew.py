"""Crews: who measures the tiles of a field. One process, here; several, in team.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from render.loss.measurement import Evaluator
from render.progress import Task
from render.sampling.adaptive import Unfinished
from render.sampling.field import Field
from render.sampling.layer import Tile
from render.sampling.status import Status

LOOK = 0.5  # seconds between two looks at the clock, about
SAVED = 10.0  # seconds after which an unfinished tile is written


class Crew(Protocol):
    """Measures the points of a field."""

    def measure(self, field: Field, wanted: np.ndarray, task: Task) -> None:
        """Measures all wanted points (m, n) bool that are missing; raises Unfinished where some are another's."""


@dataclass(frozen=True)
class Alone:
    """One process, for all tiles or for every n-th of them."""

    evaluator: Evaluator
    shard: tuple[int, int] | None = None  # (i, n), i from 1

    def measure(self, field: Field, wanted: np.ndarray, task: Task) -> None:
        """Measures tile after tile, each written when it is done, or every ten seconds."""
        pace = Pace(self.evaluator.batch)
        for tile in field.missing(wanted, self.shard or (1, 1)):
            measure_tile(self.evaluator, field, tile, wanted[tile], task.advance, pace)
        if self.shard and field.missing(wanted):
            field.refresh()
            left = len(field.missing(wanted))
            if left:
                raise Unfinished(f"{left} tiles are for other shards" if left > 1 else "1 tile is for another shard")


class Pace:
    """How many points to measure at a time, so that progress moves, little is lost, and calls cost next to nothing."""

    def __init__(self, batch: int):
        self._size = max(1, batch)

    def parts(self, order: np.ndarray) -> Iterator[np.ndarray]:
        """Gives an array in parts, of which each takes about LOOK seconds between two of them."""
        start = 0
        while start < len(order):
            began, size = time.monotonic(), self._size
            yield order[start : start + size]
            start += size
            if time.monotonic() - began < LOOK / 2 and size < len(order):
                self._size = 2 * size


def measure_tile(
    evaluator: Evaluator,
    field: Field,
    tile: Tile,
    wanted: np.ndarray,
    advance: Callable[[int], None],
    pace: Pace,
) -> None:
    """Measures the wanted points (h, w) of a tile that are missing, and saves them, also where it is stopped."""
    left = wanted & (field.values["status"][tile] == Status.MISSING)
    order, places = np.flatnonzero(left), field.places(tile)
    saved, dirty = time.monotonic(), False
    try:
        for part in pace.parts(order):
            mask = np.zeros(left.size, bool)
            mask[part] = True
            mask = mask.reshape(left.shape)
            field.put(tile, mask, evaluator.measure(places[mask]))
            dirty = True
            advance(int(mask.sum()))
            if time.monotonic() - saved > SAVED:
                field.save(tile)
                saved, dirty = time.monotonic(), False
    finally:
        if dirty:
            field.save(tile)
