"""The evaluation set in memory, and a sentence where it does not fit."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from render.errors import DataError

NARROW = 1e-4  # of the range of values, by which float32 may round them
PART = 2**22  # numbers that are looked at together


def resident(name: str, values: Any, device: torch.device) -> torch.Tensor:
    """Returns values as a tensor on a device; raises DataError where they do not fit its free memory."""
    _require_values(name, values)
    tensor = values if isinstance(values, torch.Tensor) else _as_tensor(name, values)
    tensor = tensor if tensor.requires_grad else tensor.detach()  # flags that a network sets are not the caller's
    if not tensor.ndim or not len(tensor):
        raise DataError(f"{name}: the shape {tuple(tensor.shape)} holds no examples; give (examples, ...)")
    if tensor.dtype == torch.float64:
        _require_narrow(name, tensor.detach())
    if tensor.is_floating_point():
        tensor = tensor.float()  # as the parameters are; NumPy makes float64
    if tensor.device != device:
        _require_room(name, tensor.numel() * tensor.element_size(), _free(device))
    return tensor.to(device)


def _require_values(name: str, values: Any) -> None:
    """Raises DataError for what holds no tensor of examples."""
    if values is None:
        raise DataError(f"{name}: there are none; give a tensor, examples first")
    if isinstance(values, Mapping) or _is_several(values):
        raise DataError(
            f"{name}: a {type(values).__name__} of several tensors is no table of examples; give one tensor, examples "
            "first, and wrap a network that takes more in a module that takes them out of it"
        )
    if isinstance(values, DataLoader | Dataset):
        raise DataError(
            f"{name}: a {type(values).__name__} is not read here; put its examples into one tensor with torch.stack or "
            "torch.cat, and its targets into another"
        )


def _require_narrow(name: str, values: torch.Tensor) -> None:
    """Raises DataError where float32 does not tell values apart that float64 does, such as ids and times."""
    off, low, high, whole = 0.0, math.inf, -math.inf, True
    for part in values.split(
        max(1, len(values) * PART // max(1, values.numel()))
    ):  # a few rows at a time, not the whole again
        finite = part[torch.isfinite(part)]
        if len(finite):
            apart = (finite.float().double() - finite).abs()
            off = max(off, float(apart[torch.isfinite(apart)].max()) if torch.isfinite(apart).any() else 0.0)
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            whole = whole and bool((finite == finite.round()).all())
    if off and (whole or off > NARROW * (high - low)):
        raise DataError(
            f"{name}: float32, in which networks compute, rounds them by up to {off:.2g} of a range of "
            f"{high - low:.3g}; subtract their mean, or give whole numbers as integers"
        )


def _is_several(values: Any) -> bool:
    """Tells whether values are a sequence of tensors or arrays that hold more than a number each."""
    return isinstance(values, list | tuple) and any(isinstance(v, torch.Tensor | np.ndarray) and v.ndim for v in values)


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
    try:
        return torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"a {type(values).__name__} is no table of numbers ({error}); give a tensor") from error


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
