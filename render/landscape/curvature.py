"""How the loss bends at a point: its steepest descent, and the eigenvectors of its Hessian H.

H is never written out. H·x is the derivative of the gradient along x (Pearlmutter 1994), and Lanczos' method finds the
largest eigenvalues from such products (ARPACK, through SciPy).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh
from torch.nn.attention import SDPBackend, sdpa_kernel

from render.errors import DataError, UsageError

Loss = Callable[[torch.Tensor], torch.Tensor]  # (P,) float64 -> scalar float64
Product = Callable[[np.ndarray], np.ndarray]  # x (P,) -> H·x (P,)

DENSE = 64  # parameters; up to here H is written out, since Lanczos needs more dimensions than it finds vectors
TOLERANCE = 1e-8  # of an eigenvalue; eigenvectors a hundredth apart are then told apart to 1e-6


class Differentiable(Protocol):
    """An objective whose loss can be differentiated twice."""

    def differentiable(self) -> Loss:
        """Returns the loss as a function of θ (P,) in float64."""


def steepest(loss: Loss, theta: np.ndarray) -> np.ndarray:
    """Returns the unit vector (P,) against the gradient at θ; raises DataError where it is zero or not finite."""
    gradient = torch.func.grad(loss)(torch.tensor(theta)).detach().cpu().numpy()
    length = np.linalg.norm(gradient)
    if not np.isfinite(length):
        raise DataError("plane: the gradient at θ₀ is not finite; choose a point where the descent has not diverged")
    if length == 0:
        raise DataError("plane: the gradient at θ₀ is zero, so no direction is steepest; choose plane random")
    return -gradient / length


def leading(loss: Loss, theta: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the k largest eigenvalues (k,) of H at θ (P,), largest first, and their unit eigenvectors (k, P).

    The component of largest magnitude is positive. Starts from a fixed vector, so that it always ends the same.
    Raises DataError where H is not finite or the loss has no second derivative.
    """
    size = len(theta)
    if not 2 <= k <= size:
        raise UsageError(f"plane: {k} Hessian eigenvectors are asked for; it must be 2 to {size:,}, the parameters")
    product = _product(loss, theta)
    values, vectors = _dense(product, size) if size <= DENSE or k == size else _lanczos(product, size, k)
    order = np.argsort(-values, kind="stable")[:k]
    axes = vectors.T[order]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    return values[order], axes * np.where(largest < 0, -1.0, 1.0)


def _dense(product: Product, size: int) -> tuple[np.ndarray, np.ndarray]:
    hessian = np.stack([product(row) for row in np.eye(size)])
    return np.linalg.eigh((hessian + hessian.T) / 2)


def _lanczos(product: Product, size: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    start = np.random.default_rng(0).normal(size=size)  # ones might be orthogonal to an eigenvector by symmetry
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    try:
        return eigsh(operator, k, which="LA", v0=start, tol=TOLERANCE)
    except ArpackError as error:
        raise DataError(f"plane: Lanczos' method found no {k} eigenvectors ({error}); choose another point") from error


def _product(loss: Loss, theta: np.ndarray) -> Product:
    point, gradient = torch.tensor(theta), torch.func.grad(loss)
    times = _second_derivative(gradient, point)

    def product(x: np.ndarray) -> np.ndarray:
        with sdpa_kernel(SDPBackend.MATH):
            found = times(torch.tensor(x.ravel())).detach().cpu().numpy()
        if not np.isfinite(found).all():
            raise DataError("plane: the Hessian at θ₀ is not finite; choose a point where the descent has not diverged")
        return found

    return product


def _second_derivative(gradient: Loss, point: torch.Tensor) -> Loss:
    """Returns x ↦ H·x, forward over reverse; reverse over reverse where an operation has no forward derivative."""

    def forward(x: torch.Tensor) -> torch.Tensor:
        return torch.func.jvp(gradient, (point,), (x,))[1]

    def reverse(x: torch.Tensor) -> torch.Tensor:
        return torch.func.vjp(gradient, point)[1](x)[0]

    for way in (forward, reverse):
        try:
            with sdpa_kernel(SDPBackend.MATH):  # torch's other kernels of attention can be differentiated only once
                way(torch.zeros_like(point))
        except (NotImplementedError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
        else:
            return way
    raise DataError(f"plane: torch has no second derivative of this loss ({reason}); choose another plane")
