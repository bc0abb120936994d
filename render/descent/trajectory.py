"""The trajectory: the parameters θ_t that a run logged, with step, loss and accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import zarr

from render import store
from render.errors import DataError

STEPS_PER_CHUNK = 64
COLUMNS_PER_CHUNK = 2**15  # 8 MiB a chunk; whoever reads some parameters at all steps reads only what they need


@dataclass(frozen=True)
class Trajectory:
    """T logged points of a descent among P parameters."""

    parameters: np.ndarray  # (T, P) float32
    steps: np.ndarray  # (T,) int64, optimiser steps done; the first is 0
    losses: np.ndarray  # (T,) float32, nats on the batch that was just used; NaN at step 0
    accuracies: np.ndarray  # (T,) float32, on the same batch

    def __len__(self) -> int:
        return len(self.steps)


def write(group: zarr.Group, trajectory: Trajectory) -> None:
    """Writes a trajectory into an empty group, chunked by steps and columns."""
    shape = trajectory.parameters.shape
    parameters = store.create_array(group, "parameters", shape, "float32", chunks_of(*shape))
    store.write(group, parameters, trajectory.parameters)
    store.put(group, "step", trajectory.steps)
    store.put(group, "loss", trajectory.losses)
    store.put(group, "accuracy", trajectory.accuracies)


def chunks_of(count: int, size: int) -> tuple[int, int]:
    """Returns the steps and the columns of one chunk of T × P parameters."""
    return min(count, STEPS_PER_CHUNK), min(size, COLUMNS_PER_CHUNK)


def read(group: zarr.Group) -> Trajectory:
    """Returns the trajectory of a group; raises DataError where it is damaged."""
    found = Trajectory(*(store.get(group, name) for name in ("parameters", "step", "loss", "accuracy")))
    if not np.isfinite(found.parameters).all():
        raise DataError(f"{store.folder_of(group)}: holds parameters that are not finite; `thalweg train` mends it")
    return found
