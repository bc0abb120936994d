"""Rows of a trajectory on their way to disk: gathered until they fill a chunk, then written with checksums.

At most one chunk is held. Parameters are written as they are, or as float16 differences to the first row of their
chunk, which is kept in full; then the largest error is measured.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zarr

from render.descent import trajectory
from render.descent.trajectory import Logged
from render.errors import DataError
from render.storage import store
from render.storage.files import disk_errors, replacing

REST = "rows.npz"  # beside the arrays of a log that is still open: what they do not hold
ARRAYS = ("parameters", "keyframes", "buffers")  # that are written chunk by chunk
COLUMNS = {"step": np.int64, "loss": np.float32, "accuracy": np.float32}


@dataclass
class Rows:
    """What was gathered so far."""

    group: zarr.Group
    held: np.ndarray  # (n, P) float32, parameters of the chunk that is under way
    kept: np.ndarray  # (n, B) float32, statistics of the same rows
    halved: bool
    columns: list[tuple[int, float, float]] = field(default_factory=list)  # step, loss, accuracy of every row
    scales: dict[int, np.ndarray] = field(default_factory=dict)  # of rows of differences, by chunk
    error: float = 0.0  # the largest that differences have made
    settled: int = 0  # rows of whole chunks that are on disk; the memory of the last one may be in use again

    @staticmethod
    def create(group: zarr.Group, size: int, statistics: int, halved: bool) -> Rows:
        """Returns no rows yet, in new arrays of a group."""
        height, width = trajectory.chunks_of(trajectory.STEPS_PER_CHUNK, size)
        store.create_array(group, "parameters", (0, size), "float16" if halved else "float32", (height, width))
        if halved:
            store.create_array(group, "keyframes", (0, size), "float32", (1, width))
        if statistics:
            store.create_array(group, "buffers", (0, statistics), "float32", (height, statistics))
        return Rows.empty(group, size, statistics, halved)

    @staticmethod
    def empty(group: zarr.Group, size: int, statistics: int, halved: bool) -> Rows:
        """Returns no rows yet, in arrays that are there."""
        height = trajectory.chunks_of(trajectory.STEPS_PER_CHUNK, size)[0]
        return Rows(group, np.empty((height, size), np.float32), np.empty((height, statistics), np.float32), halved)

    @property
    def height(self) -> int:
        """Rows of a chunk."""
        return len(self.held)

    @property
    def place(self) -> Path:
        """The folder of the arrays."""
        return store.folder_of(self.group)

    def __len__(self) -> int:
        return len(self.columns)

    def next(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns where the parameters (P,) and the statistics (B,) of the next row are to be put."""
        place = len(self) % self.height
        if place == 0 and self.columns:
            self.write(final=False)
        return self.held[place], self.kept[place]

    def write(self, final: bool) -> None:
        """Writes the chunk that is under way, whole or begun; one of differences is written once, when it is whole."""
        if not self.columns:
            return
        if self.settled < len(self):
            self._write_chunk(final)
        if not final:
            with replacing(self.place / REST) as temporary:
                np.savez(temporary, **self.state())  # type: ignore[arg-type]

    def _write_chunk(self, final: bool) -> None:
        chunk, begun = divmod(len(self) - 1, self.height)
        begun += 1
        held, row, is_whole = self.held[:begun], chunk * self.height, begun == self.height
        if not self.halved:
            self._put("parameters", row, held, len(self))
        elif final or is_whole:
            self._put("keyframes", chunk, held[:1], chunk + 1)
            self._put("parameters", row, self._differences(chunk, held), len(self))
        if self.kept.shape[1]:
            self._put("buffers", row, self.kept[:begun], len(self))
        self.settled = len(self) if is_whole else 0

    def close(self) -> None:
        """Writes what is left, and what the arrays do not hold, so that the trajectory can be read."""
        self.write(final=True)
        for name, values in self._columns().items():
            store.put(self.group, name, values)
        if self.halved:
            store.put(self.group, "scale", self._all_scales())
            self.group.attrs["largest_error"] = self.error
        (self.place / REST).unlink(missing_ok=True)

    def state(self) -> dict[str, np.ndarray]:
        """Returns what rows that go on from here need besides the arrays."""
        begun = (len(self) - 1) % self.height + 1
        return {
            **self._columns(),
            "scale": self._all_scales(),
            "error": np.array(self.error),
            "held": self.held[: begun if self.halved else 0].copy(),
        }

    def take_up(self, state: Mapping[str, np.ndarray], keep: int) -> None:
        """Goes on behind the first rows of an earlier log; raises DataError where the last chunk cannot be had again.

        That chunk is held, also where it is full, and stays on disk until it is written anew; what lies behind it goes.
        """
        self.columns = list(zip(*(state[name][:keep].tolist() for name in COLUMNS), strict=True))
        self.error = float(state["error"])
        full, rest = divmod(keep - 1, self.height)
        rest, start = rest + 1, full * self.height
        if self.halved:
            self.scales = {n: state["scale"][n * self.height : (n + 1) * self.height] for n in range(full)}
        self.held[:rest] = state["held"][:rest] if len(state["held"]) >= rest else self._stored(slice(start, keep))
        if self.kept.shape[1]:
            self.kept[:rest] = store.rows_of(self.group, "buffers", slice(start, keep))
        for folder in (path for name in ARRAYS for path in (self.place / name / "c").glob("[0-9]*")):
            if int(folder.name) > full:
                with disk_errors(folder):
                    shutil.rmtree(folder, ignore_errors=True)

    def _stored(self, rows: slice) -> np.ndarray:
        if self.halved:
            raise DataError(f"{self.place}: cannot go on from within a chunk of differences; begin it anew")
        return Logged(self.group)[rows]

    def _differences(self, chunk: int, held: np.ndarray) -> np.ndarray:
        """Returns rows (n, P) as differences to the first, each divided by its largest element."""
        scales = np.abs(held - held[0]).max(1).astype(np.float32)
        differences = ((held - held[0]) / np.where(scales > 0, scales, 1)[:, None]).astype(np.float16)
        decoded = held[0] + scales[:, None] * differences.astype(np.float32)
        self.scales[chunk] = scales
        self.error = max(self.error, float(np.abs(decoded - held).max()))
        return differences

    def _put(self, name: str, row: int, values: np.ndarray, total: int) -> None:
        array = store.open_array(self.group, name)
        if array is None:
            raise store.damaged(self.group, name)
        if array.shape[0] != total:
            with disk_errors(self.place):
                array.resize((total, array.shape[1]))
        store.write_chunks(self.group, array, (row, 0), values)

    def _columns(self) -> dict[str, np.ndarray]:
        values = zip(*self.columns, strict=True) if self.columns else ([] for _ in COLUMNS)
        return {name: np.array(column, kind) for (name, kind), column in zip(COLUMNS.items(), values, strict=True)}

    def _all_scales(self) -> np.ndarray:
        return np.concatenate([np.zeros(0, np.float32), *(self.scales[chunk] for chunk in sorted(self.scales))])


def recorded(group: zarr.Group) -> dict[str, np.ndarray] | None:
    """Returns what an earlier log knew of its rows, open or closed, or None."""
    try:
        with np.load(store.folder_of(group) / REST, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError):
        return _closed(group)


def _closed(group: zarr.Group) -> dict[str, np.ndarray] | None:
    try:
        columns = {name: store.get(group, name) for name in COLUMNS}
        scale = store.get(group, "scale") if "scale" in group else np.zeros(0, np.float32)
    except DataError:
        return None
    error = np.array(group.attrs.get("largest_error", 0.0))
    return {**columns, "scale": scale, "error": error, "held": np.zeros((0, 0), np.float32)}
