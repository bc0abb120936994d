"""The surface: a plane, a grid, and what was measured at every cell, with the status of each.

On disk it is a Zarr group that is filled tile by tile. A missing chunk reads as fill without an error, so only the
status array says what is done; it is written after the values of its tile.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from scipy.ndimage import map_coordinates

from render import store
from render.errors import DataError
from render.landscape.grid import Grid
from render.landscape.plane import Plane

TILE = 64  # cells along the side of a chunk; the unit of work and of resuming


class Status(enum.IntEnum):
    """How the value of a cell came about."""

    MISSING = 0
    MEASURED = 1
    INTERPOLATED = 2
    DIVERGED = 3
    SYMMETRY = 4


@dataclass(frozen=True)
class Surface:
    """The measured loss over a grid of a plane."""

    plane: Plane
    grid: Grid
    loss: np.ndarray  # (n_β, n_α) float32, as measured
    accuracy: np.ndarray  # (n_β, n_α) float32, NaN where targets are no classes
    status: np.ndarray  # (n_β, n_α) uint8, see Status
    record: Mapping[str, Any] = field(default_factory=dict)

    def height_at(self, coordinates: np.ndarray) -> np.ndarray:
        """Returns the loss (N,) at coordinates (N, 2), linear between cells; NaN outside the grid."""
        rows = np.interp(coordinates[:, 1], self.grid.betas, np.arange(len(self.grid.betas)), np.nan, np.nan)
        columns = np.interp(coordinates[:, 0], self.grid.alphas, np.arange(len(self.grid.alphas)), np.nan, np.nan)
        inside = np.isfinite(rows) & np.isfinite(columns)
        heights = np.full(len(coordinates), np.nan)
        heights[inside] = map_coordinates(self.loss.astype(np.float64), [rows[inside], columns[inside]], order=1)
        return heights

    @property
    def loss_digest(self) -> str:
        """The SHA-256 of the bytes of the loss, little-endian float32, row by row."""
        return hashlib.sha256(self.loss.astype("<f4").tobytes()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """How many cells have each status."""
        numbers = np.bincount(self.status.ravel(), minlength=len(Status))
        return {status.name.lower(): int(numbers[status]) for status in Status}


@dataclass(frozen=True)
class SurfaceStore:
    """The arrays of a surface on disk, one tile at a time."""

    group: zarr.Group
    arrays: Mapping[str, zarr.Array]

    @staticmethod
    def create(folder: Path, plane: Plane, grid: Grid, record: Mapping[str, Any]) -> SurfaceStore:
        """Returns an empty store that replaces whatever was in the folder."""
        group = store.create_group(folder, record)
        _put_geometry(group, plane, grid)
        chunks = (min(TILE, grid.shape[0]), min(TILE, grid.shape[1]))
        kinds = {"loss": "float32", "accuracy": "float32", "status": "uint8"}
        arrays = {name: store.create_array(group, name, grid.shape, kind, chunks) for name, kind in kinds.items()}
        return SurfaceStore(group, arrays)

    @staticmethod
    def open(folder: Path) -> SurfaceStore | None:
        """Returns the store in a folder, or None where there is none that can be read."""
        group = store.open_group(folder)
        if group is None:
            return None
        found = {name: store.open_array(group, name) for name in ("loss", "accuracy", "status")}
        arrays = {name: array for name, array in found.items() if array is not None}
        return SurfaceStore(group, arrays) if len(arrays) == len(found) else None

    @property
    def record(self) -> dict[str, Any]:
        """The settings that the surface was made from, as written when it was created."""
        return dict(self.group.attrs)

    def geometry(self) -> tuple[Plane, Grid]:
        """Returns the plane and the grid; raises DataError where they are damaged."""
        origin, u, v, alphas, betas = (store.get(self.group, name) for name in _GEOMETRY)
        shares = self.record.get("variance_share")
        return Plane(origin, u, v, tuple(shares) if shares else None), Grid(alphas, betas)

    def mend_geometry(self, plane: Plane, grid: Grid) -> None:
        """Writes the plane and the grid again where they are damaged."""
        try:
            self.geometry()
        except DataError:
            _put_geometry(self.group, plane, grid)

    def write(self, tile: tuple[slice, slice], values: Mapping[str, np.ndarray]) -> None:
        """Writes loss, accuracy and status of one tile, the status last."""
        for name in ("loss", "accuracy", "status"):
            store.write(self.group, self.arrays[name], values[name], tile)

    def read(self, on_damage: Callable[[tuple[slice, slice]], None]) -> dict[str, np.ndarray]:
        """Returns the three arrays; a tile with a wrong checksum or a lost chunk is reported and comes back as missing.

        A million points take 0.2 s.
        """
        shape = self.arrays["status"].shape
        values, damaged = self._read_at_once() or self._read_by_tiles()
        lost = _lost(values)
        for tile in _tiles(shape):
            if tile in damaged or lost[tile].any():
                on_damage(tile)
                for name, empty in blank(lost[tile].shape).items():
                    values[name][tile] = empty
        return values

    def _read_at_once(self) -> tuple[dict[str, np.ndarray], list[tuple[slice, slice]]] | None:
        try:
            return {name: np.array(array[...]) for name, array in self.arrays.items()}, []
        except store.DAMAGES:
            return None

    def _read_by_tiles(self) -> tuple[dict[str, np.ndarray], list[tuple[slice, slice]]]:
        shape = self.arrays["status"].shape
        values = blank(shape)
        damaged: list[tuple[slice, slice]] = []
        for tile in _tiles(shape):
            try:
                parts = {name: np.asarray(array[tile]) for name, array in self.arrays.items()}
            except store.DAMAGES:
                damaged.append(tile)
                continue
            for name, part in parts.items():
                values[name][tile] = part
        return values, damaged


def _lost(values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns where a cell has a status but not its values; accuracy is missing everywhere or nowhere."""
    finite = np.isfinite(values["accuracy"])
    whole = np.isfinite(values["loss"]) & (finite | (not finite.any()))
    return ~whole & ~np.isin(values["status"], (Status.MISSING, Status.DIVERGED))


_GEOMETRY = ("origin", "u", "v", "alphas", "betas")


def _geometry(plane: Plane, grid: Grid) -> dict[str, np.ndarray]:
    return dict(zip(_GEOMETRY, (plane.origin, plane.u, plane.v, grid.alphas, grid.betas), strict=True))


def _put_geometry(group: zarr.Group, plane: Plane, grid: Grid) -> None:
    for name, values in _geometry(plane, grid).items():
        store.put(group, name, values)


def _tiles(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    return Grid(np.arange(shape[1], dtype=float), np.arange(shape[0], dtype=float)).tiles(TILE)


def blank(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Returns the arrays of a surface on which nothing has been measured."""
    return {
        "loss": np.full(shape, np.nan, np.float32),
        "accuracy": np.full(shape, np.nan, np.float32),
        "status": np.zeros(shape, np.uint8),
    }


def load(folder: Path) -> Surface:
    """Returns the surface in a folder; raises DataError where it is missing or damaged."""
    found = SurfaceStore.open(folder)
    if found is None:
        raise DataError(f"{folder}: holds no surface; `thalweg sample` makes it")
    damaged: list[tuple[slice, slice]] = []
    values = found.read(damaged.append)
    if damaged:
        raise DataError(f"{folder}: {len(damaged)} damaged tiles; run `thalweg sample` to measure them again")
    left = int((values["status"] == Status.MISSING).sum())
    if left:
        raise DataError(f"{folder}: is not finished, {left:,} points are missing; `thalweg sample` measures them")
    plane, grid = found.geometry()
    return Surface(plane, grid, **values, record=found.record)
