"""The surface: a plane, a grid, and what was measured at every cell, with the status of each.

On disk it is a Zarr group that is filled tile by tile. A missing chunk reads as fill without an error, so only the
status array says what is done; it is written after the values of its tile.
"""

from __future__ import annotations

import enum
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
        for name, values in _geometry(plane, grid).items():
            store.put(group, name, values)
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
        found = {name: group.get(name) for name in ("loss", "accuracy", "status")}
        arrays = {name: array for name, array in found.items() if isinstance(array, zarr.Array)}
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

    def write(self, tile: tuple[slice, slice], values: Mapping[str, np.ndarray]) -> None:
        """Writes loss, accuracy and status of one tile, the status last."""
        for name in ("loss", "accuracy", "status"):
            self.arrays[name][tile] = values[name]

    def read(self, on_damage: Callable[[tuple[slice, slice]], None]) -> dict[str, np.ndarray]:
        """Returns the three arrays; a tile with a wrong checksum is reported and comes back as missing."""
        shape = self.arrays["status"].shape
        values = blank(shape)
        for tile in _tiles(shape):
            try:
                parts = {name: np.asarray(array[tile]) for name, array in self.arrays.items()}
            except ValueError:
                on_damage(tile)
                continue
            for name, part in parts.items():
                values[name][tile] = part
        return values


_GEOMETRY = ("origin", "u", "v", "alphas", "betas")


def _geometry(plane: Plane, grid: Grid) -> dict[str, np.ndarray]:
    return dict(zip(_GEOMETRY, (plane.origin, plane.u, plane.v, grid.alphas, grid.betas), strict=True))


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
    plane, grid = found.geometry()
    return Surface(plane, grid, **values, record=found.record)
