"""The principal components of a trajectory that need not fit into memory.

The T × T Gram matrix of the steps has the same eigenvalues as the P × P covariance, and the components are sums of
steps weighted by its eigenvectors (Sirovich 1987, the method of snapshots). Both are made from a few columns at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import eigh

from render.errors import DataError, UsageError
from render.space.thetas import Points, column_blocks, points_of, steps_of

ORIGINS = ("last", "mean", "first")
SMALLEST_SHARE = 1e-12  # of the first eigenvalue; below it, the second is rounding
NO_ADVANCE = 1e-9  # of the spread along an axis; a shorter way from first to last step is rounding


@dataclass(frozen=True)
class Components:
    """The two principal components of a trajectory, and the point that they are drawn from."""

    origin: np.ndarray  # (P,)
    axes: np.ndarray  # (2, P) unit vectors
    shares: tuple[float, float]  # of the variance of the mean-centred trajectory


def principal(trajectory: Any, origin: str = "last") -> Components:
    """Returns the components of a trajectory (T, P), each pointing the way that the descent went.

    An axis along which the descent does not advance is turned so that its largest component is positive. Raises
    DataError where there are fewer than three points, all on a line, or one that is not finite. Memory: three vectors
    (P,), two matrices (T, T) and a block of columns.
    """
    points = points_of(trajectory)
    if origin not in ORIGINS:
        raise UsageError(f"plane: origin {origin!r} is unknown; choose {', '.join(ORIGINS)}")
    if points.shape[0] < 3:
        raise DataError(
            f"plane: pca needs 3 logged steps or more, this run has {points.shape[0]}; lower training.every"
        )
    weights, shares = _weights(_gram(points, steps_of(trajectory)))
    start, axes, advance = _axes(points, weights, origin)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    for axis, step in zip(axes, advance, strict=True):
        axis *= _sign(axis, step)
    return Components(start, axes, shares)


def _gram(points: Points, steps: np.ndarray) -> np.ndarray:
    """Returns the products (T, T) of the mean-centred steps, in float64."""
    gram = np.zeros((points.shape[0], points.shape[0]))
    for _, block in column_blocks(points):
        if not np.isfinite(block).all():
            step = steps[np.flatnonzero(~np.isfinite(block).all(1))[0]]
            raise DataError(f"plane: step {step} holds parameters that are not finite; leave out what diverged")
        block -= block[-1].copy()  # from one step to another little changes, so that centring cancels little
        gram += block @ block.T  # NumPy sees the transpose and computes one half
    means = gram.mean(0)
    gram -= means
    gram -= means[:, None] - means.mean()
    return gram


def _weights(gram: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Returns the weights (2, T) of the steps in the first two components, and the components' shares."""
    last, total = len(gram) - 1, float(np.trace(gram))
    values, vectors = eigh(gram, subset_by_index=[last - 1, last], overwrite_a=True, check_finite=False)
    if values[0] <= SMALLEST_SHARE * values[1] or not total > 0:
        raise DataError("plane: the trajectory lies on a line, so pca has no second direction; choose plane random")
    return vectors.T[::-1], (float(values[1] / total), float(values[0] / total))


def _axes(points: Points, weights: np.ndarray, origin: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the origin (P,), the axes (2, P), as long as the spread along them, and the advance in units of it."""
    start, axes = np.empty(points.shape[1]), np.empty((2, points.shape[1]))
    advance = np.zeros(2)
    for columns, block in column_blocks(points):
        mean = block.mean(0)
        start[columns] = {"last": block[-1], "mean": mean, "first": block[0]}[origin]
        axes[:, columns] = weights @ (block - mean)
        advance += axes[:, columns] @ (block[-1] - block[0])
    return start, axes, advance / np.einsum("kp,kp->k", axes, axes)


def _sign(axis: np.ndarray, advance: float) -> float:
    side = advance if abs(advance) > NO_ADVANCE else axis[np.abs(axis).argmax()]
    return 1.0 if side > 0 else -1.0
