"""A section of parameter space: a plane or a line, θ₀ + Σ cₖ·dₖ.

The directions need be neither unit nor orthogonal, so coordinates are solved for, not dotted.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch

from render.errors import DataError
from render.space.thetas import blocks, points_of

Directions = tuple[np.ndarray, ...]  # each (P,)


class Section(Protocol):
    """What is measured at θ₀ + α·u + β·v; v is zero for a line."""

    @property
    def origin(self) -> np.ndarray:
        """θ₀, (P,)."""

    @property
    def u(self) -> np.ndarray:
        """One unit of α, (P,)."""

    @property
    def v(self) -> np.ndarray:
        """One unit of β, (P,)."""

    @property
    def variance_share(self) -> tuple[float, float] | None:
        """The shares of a trajectory's variance along u and v, where they are its principal components."""

    @property
    def eigenvalues(self) -> tuple[float, ...] | None:
        """The largest eigenvalues of the Hessian, where u and v are its eigenvectors."""

    def project(self, thetas: Any) -> np.ndarray:
        """Returns the coordinates (N, K) of the points nearest to thetas (N, P)."""

    def lift(self, coordinates: Any) -> np.ndarray:
        """Returns the parameters (N, P) at coordinates (N, K)."""

    def distance(self, thetas: Any) -> np.ndarray:
        """Returns how far thetas (N, P) lie from the section, (N,)."""


def project(thetas: Any, name: str, origin: np.ndarray, directions: Directions) -> np.ndarray:
    """Returns the coordinates (N, K) of the points nearest to thetas (N, P); raises DataError where P is another."""
    points = _points_beside(thetas, name, origin)
    dots = np.zeros((len(directions), points.shape[0]))
    for rows, columns, block in blocks(points):
        away = np.subtract(block, origin[columns], dtype=np.float64)
        dots[:, rows] += [away @ direction[columns] for direction in directions]
    gram = np.array([[a @ b for b in directions] for a in directions])
    return np.linalg.solve(gram, dots).T


def lift(coordinates: Any, name: str, origin: np.ndarray, directions: Directions) -> np.ndarray:
    """Returns the parameters (N, P) at coordinates (N, K)."""
    places = np.asarray(coordinates, np.float64)
    if places.ndim != 2 or places.shape[1] != len(directions):
        raise DataError(f"{name}: coordinates have the shape {places.shape}; they must be (N, {len(directions)})")
    return origin + places @ np.stack(directions)


def distance(thetas: Any, name: str, origin: np.ndarray, directions: Directions) -> np.ndarray:
    """Returns how far thetas (N, P) lie from the section, (N,), in units of parameter space."""
    places, points = project(thetas, name, origin, directions), points_of(thetas)
    squares = np.zeros(points.shape[0])
    for rows, columns, block in blocks(points):
        away = np.subtract(block, origin[columns], dtype=np.float64)
        for place, direction in zip(places[rows].T, directions, strict=True):
            away -= np.outer(place, direction[columns])
        squares[rows] += np.einsum("np,np->n", away, away)
    return np.sqrt(squares)


def _points_beside(thetas: Any, name: str, origin: np.ndarray) -> Any:
    points = points_of(thetas)
    if points.shape[1] != len(origin):
        sizes = f"trajectory has {points.shape[1]:,} parameters, the {name} {len(origin):,}"
        raise DataError(f"{name}: {sizes}; choose a trajectory of the same network")
    return points


def vectors(name: str, parts: dict[str, Any]) -> list[np.ndarray]:
    """Returns vectors (P,) in float64; raises DataError where their sizes differ or a value is not finite."""
    found = {symbol: _vector(values) for symbol, values in parts.items()}
    if len({len(values) for values in found.values()}) > 1:
        sizes = ", ".join(f"{symbol} {len(values):,}" for symbol, values in found.items())
        raise DataError(f"{name}: the numbers of parameters differ ({sizes}); take all from one network")
    for symbol, values in found.items():
        if not np.isfinite(values).all():
            raise DataError(f"{name}: {symbol} holds values that are not finite; choose another one")
    return list(found.values())


def _vector(values: Any) -> np.ndarray:
    plain = values.detach().cpu().double().numpy() if isinstance(values, torch.Tensor) else values
    return np.asarray(plain, np.float64).ravel()


def length_of(name: str, symbol: str, direction: np.ndarray) -> float:
    """Returns the length of a direction (P,); raises DataError where nothing can be divided by it."""
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(direction))
    if length == 0 or not np.isfinite(length):
        raise DataError(f"{name}: {symbol} has length {'zero' if length == 0 else length}; choose another direction")
    return length
