"""A checkpoint of a training: weights, optimiser and log at one step, so that a killed run goes on from there.

Data order, augmentation and dropout are drawn from the run's seed and the step alone, so that the step is all there is
to keep of them. The file is whole or absent, and ends with a hash of itself.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from render.storage.files import replacing

HASH = 32  # bytes


@dataclass(frozen=True)
class Checkpoint:
    """A training at one step."""

    key: str  # of the run
    step: int
    model: dict[str, torch.Tensor]
    optimisers: list[dict[str, Any]]
    log: dict[str, np.ndarray]


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint in place of the one before."""
    content = {
        "key": checkpoint.key,
        "step": checkpoint.step,
        "model": checkpoint.model,
        "optimisers": checkpoint.optimisers,
        "log": {name: torch.from_numpy(np.atleast_1d(values)) for name, values in checkpoint.log.items()},
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    data = buffer.getvalue()
    with replacing(path) as temporary:
        temporary.write_bytes(data + hashlib.sha256(data).digest())


def read(path: Path, key: str) -> Checkpoint | None:
    """Returns the checkpoint of a run, or None where there is none of its key that is whole; it runs no code."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if len(data) <= HASH or hashlib.sha256(data[:-HASH]).digest() != data[-HASH:]:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that torch has not written
            found = torch.load(io.BytesIO(data[:-HASH]), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("key") != key:
        return None
    log = {name: values.numpy() for name, values in found["log"].items()}
    log["error"] = log["error"][0]
    return Checkpoint(key, found["step"], found["model"], found["optimisers"], log)
