"""A field: points in a table that are to be measured, in memory and, tile by tile, in a layer on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from render.loss.measurement import Measurement
from render.sampling.lattice import Lattice
from render.sampling.layer import TILE, Tile, blank, tiles
from render.sampling.status import Status
from render.space.grid import Grid


class KeptTable(Protocol):
    """Where a table is kept: a layer, or one tile of it."""

    def write(self, tile: Tile, values: Mapping[str, np.ndarray]) -> None:
        """Writes loss, accuracy and status of one tile."""

    def read(self, on_damage: Callable[[Tile], None]) -> dict[str, np.ndarray]:
        """Returns the three arrays; what is damaged is reported and comes back as missing."""


@dataclass(frozen=True)
class Field:
    """A table of points of a plane, and what is known of them."""

    name: str  # the group of its layer in the store; empty for the surface itself
    places: Callable[[Tile], np.ndarray]  # the coordinates (h, w, 2) of a tile
    values: dict[str, np.ndarray]  # loss, accuracy and status
    layer: KeptTable | None = None

    @staticmethod
    def of(
        name: str,
        shape: tuple[int, int],
        places: Callable[[Tile], np.ndarray],
        layer: KeptTable | None,
        on_damage: Callable[[Tile], None],
    ) -> Field:
        """Returns a field with what its layer has already; a damaged tile is reported and measured again."""
        return Field(name, places, layer.read(on_damage) if layer else blank(shape), layer)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the table."""
        rows, columns = self.values["status"].shape
        return rows, columns

    def missing(self, wanted: np.ndarray, share: tuple[int, int] = (1, 1)) -> list[Tile]:
        """Returns the tiles in which wanted points have not been measured; of a share (i, n), every n-th tile."""
        left = wanted & (self.values["status"] == Status.MISSING)
        return [tile for tile in tiles(self.shape)[share[0] - 1 :: share[1]] if left[tile].any()]

    def put(self, tile: Tile, mask: np.ndarray, found: Measurement) -> None:
        """Keeps the measurements of the points of a tile that a mask (h, w) marks, in order of rows."""
        status = np.where(np.isfinite(found.loss), Status.MEASURED, Status.DIVERGED)
        for key, part in (("loss", found.loss), ("accuracy", found.accuracy), ("status", status)):
            self.values[key][tile][mask] = part

    def save(self, tile: Tile) -> None:
        """Writes a tile to the layer."""
        if self.layer:
            self.layer.write(tile, {key: array[tile] for key, array in self.values.items()})

    def refresh(self) -> None:
        """Reads what other processes have written."""
        if self.layer:
            self.values.update(self.layer.read(lambda _: None))


def on_lattice(grid: Grid, lattice: Lattice) -> Callable[[Tile], np.ndarray]:
    """Returns where the nodes of a lattice lie, tile by tile."""

    def places(tile: Tile) -> np.ndarray:
        rows, columns = lattice.rows[tile[0]], lattice.columns[tile[1]]
        beta, alpha = np.meshgrid(grid.betas[rows], grid.alphas[columns], indexing="ij")
        return np.stack([alpha, beta], -1)

    return places


def at_cells(grid: Grid, cells: np.ndarray) -> tuple[Callable[[Tile], np.ndarray], np.ndarray]:
    """Returns where single cells (k, 2) lie, as a table as wide as a tile, and which of its points (m, TILE) they are.

    The rest of the last row is the last cell again.
    """
    rows = -(-len(cells) // TILE)
    order = np.minimum(np.arange(rows * TILE), len(cells) - 1)
    places = np.stack([grid.alphas[cells[order, 1]], grid.betas[cells[order, 0]]], -1).reshape(rows, TILE, 2)
    return (lambda tile: places[tile]), (np.arange(rows * TILE) < len(cells)).reshape(rows, TILE)
