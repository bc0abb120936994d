"""The evaluation set in memory, and a sentence where it does not fit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from render.errors import DataError


def resident(name: str, values: Any, device: torch.device) -> torch.Tensor:
    """Returns values as a tensor on a device; raises DataError where they do not fit its free memory."""
    tensor = values.detach() if isinstance(values, torch.Tensor) else _as_tensor(name, values)
    if not tensor.ndim or not len(tensor):
        raise DataError(f"{name}: the shape {tuple(tensor.shape)} holds no examples; give (examples, ...)")
    if tensor.is_floating_point():
        tensor = tensor.float()  # as the parameters are; NumPy makes float64
    if tensor.device != device:
        _require_room(name, tensor.numel() * tensor.element_size(), _free(device))
    return tensor.to(device)


def _as_tensor(name: str, values: Any) -> torch.Tensor:
    """Takes an array; a memory-mapped one is read whole, since every point looks at every example."""
    if isinstance(values, np.memmap):
        _require_room(name, values.nbytes, _free(torch.device("cpu")))
        return torch.from_numpy(np.array(values))
    return tensor_of(values)


def tensor_of(values: Any) -> torch.Tensor:
    """Returns an array as a tensor, without a copy where it is writable memory."""
    if isinstance(values, np.ndarray) and not (values.flags.writeable and values.flags.c_contiguous):
        return torch.from_numpy(np.array(values, order="C"))
    return torch.as_tensor(values)


def _require_room(name: str, needed: int, free: int | None) -> None:
    if free is not None and needed > free:
        raise DataError(
            f"{name}: {needed / 1e9:.1f} GB of examples do not fit {free / 1e9:.1f} GB of free memory; measure on fewer"
        )


def _free(device: torch.device) -> int | None:
    """Returns the free memory of a device, bytes, or None where it cannot be told."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


@contextlib.contextmanager
def memory_errors(examples: int) -> Iterator[None]:
    """Turns a lack of memory while measuring into a sentence."""
    try:
        yield
    except (MemoryError, torch.cuda.OutOfMemoryError, RuntimeError) as error:
        lacking = isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "can't allocate memory" in str(error)
        if not lacking:
            raise
        raise DataError(
            f"objective: {examples:,} examples at once need more memory than there is; measure on fewer, or give a "
            "criterion of one loss for each example (reduction='none'), which is streamed"
        ) from error
