"""Crews: who measures the tiles of a field. One process, here; several, in workers.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from render.loss.measurement import Measurement
from render.progress import Task
from render.sampling.adaptive import Unfinished
from render.sampling.field import Field
from render.sampling.layer import Tile
from render.sampling.status import Status

LOOK = 0.5  # seconds between two looks at the clock, about
SAVED = 10.0  # seconds after which an unfinished tile is written


class Crew(Protocol):
    """Sees to it that the points of a field are measured."""

    def parts(self, field: Field, wanted: np.ndarray, task: Task) -> Generator[TilePart, None, None]:
        """Gives, part by part, the wanted points (m, n) bool that are missing and for its caller to measure.

        Those that other processes measure are there in the end; raises Unfinished where some are another call's.
        """


@dataclass(frozen=True)
class TilePart:
    """Points of a tile that are to be measured at a time."""

    field: Field
    tile: Tile
    mask: np.ndarray  # (h, w) bool, which of the tile
    places: np.ndarray  # (B, 2)

    def put(self, found: Measurement) -> None:
        """Puts what was measured where it belongs."""
        self.field.put(self.tile, self.mask, found)


@dataclass(frozen=True)
class Alone:
    """One process, for all tiles or for every n-th of them."""

    batch: int  # points that are measured at once at the least
    shard: tuple[int, int] | None = None  # (i, n), i from 1

    def parts(self, field: Field, wanted: np.ndarray, task: Task) -> Generator[TilePart, None, None]:
        """Gives tile after tile, each written when it is done, or every ten seconds."""
        pace = Pace(self.batch)
        for tile in field.missing(wanted, self.shard or (1, 1)):
            yield from parts_of(field, tile, wanted[tile], task.advance, pace)
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


def parts_of(
    field: Field,
    tile: Tile,
    wanted: np.ndarray,
    advance: Callable[[int], None],
    pace: Pace,
) -> Generator[TilePart, None, None]:
    """Gives the wanted points (h, w) of a tile that are missing, and saves what is put, also where it is closed."""
    left = wanted & (field.values["status"][tile] == Status.MISSING)
    order, places = np.flatnonzero(left), field.places(tile)
    saved, dirty = time.monotonic(), False
    try:
        for part in pace.parts(order):
            mask = np.zeros(left.size, bool)
            mask[part] = True
            mask = mask.reshape(left.shape)
            yield TilePart(field, tile, mask, places[mask])
            dirty = True
            advance(int(mask.sum()))
            if time.monotonic() - saved > SAVED:
                field.save(tile)
                saved, dirty = time.monotonic(), False
    finally:
        if dirty:
            field.save(tile)
