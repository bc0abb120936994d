"""How the loss bends at a point: its steepest descent, and the eigenvectors of its Hessian H.

H is never written out. H·x is the derivative of the gradient along x (Pearlmutter 1994), and Lanczos' method finds the
largest eigenvalues from such products (ARPACK, through SciPy).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


class Derivatives:
    """A loss that brings derivatives of its own."""

    tolerance: float  # of an eigenvalue, to which products with H are exact enough for Lanczos' method to end

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """Returns the gradient (P,) at θ (P,)."""
        raise NotImplementedError

    def products(self, theta: np.ndarray) -> contextlib.AbstractContextManager[Product]:
        """Gives x ↦ H·x at θ (P,)."""
        raise NotImplementedError


@dataclass(frozen=True)
class ByFunc(Derivatives):
    """The derivatives of a function of θ, by torch.func."""

    loss: Loss
    tolerance: float = TOLERANCE

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """Returns the gradient (P,) at θ (P,)."""
        return torch.func.grad(self.loss)(torch.tensor(theta)).detach().cpu().numpy()

    @contextlib.contextmanager
    def products(self, theta: np.ndarray) -> Iterator[Product]:
        """Gives x ↦ H·x at θ (P,); raises DataError where torch has no second derivative."""
        times = _second_derivative(torch.func.grad(self.loss), torch.tensor(theta))

        def product(x: np.ndarray) -> np.ndarray:
            with sdpa_kernel(SDPBackend.MATH):
                return times(torch.tensor(x.ravel())).detach().cpu().numpy()

        yield product


def _derivatives(loss: Loss) -> Derivatives:
    return loss if isinstance(loss, Derivatives) else ByFunc(loss)


def steepest(loss: Loss, theta: np.ndarray) -> np.ndarray:
    """Returns the unit vector (P,) against the gradient at θ; raises DataError where it is zero or not finite."""
    gradient = _derivatives(loss).gradient(theta)
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
    derivatives = _derivatives(loss)
    with derivatives.products(theta) as times:
        product = _finite(times)
        if size <= DENSE or k == size:
            values, vectors = _dense(product, size)
        else:
            values, vectors = _lanczos(product, size, k, derivatives.tolerance)
    order = np.argsort(-values, kind="stable")[:k]
    axes = vectors.T[order]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    return values[order], axes * np.where(largest < 0, -1.0, 1.0)


def _finite(product: Product) -> Product:
    """Returns a product that raises DataError where it is not finite."""

    def checked(x: np.ndarray) -> np.ndarray:
        found = product(x)
        if not np.isfinite(found).all():
            raise DataError("plane: the Hessian at θ₀ is not finite; choose a point where the descent has not diverged")
        return found

    return checked


def _dense(product: Product, size: int) -> tuple[np.ndarray, np.ndarray]:
    hessian = np.stack([product(row) for row in np.eye(size)])
    return np.linalg.eigh((hessian + hessian.T) / 2)


def _lanczos(product: Product, size: int, k: int, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    start = np.random.default_rng(0).normal(size=size)  # ones might be orthogonal to an eigenvector by symmetry
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    try:
        return eigsh(operator, k, which="LA", v0=start, tol=tolerance)
    except ArpackError as error:
        raise DataError(f"plane: Lanczos' method found no {k} eigenvectors ({error}); choose another point") from error


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
