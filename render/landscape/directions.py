"""Random directions, scaled to the network they leave from.

Filter normalisation (Li et al. 2018, section 4): each filter of a Gaussian direction is scaled to the norm of the
filter it moves. A filter is what one output unit reads: dim 0 of linear and convolution weights, dim 1 of transposed
convolutions, a row of an embedding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from render.descent.parameters import trainable

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def _matched(direction: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    length = direction.norm()
    return direction * (weight.norm() / length) if length > 0 else direction


def _per_filter(direction: torch.Tensor, weight: torch.Tensor, axis: int) -> torch.Tensor:
    if weight.ndim < 2:
        return _matched(direction, weight)
    rows, filters = direction.movedim(axis, 0).flatten(1), weight.movedim(axis, 0).flatten(1)
    length = rows.norm(dim=1, keepdim=True).clamp_min(torch.finfo(rows.dtype).tiny)
    scaled = rows * (filters.norm(dim=1, keepdim=True) / length)
    return scaled.reshape(direction.movedim(axis, 0).shape).movedim(0, axis)


NORMS: dict[str, Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor]] = {
    "none": lambda direction, weight, axis: direction,
    "filter": _per_filter,
    "layer": lambda direction, weight, axis: _matched(direction, weight),
    "model": lambda direction, weight, axis: direction,
}


def random_direction(model: nn.Module, seed: int, norm: str = "filter", ignore: str = "biasbn") -> np.ndarray:
    """Returns a Gaussian direction (P,) float32 among the model's trainable parameters.

    norm: none | filter | layer | model (the whole direction to the norm of θ); ignore: none | biasbn, which leaves
    all one-dimensional parameters (biases, norm layers) where they are.
    """
    generator = torch.Generator().manual_seed(seed)
    transposed = {id(p) for m in model.modules() if isinstance(m, TRANSPOSED) for p in [m.weight]}
    parts = []
    for _, parameter in trainable(model):
        axis = 1 if id(parameter) in transposed else 0
        weight = parameter.detach().double().cpu()
        drawn = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
        if ignore == "biasbn" and weight.ndim < 2:
            drawn = torch.zeros_like(weight)
        parts.append(NORMS[norm](drawn, weight, axis).reshape(-1))
    direction = torch.cat(parts)
    if norm == "model":
        direction = _matched(direction, torch.cat([p.detach().double().cpu().reshape(-1) for _, p in trainable(model)]))
    return direction.float().numpy()
