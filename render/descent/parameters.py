"""The parameters of a network as one flat vector θ, and a network that is left as it was found.

θ holds the trainable parameters in the order of `named_parameters`, each flattened row by row.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import nn

from render.errors import DataError


@dataclass(frozen=True)
class Layout:
    """Where each trainable parameter of a network lies in θ."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]  # index in θ of the first element of each

    @property
    def size(self) -> int:
        """The number of elements of θ."""
        return self.offsets[-1] + math.prod(self.shapes[-1]) if self.names else 0

    def slices(self) -> dict[str, slice]:
        """Returns the part of θ that belongs to each parameter."""
        ends = (start + math.prod(shape) for start, shape in zip(self.offsets, self.shapes, strict=True))
        return {name: slice(*part) for name, *part in zip(self.names, self.offsets, ends, strict=True)}


def layout_of(model: nn.Module) -> Layout:
    """Returns the layout of a network's trainable parameters."""
    shapes = {name: tuple(parameter.shape) for name, parameter in trainable(model)}
    ends = list(accumulate(map(math.prod, shapes.values()), initial=0))
    return Layout(tuple(shapes), tuple(shapes.values()), tuple(ends[:-1]))


def parameters_of(model: nn.Module) -> np.ndarray:
    """Returns a copy of θ, (P,) float32; raises DataError where a parameter is complex."""
    for name, parameter in trainable(model):
        if parameter.is_complex():
            raise DataError(f"model: {name} is complex, and θ is real; write its real and imaginary parts as two")
    parts = [parameter.detach().reshape(-1).cpu().float() for _, parameter in trainable(model)]
    return torch.cat(parts).numpy().copy() if parts else np.zeros(0, np.float32)


def load_parameters(model: nn.Module, theta: np.ndarray | torch.Tensor) -> None:
    """Writes θ (P,) into a network; raises DataError where its length is another."""
    loader_of(model)(theta)


def loader_of(model: nn.Module) -> Callable[[np.ndarray | torch.Tensor], None]:
    """Returns load_parameters for one network, whose names are looked up only once (100 µs for a small network)."""
    layout, parts = layout_of(model), layout_of(model).slices()
    places = [(parameter, parts[name], tuple(parameter.shape)) for name, parameter in trainable(model)]

    @torch.no_grad()
    def load(theta: np.ndarray | torch.Tensor) -> None:
        values = torch.as_tensor(theta)
        if values.shape != (layout.size,):
            shape = tuple(values.shape)
            raise DataError(f"θ has the shape {shape}, this network has {layout.size} parameters; choose its own run")
        for parameter, part, shape in places:
            parameter.copy_(values[part].reshape(shape))

    return load


@contextlib.contextmanager
def restoring(model: nn.Module) -> Iterator[None]:
    """Leaves parameters, buffers, modes, gradients and torch's random state as they were, also after an error."""
    undo = _snapshot(model)
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            undo()


def _snapshot(model: nn.Module) -> Callable[[], None]:
    modes = [(module, module.training) for module in model.modules()]
    held = (slots for module in model.modules() for slots in (module._parameters, module._buffers))
    slots: list[tuple[Any, Any]] = [(slot, dict(slot)) for slot in held if isinstance(slot, dict)]  # not a script's
    flags = [(parameter, parameter.requires_grad, parameter.grad) for parameter in model.parameters()]
    gradients = [gradient for _, _, gradient in flags if gradient is not None]
    values = [(tensor, tensor.detach().clone()) for tensor in (*model.parameters(), *model.buffers(), *gradients)]

    @torch.no_grad()
    def undo() -> None:
        for module, training in modes:
            module.training = training
        for slot, found in slots:
            slot.clear()
            slot.update(found)
        for tensor, value in values:
            tensor.copy_(value)
        for parameter, flag, gradient in flags:
            parameter.requires_grad_(flag).grad = gradient

    return undo


def trainable(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Returns the parameters that θ is made of, by name."""
    return ((name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad)
