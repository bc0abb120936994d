"""Points of parameter space, (N, P), wherever they are kept: in memory, on disk, or made as they are read.

They are read in blocks and reckoned with in float64, so that the whole is never copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from render.descent.trajectory import COLUMNS_PER_CHUNK, STEPS_PER_CHUNK, Trajectory
from render.errors import DataError

MOST_READ = 2**26  # elements read at once; 256 MiB of float32
MOST_KEPT = 2**24  # elements reckoned with at once; 128 MiB of float64
LONGEST_ROW = MOST_KEPT // STEPS_PER_CHUNK  # columns, so that a block of long rows is as high as a chunk


class Points(Protocol):
    """A table of N points that is read by slices: a NumPy or Zarr array, a memory map, or what makes columns."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The numbers of points and of parameters, (N, P)."""

    def __getitem__(self, part: Any) -> Any:
        """Returns a part, at least of the form [:, a:b]."""


class Joined:
    """Several tables of points of one network, one after the other, read by columns."""

    def __init__(self, parts: Sequence[Points]):
        """Raises DataError where the tables have points of different sizes."""
        sizes = sorted({part.shape[1] for part in parts})
        if len(sizes) > 1:
            raise DataError(f"paths: their networks have {sizes[0]:,} and {sizes[-1]:,} parameters; show those of one")
        self.shape = (sum(part.shape[0] for part in parts), sizes[0])
        self._parts = parts

    def __getitem__(self, part: Any) -> np.ndarray:
        """Returns some columns of all points; part is of the form [:, a:b]."""
        return np.concatenate([np.asarray(table[part]) for table in self._parts])


def points_of(source: Any) -> Points:
    """Returns the points (N, P) of a trajectory or a table; raises DataError where the shape is another."""
    points = _table(source)
    if len(points.shape) != 2:
        raise DataError(f"trajectory: has the shape {tuple(points.shape)}; it must be (points, parameters)")
    return points


def _table(source: Any) -> Points:
    if isinstance(source, Trajectory):
        return source.parameters
    if isinstance(source, torch.Tensor):
        values = source.detach().cpu()
        return (values if values.dtype == torch.float64 else values.float()).numpy()
    if isinstance(source, (list, tuple)):
        return _stacked(source)
    return source


def _stacked(rows: list[Any] | tuple[Any, ...]) -> np.ndarray:
    try:
        return np.asarray(rows, np.float64)
    except ValueError as error:
        raise DataError("trajectory: its points have different sizes; give those of one network") from error


def steps_of(source: Any) -> np.ndarray:
    """Returns the optimiser steps (N,) int64 of a trajectory; those of a bare table count from 0."""
    return source.steps if isinstance(source, Trajectory) else np.arange(points_of(source).shape[0])


def column_blocks(points: Points) -> Iterator[tuple[slice, np.ndarray]]:
    """Gives all points in some columns at a time, (N, C) float64, a copy; chunks of a stored trajectory are read once.

    At most MOST_READ elements are held as they were read, and MOST_KEPT in float64.
    """
    count, size = points.shape
    read, kept = min(COLUMNS_PER_CHUNK, max(1, MOST_READ // count)), max(1, MOST_KEPT // count)
    for start in range(0, size, read):
        part = np.asarray(points[:, start : min(start + read, size)])
        for first in range(0, part.shape[1], kept):
            block = part[:, first : first + kept].astype(np.float64)
            yield slice(start + first, start + first + block.shape[1]), block


def blocks(points: Points) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Gives rectangles of rows and columns, as they are stored."""
    count, size = points.shape
    columns = max(1, min(size, LONGEST_ROW))
    rows = MOST_KEPT // columns
    for top in range(0, count, rows):
        down = slice(top, min(top + rows, count))
        for left in range(0, size, columns):
            across = slice(left, min(left + columns, size))
            yield down, across, np.asarray(points[down, across])


def row_blocks(points: Points) -> Iterator[np.ndarray]:
    """Gives some whole points at a time, (n, P), as they are stored."""
    count, size = points.shape
    rows = max(1, MOST_READ // max(1, size))
    return (np.asarray(points[top : min(top + rows, count)]) for top in range(0, count, rows))
