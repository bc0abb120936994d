"""A network whose parameters are views of one flat vector, so that a point is set by a few additions in place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import nn

from render.descent.parameters import layout_of, trainable
from render.errors import DataError


class FlatPlane:
    """θ₀ + α·u + β·v, written into one buffer; the points of a row share θ₀ + β·v."""

    def __init__(self, plane: torch.Tensor, device: torch.device):
        """Takes the plane (3, P) float64; sums are made in float64 and rounded once."""
        self._plane = plane.to(device)
        self._row, self._sum = torch.empty_like(self._plane[0]), torch.empty_like(self._plane[0])
        self._beta: float | None = None
        self.theta = torch.empty_like(self._plane[0], dtype=torch.float32)

    def move(self, alpha: float, beta: float) -> None:
        """Puts θ(α, β) into the buffer."""
        if beta != self._beta:
            torch.add(self._plane[0], self._plane[2], alpha=beta, out=self._row)
            self._beta = beta
        torch.add(self._row, self._plane[1], alpha=alpha, out=self._sum)
        self.theta.copy_(self._sum)


def require_float32(model: nn.Module) -> None:
    """Raises DataError where a trainable parameter is not float32."""
    _require(torch.float32, {name: parameter.data for name, parameter in trainable(model)})


def _require(dtype: torch.dtype, found: Mapping[str, torch.Tensor]) -> None:
    for name, data in found.items():
        if data.dtype != dtype:
            remedy = "write its real and imaginary parts as two" if data.is_complex() else "call .float()"
            raise DataError(f"model: {name} is {data.dtype}, and only float32 parameters are measured; {remedy}")


@contextlib.contextmanager
def held_in(model: nn.Module, theta: torch.Tensor) -> Iterator[None]:
    """Makes the trainable parameters views of theta (P,) until the block ends; their own memory is not touched.

    Raises DataError where a parameter has not theta's precision, since it cannot be a view.
    """
    parts, found = layout_of(model).slices(), {name: parameter.data for name, parameter in trainable(model)}
    _require(theta.dtype, found)
    try:
        for name, parameter in trainable(model):
            parameter.data = theta[parts[name]].view(parameter.shape)
        yield
    finally:
        for name, parameter in trainable(model):
            parameter.data = found[name]


def moved_by(plane: torch.Tensor, model: nn.Module) -> set[int]:
    """Returns the ids of the parameters of a network that the directions of a plane (3, P) move."""
    parts = layout_of(model).slices()
    return {id(parameter) for name, parameter in trainable(model) if plane[1:, parts[name]].any()}
