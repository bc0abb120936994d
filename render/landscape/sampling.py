"""Sampling: the loss at every cell of a grid, tile by tile, each written to disk as soon as it is measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from render.errors import MachineError
from render.landscape.grid import Grid
from render.landscape.objective import Evaluator
from render.landscape.plane import Plane
from render.landscape.surface import TILE, Status, Surface, SurfaceStore, blank
from render.progress import Reporter


class PlaneObjective(Protocol):
    """An objective that can be prepared for one plane."""

    def on(self, origin: np.ndarray, u: np.ndarray, v: np.ndarray) -> Evaluator:
        """Returns an evaluator for θ₀ + α·u + β·v."""


def sample(
    objective: PlaneObjective,
    plane: Plane,
    grid: Grid,
    store: Path | str | None = None,
    *,
    record: Mapping[str, Any] | None = None,
    progress: Reporter | None = None,
    name: str = "surface",
) -> Surface:
    """Returns the surface of an objective over the grid of a plane, every cell measured.

    With a store (a folder), finished tiles are kept there, and only the missing ones are measured; one that was begun
    for something else is replaced. Raises MachineError where it was begun with compiled kernels, which this machine
    lacks. A loss that is not finite is kept as it came, with the status diverged.
    """
    evaluator = objective.on(plane.origin, plane.u, plane.v)
    reporter = progress or Reporter.silent()
    details = {
        **(record or {}),
        "strategy": evaluator.strategy,
        "variance_share": plane.variance_share,
        "geometry": geometry_digest(plane, grid),
    }
    kept = _opened(Path(store), plane, grid, details, reporter) if store is not None else None
    values = kept.read(lambda tile: reporter.say(f"{name}: a damaged tile is measured again")) if kept else None
    values = values or blank(grid.shape)
    tiles = [tile for tile in grid.tiles(TILE) if (values["status"][tile] == Status.MISSING).any()]
    if tiles:
        done = int((values["status"] != Status.MISSING).sum())
        with reporter.task(f"measuring {name}", total=values["status"].size, unit="points", done=done) as task:
            for tile in tiles:
                for key, part in measure_tile(evaluator, grid, tile).items():
                    values[key][tile] = part
                if kept:
                    kept.write(tile, {key: array[tile] for key, array in values.items()})
                task.advance(values["status"][tile].size)
    return Surface(plane, grid, **values, record=details)


def measure_tile(evaluator: Evaluator, grid: Grid, tile: tuple[slice, slice]) -> dict[str, np.ndarray]:
    """Returns loss, accuracy and status of one rectangle of cells."""
    shape = tuple(part.stop - part.start for part in tile)
    measured = evaluator.measure(grid.coordinates(*tile))
    status = np.where(np.isfinite(measured.loss), Status.MEASURED, Status.DIVERGED).astype(np.uint8)
    parts = {"loss": measured.loss, "accuracy": measured.accuracy, "status": status}
    return {key: part.reshape(shape) for key, part in parts.items()}


def geometry_digest(plane: Plane, grid: Grid) -> str:
    """Returns a hash of where the points lie, so that a store is never continued on another plane."""
    digest = hashlib.sha256()
    for values in (plane.origin, plane.u, plane.v, grid.alphas, grid.betas):
        digest.update(np.ascontiguousarray(values, np.float64).tobytes())
    return digest.hexdigest()


def _opened(folder: Path, plane: Plane, grid: Grid, record: Mapping[str, Any], reporter: Reporter) -> SurfaceStore:
    found, asked = SurfaceStore.open(folder), _as_stored(record)
    if found is not None and found.record == asked and found.arrays["status"].shape == grid.shape:
        found.mend_geometry(plane, grid)
        return found
    if found is not None and {**found.record, "strategy": asked["strategy"]} == asked:
        _require_strategy(folder, found.record["strategy"])
    if folder.exists():
        reason = "cannot be read" if found is None else f"was begun with {_difference(found.record, asked)}"
        reporter.say(f"{folder}: {reason}; it is replaced, and every point measured anew")
    return SurfaceStore.create(folder, plane, grid, record)


def _require_strategy(folder: Path, strategy: str) -> None:
    if strategy == "dense-compiled":
        raise MachineError(
            f"{folder}: was begun with compiled kernels, and none can be compiled now; `apt install g++` brings a "
            "compiler, or remove the folder to measure every point anew"
        )


def _difference(found: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    names = sorted(name for name in {*found, *asked} if found.get(name) != asked.get(name))
    return f"another {' and '.join(names) or 'number of points'}"


def _as_stored(record: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(record))
