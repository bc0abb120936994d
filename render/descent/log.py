"""The log of any training loop: θ and batch norm's statistics at every step that is asked for, on disk as it goes.

    with TrajectoryLog("output/runs/mine", model, every=10) as log:
        for batch in loader:
            ...; optimizer.step(); log.step(loss=loss, accuracy=accuracy)

Rows are gathered until they fill a chunk, then written with checksums. What a kill leaves is whole up to the last
chunk, or the last flush; a log that is opened again at a step goes on from there.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import torch
import zarr
from torch import nn

from render import store
from render.descent import trajectory
from render.descent.parameters import layout_of, trainable
from render.descent.trajectory import Logged, Trajectory
from render.errors import DataError, UsageError
from render.files import disk_errors, replacing

Number = float | torch.Tensor


class TrajectoryLog:
    """Writes a trajectory while a network is trained; at most one chunk of rows is held in memory."""

    def __init__(
        self,
        folder: str | Path,
        model: nn.Module,
        every: int = 1,
        *,
        stored: Literal["float32", "float16"] = "float32",
        first: int | None = 0,
        start: int = 0,
        before: Mapping[str, np.ndarray] | None = None,
        overwrite: bool = False,
        record: Mapping[str, Any] | None = None,
    ):
        """Opens folder/trajectory.zarr.

        every: steps from one logged row to the next; the first and the last step are always logged. stored: float16
        keeps differences to one full row in each chunk. first: the step that the network is at, which is logged at
        once; None logs nothing yet. start: the step to go on from, for a log that was begun before, and before what
        state() gave there, where that was kept; what lies behind it is cut off. Raises UsageError where there is a log
        already and neither start nor overwrite says what is to become of it, and DataError where it belongs to another
        network.
        """
        if every < 1:
            raise UsageError(f"every: {every} is no number of steps; give 1 or more")
        self._place = Path(folder) / "trajectory.zarr"
        self._model, self._every, self._count = model, every, start
        self._size = layout_of(model).size
        self._height, width = trajectory.chunks_of(trajectory.STEPS_PER_CHUNK, self._size)
        self._chunks, self._halved = (self._height, width), stored == "float16"
        self._rows: list[tuple[int, float, float]] = []
        self._held = np.empty((self._height, self._size), np.float32)
        self._kept = np.empty((self._height, sum(tensor.numel() for _, tensor in _statistics(model))), np.float32)
        self._past: list[np.ndarray] = []  # statistics of full chunks
        self._scales: dict[int, np.ndarray] = {}  # of the rows of chunks of differences, by chunk
        self._error = 0.0
        self._last: tuple[Number, Number] = (math.nan, math.nan)
        if start:
            self._group = self._reopened(start, before)
        else:
            self._group = self._created(overwrite, dict(record or {}))
            self._count = first or 0
            if first is not None:
                self._log(first, math.nan, math.nan)

    def _created(self, overwrite: bool, record: dict[str, Any]) -> zarr.Group:
        if self._place.exists() and not overwrite:
            raise UsageError(
                f"{self._place}: holds a log already; give start= to go on, overwrite=True, or another folder"
            )
        with disk_errors(self._place):
            shutil.rmtree(self._place, ignore_errors=True)
        names = [name for name, _ in _statistics(self._model)]
        group = store.create_group(self._place, {**record, "buffers": names})
        kind = "float16" if self._halved else "float32"
        store.create_array(group, "parameters", (0, self._size), kind, self._chunks)
        if self._halved:
            store.create_array(group, "keyframes", (0, self._size), "float32", (1, self._chunks[1]))
        return group

    def _reopened(self, start: int, before: Mapping[str, np.ndarray] | None) -> zarr.Group:
        """Returns the group of an earlier log, with what it held up to a step."""
        group = store.open_group(self._place)
        group = group if group is not None else store.missing(self._place)
        found = before if before is not None else _recorded(self._place)
        array = store.open_array(group, "parameters")
        if found is None or array is None:
            raise DataError(f"{self._place}: holds no log to go on from; begin it anew with overwrite=True")
        names = [name for name, _ in _statistics(self._model)]
        if array.shape[1] != self._size or group.attrs.get("buffers") != names:
            raise DataError(
                f"{self._place}: was logged from a network of {array.shape[1]:,} parameters, this one has "
                f"{self._size:,}; go on with the same network, or in another folder"
            )
        store.sweep(self._place)
        self._take_up(group, found, int(np.searchsorted(found["step"], start, side="right")))
        return group

    def _take_up(self, group: zarr.Group, before: Mapping[str, np.ndarray], keep: int) -> None:
        """Goes on behind the first rows of an earlier log."""
        columns = (before[name][:keep].tolist() for name in ("step", "loss", "accuracy"))
        self._rows = list(zip(*columns, strict=True))
        self._error = float(before["error"])
        full, rest = divmod(keep - 1, self._height)  # the last chunk is held, also where it is full
        rest += 1
        for chunk in range(full):
            rows = slice(chunk * self._height, (chunk + 1) * self._height)
            self._past.append(before["buffers"][rows])
            if self._halved:
                self._scales[chunk] = before["scale"][rows]
        self._kept[:rest] = before["buffers"][full * self._height : keep]
        self._held[:rest] = before["held"][:rest] if len(before["held"]) >= rest else self._stored(group, keep, rest)
        for name in ("parameters", "keyframes"):
            for folder in (self._place / name / "c").glob("[0-9]*"):
                if int(folder.name) >= full:  # it is written anew
                    with disk_errors(folder):
                        shutil.rmtree(folder, ignore_errors=True)

    def _stored(self, group: zarr.Group, keep: int, rest: int) -> np.ndarray:
        """Returns the rows of the chunk that was under way at a row, from disk."""
        if self._halved:
            raise DataError(f"{self._place}: cannot go on from within a chunk of differences; begin it anew")
        return Logged(group)[keep - rest : keep]

    @property
    def count(self) -> int:
        """Steps that were done so far."""
        return self._count

    def step(self, loss: Number = math.nan, accuracy: Number = math.nan, *, at: int | None = None) -> bool:
        """Says that the optimiser has made a step, or has come to the step `at`; returns whether it was logged.

        loss and accuracy may be tensors, which are read only when a row is logged. Raises DataError where the
        parameters are not finite; what was logged before is kept.
        """
        self._count = self._count + 1 if at is None else at
        self._last = (loss, accuracy)
        if at is None and self._count % self._every:
            return False
        self._log(self._count, loss, accuracy)
        return True

    def finish(self) -> None:
        """Logs the last step, if it was not, and closes the log; it can be read from then on."""
        if self._rows[-1][0] != self._count:
            self._log(self._count, *self._last)
        self.close()

    def close(self) -> None:
        """Closes the log with what was logged."""
        self._write(final=True)
        for name, values in self._columns().items():
            store.put(self._group, name, values)
        if self._halved:
            store.put(self._group, "scale", self._all_scales())
            self._group.attrs["largest_error"] = self._error
        if self._kept.shape[1]:
            store.put(self._group, "buffers", self._all_statistics())
        (self._place / ROWS).unlink(missing_ok=True)

    def flush(self) -> None:
        """Writes what is held, so that a kill loses nothing of it."""
        self._write(final=False)

    def trajectory(self) -> Trajectory:
        """Returns what was logged, of a log that is closed."""
        return trajectory.read(self._group)

    def last(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the parameters (P,) and the statistics (B,) of the last row."""
        place = (len(self._rows) - 1) % self._height
        return self._held[place].copy(), self._kept[place].copy()

    def state(self) -> dict[str, np.ndarray]:
        """Returns what a log that goes on from here needs besides what is on disk."""
        begun = (len(self._rows) - 1) % self._height + 1
        return {
            **self._columns(),
            "buffers": self._all_statistics(),
            "scale": self._all_scales(),
            "error": np.array(self._error),
            "held": self._held[: begun if self._halved else 0].copy(),
        }

    @torch.no_grad()
    def _log(self, step: int, loss: Number, accuracy: Number) -> None:
        place = len(self._rows) % self._height
        if place == 0 and self._rows:
            self._write(final=False)
            self._past.append(self._kept.copy())
        _gather(self._held[place], [parameter.detach() for _, parameter in trainable(self._model)])
        if not np.isfinite(self._held[place]).all():
            raise DivergedError(f"step {step}: the parameters are not finite; lower the learning rate")
        _gather(self._kept[place], [tensor for _, tensor in _statistics(self._model)])
        self._rows.append((step, float(loss), float(accuracy)))

    def _write(self, final: bool) -> None:
        """Writes the chunk that is held, whole or begun; one of differences is written once, when it is whole."""
        total = len(self._rows)
        chunk, begun = (total - 1) // self._height, (total - 1) % self._height + 1
        held = self._held[:begun]
        if not self._halved:
            self._put("parameters", chunk * self._height, held, total)
        elif final or begun == self._height:
            self._put("keyframes", chunk, held[:1], chunk + 1)
            self._put("parameters", chunk * self._height, self._differences(chunk, held), total)
        if not final:
            with replacing(self._place / ROWS) as temporary:
                np.savez(temporary, **self.state())  # type: ignore[arg-type]

    def _differences(self, chunk: int, held: np.ndarray) -> np.ndarray:
        """Returns rows (n, P) as differences to the first, each divided by its largest element."""
        scales = np.abs(held - held[0]).max(1).astype(np.float32)
        differences = ((held - held[0]) / np.where(scales > 0, scales, 1)[:, None]).astype(np.float16)
        decoded = held[0] + scales[:, None] * differences.astype(np.float32)
        self._scales[chunk] = scales
        self._error = max(self._error, float(np.abs(decoded - held).max()))
        return differences

    def _put(self, name: str, row: int, values: np.ndarray, total: int) -> None:
        array = store.open_array(self._group, name)
        assert array is not None
        if array.shape[0] != total:
            with disk_errors(self._place):
                array.resize((total, self._size))
        store.write_chunks(self._group, array, (row, 0), values)

    def _columns(self) -> dict[str, np.ndarray]:
        steps, losses, accuracies = zip(*self._rows, strict=True)
        return {
            "step": np.array(steps, np.int64),
            "loss": np.array(losses, np.float32),
            "accuracy": np.array(accuracies, np.float32),
        }

    def _all_statistics(self) -> np.ndarray:
        return np.concatenate([*self._past, self._kept])[: len(self._rows)]

    def _all_scales(self) -> np.ndarray:
        return np.concatenate([np.zeros(0, np.float32), *(self._scales[chunk] for chunk in sorted(self._scales))])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.close()


ROWS = "rows.npz"  # beside the arrays of a log that is still open


def _recorded(place: Path) -> dict[str, np.ndarray] | None:
    """Returns what an earlier log knew of its rows, or None."""
    try:
        with np.load(place / ROWS, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError):
        pass
    group = store.open_group(place)
    if group is None:
        return None
    try:
        found = trajectory.read(group)
    except DataError:
        return None
    scales = store.get(group, "scale") if "scale" in group else np.zeros(0, np.float32)
    error = np.array(group.attrs.get("largest_error", 0.0))
    columns = {"step": found.steps, "loss": found.losses, "accuracy": found.accuracies, "buffers": found.buffers}
    return {**columns, "scale": scales, "error": error, "held": np.zeros((0, 0), np.float32)}


def _statistics(model: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Returns the buffers that hold real numbers, such as batch norm's means and variances, by name."""
    return [(name, buffer) for name, buffer in model.named_buffers() if buffer.is_floating_point()]


@torch.no_grad()
def load_statistics(model: nn.Module, values: np.ndarray) -> None:
    """Writes statistics (B,), as a row of a log holds them, into a network."""
    start = 0
    for _, buffer in _statistics(model):
        part = values[start : start + buffer.numel()]
        buffer.copy_(torch.from_numpy(part).reshape(buffer.shape))
        start += buffer.numel()


def _gather(row: np.ndarray, tensors: list[torch.Tensor]) -> None:
    """Copies tensors one after the other into a row (n,) float32."""
    if not tensors:
        return
    parts = [tensor.reshape(-1) for tensor in tensors]
    if all(part.device.type == "cpu" and part.dtype == torch.float32 for part in parts):
        torch.cat(parts, out=torch.from_numpy(row))
    else:
        torch.from_numpy(row).copy_(torch.cat([part.float() for part in parts]))


class DivergedError(DataError):
    """Parameters are not finite any more; what was logged before is kept."""
