"""The log of any training loop: θ and batch norm's statistics at every step that is asked for, on disk as it goes.

    with TrajectoryLog("output/runs/mine", model, every=10) as log:
        for batch in loader:
            ...; optimizer.step(); log.step(loss=loss, accuracy=accuracy)

What a kill leaves is whole up to the last chunk of rows, or the last flush; a log that is opened again at a step goes
on from there.
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
from torch import nn

from render.descent import trajectory
from render.descent.parameters import layout_of, trainable
from render.descent.rows import Rows, recorded
from render.descent.trajectory import Trajectory
from render.errors import DataError, UsageError
from render.storage import store
from render.storage.files import disk_errors

Number = float | torch.Tensor


class DivergedError(DataError):
    """Parameters are not finite any more; what was logged before is kept."""


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
        self._last: tuple[Number, Number] = (math.nan, math.nan)
        if start:
            self._rows = self._reopen(start, before, stored == "float16")
            return
        self._rows = self._create(overwrite, dict(record or {}), stored == "float16")
        self._count = first or 0
        if first is not None:
            self._log(first, math.nan, math.nan)

    def _create(self, overwrite: bool, record: dict[str, Any], halved: bool) -> Rows:
        if self._place.exists() and not overwrite:
            raise UsageError(
                f"{self._place}: holds a log already; give start= to go on, overwrite=True, or another folder"
            )
        with disk_errors(self._place):
            shutil.rmtree(self._place, ignore_errors=True)
        names = [name for name, _ in _statistics(self._model)]
        group = store.create_group(self._place, {**record, "buffers": names})
        return Rows.create(group, layout_of(self._model).size, _width(self._model), halved)

    def _reopen(self, start: int, before: Mapping[str, np.ndarray] | None, halved: bool) -> Rows:
        """Returns the rows of an earlier log up to a step."""
        found = store.open_group(self._place)
        group = found if found is not None else store.missing(self._place)
        state = before if before is not None else recorded(group)
        array = store.open_array(group, "parameters")
        if state is None or array is None:
            raise DataError(f"{self._place}: holds no log to go on from; begin it anew with overwrite=True")
        size, names = layout_of(self._model).size, [name for name, _ in _statistics(self._model)]
        if array.shape[1] != size or group.attrs.get("buffers") != names:
            raise DataError(
                f"{self._place}: was logged from a network of {array.shape[1]:,} parameters, this one has "
                f"{size:,}; go on with the same network, or in another folder"
            )
        self._require_continuation(start, state["step"], array.dtype == np.float16, halved)
        store.sweep(self._place)
        rows = Rows.empty(group, size, _width(self._model), halved)
        rows.take_up(state, int(np.searchsorted(state["step"], start, side="right")))
        return rows

    def _require_continuation(self, start: int, steps: np.ndarray, was_halved: bool, halved: bool) -> None:
        """Raises DataError where a log of these steps cannot go on from one of them in the way that is asked for."""
        kinds = {False: "float32", True: "float16"}
        if was_halved != halved:
            raise DataError(
                f"{self._place}: was stored as {kinds[was_halved]}, not {kinds[halved]}; go on with "
                f'stored="{kinds[was_halved]}"'
            )
        if not len(steps) or steps[0] > start:
            begin = f"begins at step {steps[0]:,}" if len(steps) else "holds no step yet"
            raise DataError(
                f"{self._place}: {begin}, so it cannot go on from step {start:,}; begin it anew with overwrite=True"
            )

    @property
    def count(self) -> int:
        """Steps that were done so far."""
        return self._count

    def step(self, loss: Number = math.nan, accuracy: Number = math.nan, *, at: int | None = None) -> bool:
        """Says that the optimiser has made a step, or has come to the step `at`; returns whether it was logged.

        loss and accuracy may be tensors, which are read only when a row is logged. Raises DivergedError where the
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
        if not self._rows.columns or self._rows.columns[-1][0] != self._count:
            self._log(self._count, *self._last)
        self.close()

    def close(self) -> None:
        """Closes the log with what was logged."""
        self._rows.close()

    def flush(self) -> None:
        """Writes what is held, so that a kill loses nothing of it."""
        self._rows.write(final=False)

    def state(self) -> dict[str, np.ndarray]:
        """Returns what a log that goes on from here needs besides what is on disk."""
        return self._rows.state()

    def trajectory(self) -> Trajectory:
        """Returns what was logged, of a log that is closed."""
        return trajectory.read(self._rows.group)

    @torch.no_grad()
    def _log(self, step: int, loss: Number, accuracy: Number) -> None:
        theta, kept = self._rows.next()
        _gather(theta, [parameter.detach() for _, parameter in trainable(self._model)])
        if not np.isfinite(theta).all():
            raise DivergedError(f"step {step}: the parameters are not finite; lower the learning rate")
        _gather(kept, [tensor for _, tensor in _statistics(self._model)])
        self._rows.columns.append((step, float(loss), float(accuracy)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.close()


def _statistics(model: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Returns the buffers that hold real numbers, such as batch norm's means and variances, by name."""
    return [(name, buffer) for name, buffer in model.named_buffers() if buffer.is_floating_point()]


def _width(model: nn.Module) -> int:
    return sum(tensor.numel() for _, tensor in _statistics(model))


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
