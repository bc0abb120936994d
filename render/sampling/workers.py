"""Workers: processes that measure the tiles of a field, each by the recipe that it was sent."""

from __future__ import annotations

import contextlib
import importlib
import pickle
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import MachineError, UsageError
from render.loss.measurement import Evaluator
from render.progress import Task
from render.sampling.crew import Pace, TilePart, parts_of
from render.sampling.field import Field
from render.sampling.layer import Tile, TileWindow
from render.sampling.surface import SurfaceStore
from render.sampling.team import Team, is_stopped
from render.space.grid import Grid
from render.space.section import Section


@dataclass(frozen=True)
class Recipe:
    """What a worker needs to measure on its own."""

    objective: Any
    plane: Section
    grid: Grid  # on which a reduced precision is checked here too
    strategy: str
    precision: str
    folder: str

    def packed(self) -> bytes:
        """Returns the recipe as bytes; raises UsageError where the network or its criterion cannot be sent."""
        for pickler in PICKLERS:
            try:
                return bytes(importlib.import_module(pickler).dumps(self))
            except Exception as error:  # whatever pickling a stranger's network raises
                fault = error
        raise UsageError(
            f"workers: the network or criterion cannot be sent to another process ({fault}); "
            "define them at the top of a module"
        ) from fault


PICKLERS = ("cloudpickle", "pickle")  # the first, which Dask brings, sends also what a script or a notebook defines


@dataclass(frozen=True)
class Errand:
    """One tile of one layer, for a worker."""

    name: str
    tile: Tile
    places: np.ndarray  # (h, w, 2)
    wanted: np.ndarray  # (h, w) bool


_HELD: dict[int, tuple[Evaluator, SurfaceStore]] = {}
_ONE = threading.Lock()  # a network is one thread's at a time


def run_errand(packed: bytes, errand: Errand) -> int:
    """Measures and writes one tile in a worker; returns the receipt, how many points it has measured."""
    with _ONE:
        evaluator, store = _held(packed)
        layer = store.part(errand.name) if errand.name else store.layer
        if layer is None:
            raise MachineError(f"{store.folder}: {errand.name} cannot be read by a worker; run it again")
        window = TileWindow(layer, errand.tile)
        field = Field.of(errand.name, errand.wanted.shape, lambda _: errand.places, window, lambda _: None)
        count: list[int] = []

        def advance(points: int) -> None:
            count.append(points)
            if is_stopped():
                raise KeyboardInterrupt

        whole = (slice(None), slice(None))
        with contextlib.closing(parts_of(field, whole, errand.wanted, advance, Pace(evaluator.batch))) as parts:
            for part in parts:
                part.put(evaluator.measure(part.places))
        return sum(count)


def _held(packed: bytes) -> tuple[Evaluator, SurfaceStore]:
    key = hash(packed)
    if key not in _HELD:
        recipe: Recipe = pickle.loads(packed)
        store = SurfaceStore.open(Path(recipe.folder))
        if store is None:
            raise MachineError(f"{recipe.folder}: cannot be read by a worker; share the folder of results with it")
        plane = recipe.plane
        evaluator = recipe.objective.on(plane.origin, plane.u, plane.v, recipe.strategy, grid=recipe.grid)
        if (evaluator.strategy, evaluator.precision) != (recipe.strategy, recipe.precision):
            raise MachineError(
                f"workers: one of them measures by {evaluator.strategy} in {evaluator.precision}, not by "
                f"{recipe.strategy} in {recipe.precision}; give all machines the same compiler, or choose a strategy"
            )
        _HELD.clear()
        _HELD[key] = evaluator, store
    return _HELD[key]


@dataclass(frozen=True)
class TileTeam:
    """A team whose errands are the tiles of a field."""

    team: Team

    def parts(self, field: Field, wanted: np.ndarray, task: Task) -> Generator[TilePart, None, None]:
        """Hands out the tiles that are missing until none is left; raises MachineError where workers bring nothing."""
        yield from ()  # its caller has nothing to measure
        while left := field.missing(wanted):
            errands = (Errand(field.name, tile, field.places(tile), wanted[tile]) for tile in left)
            for points in self.team.receipts(errands):
                task.advance(points)
            field.refresh()
            if len(field.missing(wanted)) == len(left):
                raise MachineError(
                    "workers: none of them measured anything; look at their logs, or measure without them"
                )
