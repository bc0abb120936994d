"""Reduced precision: kept only where it follows the loss as finely as the grid asks.

Weights of 8 bits make neighbouring cells of a fine grid equal, so that a slope becomes a terrace. At sampled cells and
their neighbours, the error against float32 must stay below a fraction of the step from one cell to the next.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from render.loss.measurement import Measurement

ALLOWED = 0.1  # of the typical step between neighbouring cells
SAMPLED = 4  # cells along each axis
KINDS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class PrecisionCheck:
    """What a reduced precision came to at the sampled cells."""

    error: float  # the largest difference from float32, in the loss's own unit
    step: float  # the median change of the loss from a cell to its neighbour

    @property
    def passes(self) -> bool:
        """Whether the error cannot be seen as terraces."""
        return self.error <= ALLOWED * self.step

    def __str__(self) -> str:
        return f"error {self.error:.2g}, step between cells {self.step:.2g}"


@contextlib.contextmanager
def reduced(precision: str, device: torch.device) -> Iterator[None]:
    """Computes products in a precision until the block ends; tf32 is one of GPUs and does nothing elsewhere."""
    if precision in KINDS:
        with torch.autocast(device.type, KINDS[precision], cache_enabled=False):  # the cache would keep the first point
            yield
        return
    if device.type != "cuda":
        yield
        return
    found = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = found


def probes(alphas: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """Returns sampled cells, each with its neighbour along α, (2 · n, 2): the cells, then the neighbours."""
    columns = np.linspace(0, len(alphas) - 2, min(SAMPLED, len(alphas) - 1)).round().astype(int)
    rows = np.linspace(0, len(betas) - 1, min(SAMPLED, len(betas))).round().astype(int)
    beta, column = (part.ravel() for part in np.meshgrid(betas[rows], columns, indexing="ij"))
    return np.concatenate([np.stack([alphas[column + k], beta], 1) for k in (0, 1)])


def check(exact: Measurement, rough: Measurement) -> PrecisionCheck:
    """Returns how measurements of probes in two precisions compare; where one diverges alone, the error is infinite."""
    finite = np.isfinite(exact.loss)
    if (finite != np.isfinite(rough.loss)).any():
        return PrecisionCheck(np.inf, 0.0)
    here, there = np.split(exact.loss.astype(np.float64), 2)
    both = np.isfinite(here) & np.isfinite(there)
    steps = np.abs(there[both] - here[both])
    errors = np.abs(exact.loss[finite].astype(np.float64) - rough.loss[finite])
    return PrecisionCheck(float(errors.max(initial=0.0)), float(np.median(steps)) if len(steps) else 0.0)
