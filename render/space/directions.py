"""Random directions, scaled to the network they leave from.

Filter normalisation (Li et al. 2018, section 4): each filter of a Gaussian direction is scaled to the norm of the
filter it moves. A filter is what one output unit reads: dim 0 of linear, attention and convolution weights, dim 1 of
each group of transposed convolutions, a row of an embedding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from render.descent.parameters import trainable
from render.errors import DataError, UsageError

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
LAYER_NORMS = (nn.LayerNorm, nn.RMSNorm)  # alone among norm layers, they may have weights of several dimensions
IGNORES = ("none", "biasbn")

Fold = tuple[int, int, int, int]  # a shape whose dims 0 and 2 count the filters of a parameter


def _folds(model: nn.Module) -> dict[int, Fold]:
    """Returns how the weights of transposed convolutions fold; all others have their filters in dim 0."""
    layers = (module for module in model.modules() if isinstance(module, TRANSPOSED))
    return {
        id(layer.weight): (layer.groups, layer.in_channels // layer.groups, layer.weight.shape[1], -1)
        for layer in layers
    }


def _matched(direction: torch.Tensor, weight: torch.Tensor, dims: tuple[int, ...] | None = None) -> torch.Tensor:
    ours, theirs = (torch.linalg.vector_norm(x, dim=dims, keepdim=True) for x in (direction, weight))
    return direction * torch.where(ours > 0, theirs / ours, 0)


def _per_filter(direction: torch.Tensor, weight: torch.Tensor, fold: Fold) -> torch.Tensor:
    if weight.ndim < 2 or not weight.numel():
        return _matched(direction, weight)
    return _matched(direction.reshape(fold), weight.reshape(fold), (1, 3))


NORMS: dict[str, Callable[[torch.Tensor, torch.Tensor, Fold], torch.Tensor]] = {
    "none": lambda direction, weight, fold: direction,
    "filter": _per_filter,
    "layer": lambda direction, weight, fold: _matched(direction, weight),
    "model": lambda direction, weight, fold: direction,
}


def random_direction(model: nn.Module, seed: int, norm: str = "filter", ignore: str = "biasbn") -> np.ndarray:
    """Returns a Gaussian direction (P,) float32 among the model's trainable parameters.

    norm: none | filter | layer | model (the whole direction to the norm of θ); ignore: none | biasbn, which leaves
    biases and norm layers where they are. Norms match within 1e-6, the rounding to float32 included; what is zero
    stays zero. A parameter that several layers share is drawn once.
    """
    for name, value, choices in (("norm", norm, tuple(NORMS)), ("ignore", ignore, IGNORES)):
        if value not in choices:
            raise UsageError(f"{name}: {value!r} is unknown; choose {', '.join(choices)}")
    generator = torch.Generator().manual_seed(seed)
    folds, still = _folds(model), _biases_and_norms(model) if ignore == "biasbn" else set()
    drawn, weights = [], []
    for _, parameter in trainable(model):
        weight = parameter.detach().double().cpu()
        part = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
        if id(parameter) in still:
            part = torch.zeros_like(weight)
        fold = folds.get(id(parameter), (len(weight) if weight.ndim else 1, 1, 1, -1))
        drawn.append(NORMS[norm](part, weight, fold).reshape(-1))
        weights.append(weight.reshape(-1))
    if not drawn:
        raise DataError("direction: the model has no trainable parameters; set requires_grad on some")
    direction = torch.cat(drawn)
    return (_matched(direction, torch.cat(weights)) if norm == "model" else direction).float().numpy()


def _biases_and_norms(model: nn.Module) -> set[int]:
    """Returns the ids of biases, of every parameter of one dimension, and of those of norm layers of any dimension."""
    named = ((m, name, p) for m in model.modules() for name, p in m.named_parameters(recurse=False))
    return {
        id(parameter)
        for module, name, parameter in named
        if parameter.ndim < 2 or isinstance(module, LAYER_NORMS) or name.startswith("bias")
    }
