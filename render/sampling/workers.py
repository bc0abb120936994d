"""Teams: several processes that measure the tiles of a field, of this machine or of a cluster.

Each writes its tile to the shared folder and sends back a receipt, no array; what is left is read from disk, so that a
worker that dies costs its tile and nothing else.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from render.errors import MachineError, UsageError
from render.interrupts import not_inherited
from render.loss.measurement import Evaluator
from render.progress import Task
from render.sampling.crew import Pace, TilePart, parts_of
from render.sampling.field import Field
from render.sampling.layer import Tile, TileWindow
from render.sampling.surface import SurfaceStore
from render.space.grid import Grid
from render.space.section import Section

UNDER_WAY = 256  # errands; more workers than that would wait for each other
PATIENCE = 10  # seconds in which a scheduler answers and has a worker


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
_STOPPED: list[Any] = []  # an event, in the processes of this machine


def _begin(threads: int, stopped: Any) -> None:
    """Prepares a process of this machine, which ends with its parent and leaves Ctrl-C to it."""
    torch.set_num_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _STOPPED.append(stopped)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


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
            if any(event.is_set() for event in _STOPPED):
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
class Team:
    """Several processes: of this machine, or the workers of a Dask cluster."""

    submit: Callable[[Errand], Any]
    wait: Callable[[set[Any]], tuple[set[Any], set[Any]]]  # until one is done; gives those that are, and the rest

    def parts(self, field: Field, wanted: np.ndarray, task: Task) -> Generator[TilePart, None, None]:
        """Hands out the tiles that are missing until none is left; raises MachineError where workers bring nothing."""
        yield from ()  # its caller has nothing to measure
        while left := field.missing(wanted):
            self._run((Errand(field.name, tile, field.places(tile), wanted[tile]) for tile in left), task)
            field.refresh()
            if len(field.missing(wanted)) == len(left):
                raise MachineError(
                    "workers: none of them measured anything; look at their logs, or measure without them"
                )

    def _run(self, errands: Iterator[Errand], task: Task) -> None:
        """Keeps a number of errands under way, so that the places of a million points are never in memory at once."""
        under_way = {self.submit(errand) for errand in itertools.islice(errands, UNDER_WAY)}
        while under_way:
            done, under_way = self.wait(under_way)
            for future in done:
                task.advance(future.result())
            under_way |= {self.submit(errand) for errand in itertools.islice(errands, len(done))}


@contextlib.contextmanager
def processes(count: int, recipe: Recipe) -> Iterator[Team]:
    """Gives a team of processes of this machine, which share its cores."""
    packed, threads = recipe.packed(), max(1, (os.cpu_count() or 1) // count)
    context = multiprocessing.get_context("spawn")
    stopped = context.Event()
    pool = futures.ProcessPoolExecutor(count, context, _begin, (threads, stopped))

    def wait(under_way: set[Any]) -> tuple[set[Any], set[Any]]:
        return futures.wait(under_way, return_when=futures.FIRST_COMPLETED)

    def submit(errand: Errand) -> Any:
        with not_inherited():  # a process begins when there is something for it
            return pool.submit(run_errand, packed, errand)

    try:
        yield Team(submit, wait)
    except BrokenProcessPool as error:
        raise MachineError(
            "workers: one of them was ended, for lack of memory perhaps, or since a script of its own does not say "
            "`if __name__ == '__main__':`; the same command goes on where it was"
        ) from error
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def cluster(address: str, recipe: Recipe) -> Iterator[Team]:
    """Gives the workers of a Dask scheduler; they need the same folder of results."""
    try:
        import distributed
    except ImportError as error:
        raise MachineError("scheduler: needs Dask; `pip install thalweg[cluster]` brings it") from error
    packed = recipe.packed()
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise MachineError(f"scheduler: none answers at {address}; start one with `dask scheduler`") from error

    def wait(under_way: set[Any]) -> tuple[set[Any], set[Any]]:
        found = distributed.wait(under_way, return_when="FIRST_COMPLETED")
        return found.done, found.not_done

    with client:
        try:
            client.wait_for_workers(1, PATIENCE)
            sent = client.scatter(packed, broadcast=True)
            yield Team(lambda errand: client.submit(run_errand, sent, errand, pure=False), wait)
        except TimeoutError as error:
            raise MachineError(f"scheduler: {address} has no workers; start some with `dask worker`") from error
        except (distributed.KilledWorker, distributed.CancelledError) as error:
            raise MachineError(
                f"workers: too many of them ended ({error}), for lack of memory perhaps; "
                "the same command goes on where it was"
            ) from error
