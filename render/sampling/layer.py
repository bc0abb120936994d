"""A layer: loss, accuracy and status on disk, written tile by tile; the unit of work, of resuming and of distribution.

A missing chunk reads as fill without an error, so only the status says what is done; it is written after the values of
its tile. Each chunk has one writer at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import zarr

from render.sampling.status import Status
from render.storage import store

TILE = 64  # cells along the side of a chunk
KINDS = {"loss": "float32", "accuracy": "float32", "status": "uint8"}
Tile = tuple[slice, slice]


@dataclass(frozen=True)
class Layer:
    """The three arrays of one table of points."""

    group: zarr.Group
    arrays: Mapping[str, zarr.Array]

    @staticmethod
    def create(group: zarr.Group, shape: tuple[int, int], side: int = TILE) -> Layer:
        """Returns an empty layer in a group, in chunks of at most side × side cells."""
        rows, columns = _sides(shape, side)
        chunks = (min(rows, shape[0]), min(columns, shape[1]))
        arrays = {name: store.create_array(group, name, shape, kind, chunks) for name, kind in KINDS.items()}
        return Layer(group, arrays)

    @staticmethod
    def open(group: zarr.Group | None) -> Layer | None:
        """Returns the layer in a group, or None where there is none that can be read."""
        found = {name: store.open_array(group, name) for name in KINDS} if group is not None else {}
        arrays = {name: array for name, array in found.items() if array is not None}
        return Layer(group, arrays) if group is not None and len(arrays) == len(KINDS) else None

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of each array."""
        rows, columns = self.arrays["status"].shape
        return rows, columns

    def write(self, tile: Tile, values: Mapping[str, np.ndarray]) -> None:
        """Writes loss, accuracy and status of one tile, the status last."""
        corner = tile[0].start or 0, tile[1].start or 0
        for name in KINDS:
            store.write_chunks(self.group, self.arrays[name], corner, values[name])

    def read(self, on_damage: Callable[[Tile], None]) -> dict[str, np.ndarray]:
        """Returns the three arrays; a chunk with a wrong checksum or a lost one is reported and comes back as missing.

        A million points take 0.1 s.
        """
        found = self._read((slice(None), slice(None)))
        values = found or blank(self.shape)
        for chunk in _pieces(self.shape, self.arrays["status"].chunks):
            part = {name: array[chunk] for name, array in found.items()} if found else self._read(chunk)
            if part is None or self._lost(chunk, part):
                on_damage(chunk)
                part = None
            if part is None or not found:
                for name, array in (part or blank(values["status"][chunk].shape)).items():
                    values[name][chunk] = array
        return values

    def read_tile(self, tile: Tile) -> dict[str, np.ndarray]:
        """Returns the three arrays of one tile, missing where it is damaged."""
        found = self._read(tile)
        if found is None or self._lost(tile, found):
            return blank((tile[0].stop - tile[0].start, tile[1].stop - tile[1].start))
        return found

    def _read(self, part: Tile) -> dict[str, np.ndarray] | None:
        """Returns a part of the arrays, or None where it is damaged; the status first, as another may be writing."""
        try:
            return {name: np.asarray(self.arrays[name][part]) for name in reversed(KINDS)}
        except store.DAMAGES:
            return None

    def _lost(self, chunk: Tile, values: Mapping[str, np.ndarray]) -> bool:
        """Whether cells of a chunk have a status but not their values, since a lost chunk reads as fill."""
        known = values["status"] != Status.MISSING
        if not known.any():
            return False
        rows, columns = self.arrays["status"].chunks
        index = chunk[0].start // rows, chunk[1].start // columns
        if not all(store.chunk_file(self.group, name, index).exists() for name in KINDS):
            return True
        return bool((known & (values["status"] != Status.DIVERGED) & ~np.isfinite(values["loss"])).any())


@dataclass(frozen=True)
class TileWindow:
    """One tile of a layer, as a table of its own."""

    layer: Layer
    tile: Tile

    def write(self, _: Tile, values: Mapping[str, np.ndarray]) -> None:
        """Writes loss, accuracy and status of the tile."""
        self.layer.write(self.tile, values)

    def read(self, _: Callable[[Tile], None]) -> dict[str, np.ndarray]:
        """Returns the three arrays of the tile, missing where it is damaged."""
        return self.layer.read_tile(self.tile)


def tiles(shape: tuple[int, int]) -> list[Tile]:
    """Returns the tiles that together cover a shape, row by row: squares, or strips of as many points of a line."""
    return _pieces(shape, _sides(shape, TILE))


def _sides(shape: tuple[int, int], side: int) -> tuple[int, int]:
    return (side, side) if shape[0] > 1 else (1, side * side)


def _pieces(shape: tuple[int, int], sides: tuple[int, ...]) -> list[Tile]:
    rows, columns = shape
    return [
        (slice(r, min(r + sides[0], rows)), slice(c, min(c + sides[1], columns)))
        for r in range(0, rows, sides[0])
        for c in range(0, columns, sides[1])
    ]


def blank(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Returns the arrays of a layer on which nothing has been measured."""
    return {
        "loss": np.full(shape, np.nan, np.float32),
        "accuracy": np.full(shape, np.nan, np.float32),
        "status": np.zeros(shape, np.uint8),
    }
