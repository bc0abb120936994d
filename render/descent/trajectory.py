"""The trajectory: the parameters θ_t that a run logged, with step, loss and accuracy.

On disk θ is a Zarr array (T, P) of float32; or, in half the room, float16 differences to the first row of each chunk,
which is kept in full, each row divided by its largest element:

    θ_t = key_c + scale_t · difference_t,  c = t // rows of a chunk
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from render.errors import DataError
from render.storage import store

STEPS_PER_CHUNK = 64
COLUMNS_PER_CHUNK = 2**15  # 8 MiB a chunk; whoever reads some parameters at all steps reads only what they need
MOST_HELD = 2**25  # bytes of whole rows that a chunk is high, and that are held while they are gathered


@dataclass(frozen=True)
class Trajectory:
    """T logged points of a descent among P parameters."""

    parameters: Any  # (T, P) float32, an array, or one on disk that is read by slices
    steps: np.ndarray  # (T,) int64, optimiser steps done; the first is 0
    losses: np.ndarray  # (T,) float32, nats on the batch that was just used; NaN at step 0
    accuracies: np.ndarray  # (T,) float32, on the same batch
    buffers: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (T, B) batch norm's statistics
    buffer_names: tuple[str, ...] = ()  # of the tensors that a row of buffers is made of

    def __len__(self) -> int:
        return len(self.steps)


class Logged:
    """Parameters (T, P) on disk, decoded as they are read; what is damaged raises DataError."""

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(self, group: zarr.Group):
        self._group = group
        self._values = self._array("parameters")
        self.shape = self._values.shape[0], self._values.shape[1]
        self._halved = self._values.dtype == np.float16
        if self._halved:
            self._keys = self._array("keyframes")
            self._scales = store.get(group, "scale")

    def _array(self, name: str) -> zarr.Array:
        array = store.open_array(self._group, name)
        if array is None or array.ndim != 2:
            raise store.damaged(self._group, name)
        return array

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or np.float32, copy=False)

    def __getitem__(self, part: Any) -> np.ndarray:
        """Returns rows, or some columns of them; each part is a number, a slice, or a list of numbers for rows."""
        rows, columns = part if isinstance(part, tuple) else (part, slice(None))
        places = np.arange(self.shape[0])[rows]
        wanted = slice(None) if isinstance(columns, int | np.integer) else columns
        values = self._read(np.atleast_1d(places), wanted)
        if isinstance(columns, int | np.integer):
            values = values[:, columns]
        return values[0] if np.ndim(places) == 0 else values

    def _read(self, places: np.ndarray, columns: slice) -> np.ndarray:
        if not places.size:
            return np.zeros((0, len(range(*columns.indices(self.shape[1])))), np.float32)
        low, high = int(places.min()), int(places.max()) + 1
        values = self._whole("parameters", self._values, slice(low, high), columns)
        if self._halved:
            chunk = self._values.chunks[0]
            keys = self._whole("keyframes", self._keys, slice(low // chunk, (high - 1) // chunk + 1), columns)
            which = np.arange(low, high) // chunk - low // chunk
            values = keys[which] + self._scales[low:high, None] * values.astype(np.float32)
        return values[places - low]

    def _whole(self, name: str, array: zarr.Array, rows: slice, columns: slice) -> np.ndarray:
        try:
            values = np.asarray(array[rows, columns])
        except store.DAMAGES as error:
            raise store.damaged(self._group, name) from error
        if not np.isfinite(values).all():  # a lost chunk reads as NaN
            raise store.damaged(self._group, name)
        return values


def chunks_of(count: int, size: int) -> tuple[int, int]:
    """Returns the steps and the columns of one chunk of T × P parameters."""
    rows = min(STEPS_PER_CHUNK, max(1, MOST_HELD // (4 * max(1, size))))
    return max(1, min(count, rows)), max(1, min(size, COLUMNS_PER_CHUNK))


def read(group: zarr.Group) -> Trajectory:
    """Returns the trajectory of a group, its parameters still on disk; raises DataError where it is damaged."""
    steps, losses, accuracies = (store.get(group, name) for name in ("step", "loss", "accuracy"))
    listed = group.attrs.get("buffers", [])
    names = tuple(map(str, listed)) if isinstance(listed, list) else ()
    buffers = store.get(group, "buffers") if names else np.zeros((len(steps), 0), np.float32)
    parameters = Logged(group)
    if not len(parameters) == len(losses) == len(accuracies) == len(buffers) == len(steps):
        raise store.damaged(group, "step")
    return Trajectory(parameters, steps, losses, accuracies, buffers, names)


def load(folder: Path, description: str | None = None) -> Trajectory:
    """Returns the trajectory in the folder of a run or a log; raises DataError where it is missing or damaged.

    description: the digest of what describes its arrays, where one was kept.
    """
    place = folder / "trajectory.zarr"
    if description not in (None, store.description_digest(place)):
        raise DataError(f"{place}: what describes its arrays is damaged; `thalweg train` mends it")
    group = store.open_group(place)
    return read(group if group is not None else store.missing(place))


def verify(trajectory: Trajectory) -> None:
    """Reads everything once; raises DataError where something is damaged or not finite."""
    parameters = trajectory.parameters
    height = chunks_of(*parameters.shape)[0]
    for start in range(0, len(parameters), height):
        if not np.isfinite(parameters[start : start + height]).all():
            raise DataError("trajectory: holds parameters that are not finite; `thalweg train` mends it")
