"""The slope of a surface: how fast the measured loss changes along α and along β, by central differences.

    ∂L/∂α ≈ (L(α + h, β) − L(α − h, β)) / 2h      h one step of the grid; L is linear between its cells

It is the gradient of the slice, not that of the network: directions that leave the plane have no part in it.
"""

from __future__ import annotations

import numpy as np

from render.sampling.surface import Surface


def gradient_at(surface: Surface, coordinates: np.ndarray) -> np.ndarray:
    """Returns the gradient (N, 2) along α and β at coordinates (N, 2); NaN within a step of the edge or of a hole."""
    steps = [float(np.ptp(axis)) / (len(axis) - 1) for axis in (surface.grid.alphas, surface.grid.betas)]
    columns = []
    for shift, step in zip(np.diag(steps), steps, strict=True):
        ahead, behind = surface.height_at(coordinates + shift), surface.height_at(coordinates - shift)
        columns.append((ahead - behind) / (2 * step))
    return np.stack(columns, axis=1)
