"""The ground behind everything."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from render.scene import look as spec
from render.stage import palette


def background(look: spec.LookPreset, width: int, height: int) -> Tensor:
    """Returns the ground behind everything, (H · W, 3): a flat colour with a faint radial lift behind the object."""
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = (np.arange(height) + 0.5) / height * 2 - 1
    lift = look.background.lift * np.exp(-1.4 * ((0.8 * x[None, :]) ** 2 + (y[:, None] + 0.1) ** 2))
    colour = palette.linear(look.background.colour)
    warm = colour / max(1e-6, colour.max())
    ground = colour + lift[..., None] * (0.4 + 0.6 * warm)
    return torch.from_numpy(ground.reshape(-1, 3).astype(np.float32))
