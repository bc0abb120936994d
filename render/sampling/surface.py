"""The surface: a plane, a grid, and what was measured at every cell, with the status of each.

On disk it is a Zarr group: origin, u, v and the axes; loss, accuracy and status of every cell; for an adaptive surface
also what was measured on each level and at held-out cells, which the rest is filled from; and outcome.json, what is
known of it when it is finished.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from scipy.ndimage import map_coordinates

from render.errors import DataError, MachineError
from render.sampling.layer import TILE, Layer, Tile
from render.sampling.status import Status
from render.space.grid import Grid
from render.space.line import Line
from render.space.plane import Plane
from render.space.section import Section
from render.storage import store
from render.storage.records import read_record, write_record

FILLED_SIDE = 256  # cells along the side of a chunk that is filled, not measured: a million takes few files


@dataclass(frozen=True)
class Surface:
    """The loss over a grid of a plane, or of a line."""

    plane: Section
    grid: Grid
    loss: np.ndarray  # (n_β, n_α) float32, as measured; (n_α,) on a line
    accuracy: np.ndarray  # (n_β, n_α) float32, NaN where targets are no classes
    status: np.ndarray  # (n_β, n_α) uint8, see Status
    record: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(plane: Section, grid: Grid, values: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> Surface:
        """Returns the surface of arrays (n_β, n_α), which are (1, n_α) on a line."""
        return Surface(plane, grid, **{name: part.reshape(grid.shape) for name, part in values.items()}, record=record)

    def height_at(self, coordinates: np.ndarray) -> np.ndarray:
        """Returns the loss (N,) at coordinates (N, 2), or (N, 1) on a line, linear between cells; NaN outside."""
        places = np.asarray(coordinates, np.float64)
        places = places[:, None] if places.ndim == 1 else places
        columns = np.interp(places[:, 0], self.grid.alphas, np.arange(len(self.grid.alphas)), np.nan, np.nan)
        if self.grid.is_line:
            rows = np.zeros(len(places))
        else:
            rows = np.interp(places[:, 1], self.grid.betas, np.arange(len(self.grid.betas)), np.nan, np.nan)
        inside = np.isfinite(rows) & np.isfinite(columns)
        heights, loss = np.full(len(places), np.nan), self.loss.reshape(self.grid.cells).astype(np.float64)
        heights[inside] = map_coordinates(loss, [rows[inside], columns[inside]], order=1)
        return heights

    @property
    def loss_digest(self) -> str:
        """The SHA-256 of the bytes of the loss, little-endian float32, row by row."""
        return hashlib.sha256(self.loss.astype("<f4").tobytes()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """How many cells have each status."""
        numbers = np.bincount(self.status.ravel(), minlength=max(Status) + 1)
        return {status.name.lower(): int(numbers[status]) for status in Status}


@dataclass(frozen=True)
class SurfaceStore:
    """The arrays of a surface on disk."""

    folder: Path
    group: zarr.Group
    layer: Layer

    @staticmethod
    def create(folder: Path, plane: Section, grid: Grid, record: Mapping[str, Any], side: int = TILE) -> SurfaceStore:
        """Returns an empty store that replaces whatever was in the folder."""
        group = store.create_group(folder, record)
        (folder / OUTCOME).unlink(missing_ok=True)
        _put_geometry(group, plane, grid)
        return SurfaceStore(folder, group, Layer.create(group, grid.cells, side))

    @staticmethod
    def open(folder: Path) -> SurfaceStore | None:
        """Returns the store in a folder, or None where there is none that can be read and is as it was finished."""
        finished = _outcome_in(folder)
        if finished is not None and finished[DESCRIPTION] != store.description_digest(folder):
            return None
        group = store.open_group(folder)
        layer = Layer.open(group)
        return SurfaceStore(folder, group, layer) if group is not None and layer is not None else None

    @property
    def description(self) -> bytes:
        """What the store says that it was begun for, as it stands on disk."""
        with contextlib.suppress(OSError):
            return (self.folder / "zarr.json").read_bytes()
        return b""

    @property
    def record(self) -> dict[str, Any]:
        """The settings that the surface was made from, as written when it was created."""
        return dict(self.group.attrs)

    @property
    def outcome(self) -> dict[str, Any] | None:
        """What is known of a finished surface, or None before that."""
        found = _outcome_in(self.folder)
        return {name: value for name, value in found.items() if name != DESCRIPTION} if found else None

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Says that every cell is there, and what is known of them."""
        store.sweep(self.folder)
        write_record(self.folder / OUTCOME, {**outcome, DESCRIPTION: store.description_digest(self.folder)})

    def geometry(self) -> tuple[Section, Grid]:
        """Returns the plane and the grid; raises DataError where they are damaged."""
        origin, u, v, alphas, betas = (store.get(self.group, name) for name in _GEOMETRY)
        grid = Grid(alphas, betas)
        if grid.is_line:
            return Line(origin, u), grid
        shares, values = (self.record.get(name) for name in ("variance_share", "eigenvalues"))
        return Plane(origin, u, v, tuple(shares) if shares else None, tuple(values) if values else None), grid

    def mend_geometry(self, plane: Section, grid: Grid) -> None:
        """Writes the plane and the grid again where they are damaged."""
        try:
            self.geometry()
        except DataError:
            self._reopen()
            _put_geometry(self.group, plane, grid)

    def part(self, name: str, shape: tuple[int, int] | None = None) -> Layer | None:
        """Returns the layer of a level or of held-out cells, or None where there is none of this shape."""
        try:
            found = self.group.get(name)
        except store.DAMAGES:
            found = None
        layer = Layer.open(found) if isinstance(found, zarr.Group) else None
        return layer if layer is not None and shape in (None, layer.shape) else None

    def create_part(self, name: str, shape: tuple[int, int]) -> Layer:
        """Returns an empty layer for a level or for held-out cells, which replaces one that cannot be read."""
        self._reopen()
        store.create_group(self.folder / name, {})
        group = self.group[name]
        assert isinstance(group, zarr.Group)
        return Layer.create(group, shape)

    def _reopen(self) -> None:
        """Says that the surface is not finished any more."""
        (self.folder / OUTCOME).unlink(missing_ok=True)

    def is_whole(self, parts: Mapping[str, int]) -> bool:
        """Whether levels and held-out cells have so many points each, none of them damaged."""
        return all(self._points_in(name) == count for name, count in parts.items())

    def _points_in(self, name: str) -> int | None:
        layer = self.part(name)
        return int((layer.read(lambda _: None)["status"] != Status.MISSING).sum()) if layer else None

    def write(self, tile: Tile, values: Mapping[str, np.ndarray]) -> None:
        """Writes loss, accuracy and status of one tile, the status last."""
        self.layer.write(tile, values)

    def read(self, on_damage: Callable[[Tile], None]) -> dict[str, np.ndarray]:
        """Returns the three arrays; a damaged tile is reported and comes back as missing."""
        return self.layer.read(on_damage)


@dataclass(frozen=True)
class Guarded:
    """A layer of a store whose folder others may begin anew: shards of another surface, which take no lock for long."""

    layer: Layer
    folder: Path
    begun: bytes  # the description of the store when it was opened

    def write(self, tile: Tile, values: Mapping[str, np.ndarray]) -> None:
        """Writes one tile; raises MachineError where it would become a part of another surface."""
        self.require_same()
        self.layer.write(tile, values)

    def read(self, on_damage: Callable[[Tile], None]) -> dict[str, np.ndarray]:
        """Returns the three arrays; a damaged tile is reported and comes back as missing."""
        return self.layer.read(on_damage)

    def require_same(self) -> None:
        """Raises MachineError where another surface was begun in the folder."""
        if SurfaceStore(self.folder, self.layer.group, self.layer).description != self.begun:
            raise MachineError(
                f"{self.folder}: another surface was begun there in the meantime, so that this one ends here; "
                "give each a store of its own"
            )


OUTCOME = "outcome.json"
DESCRIPTION = "description"  # digest of what describes the arrays, which must not change after the end
_GEOMETRY = ("origin", "u", "v", "alphas", "betas")


def _outcome_in(folder: Path) -> dict[str, Any] | None:
    return read_record(folder / OUTCOME, {DESCRIPTION: str})


def _put_geometry(group: zarr.Group, plane: Section, grid: Grid) -> None:
    parts = (plane.origin, plane.u, plane.v, grid.alphas, grid.betas)
    for name, values in zip(_GEOMETRY, parts, strict=True):
        store.put(group, name, values)


def load(folder: Path) -> Surface:
    """Returns the surface in a folder; raises DataError where it is missing or damaged."""
    found = SurfaceStore.open(folder)
    if found is None:
        raise DataError(f"{folder}: is missing or damaged; `thalweg sample` makes it")
    damaged: list[Tile] = []
    values = found.read(damaged.append)
    if damaged:
        raise DataError(f"{folder}: {len(damaged)} damaged tiles; run `thalweg sample` to measure them again")
    left = int((values["status"] == Status.MISSING).sum())
    if left:
        raise DataError(f"{folder}: is not finished, {left:,} points are missing; `thalweg sample` measures them")
    outcome = found.outcome
    if outcome is None:
        raise DataError(f"{folder}: is not finished; `thalweg sample` finishes it")
    return Surface.of(*found.geometry(), values, {**found.record, **outcome})
