"""The scale bar: a length on the plane, in units of the weights, along an edge of the body's foot.

Along α the weights move by |Δα|·‖u‖, so a bar of that length is true wherever on the plane it is laid.
"""

from __future__ import annotations

import math

import numpy as np

from render.film.furniture.plot import Plot

SHARE = 0.3  # of the body's width, which the bar does not exceed
AWAY = 0.035  # picture widths between the foot and the bar


def unit_length(plot: Plot) -> float | None:
    """Returns the length of the grid's whole α axis in weights, or None where the record does not tell it."""
    record = plot.panel.landscape.record
    lengths = record.get("plane", {}).get("lengths")
    if not lengths:
        return None
    alphas = plot.panel.landscape.surface.grid.alphas
    return float(np.ptp(alphas)) * float(lengths[0])


def round_length(whole: float) -> float:
    """Returns the longest round length within the share of an axis that a bar may take."""
    most = SHARE * whole
    power = 10.0 ** math.floor(math.log10(most))
    return float(f"{max(share * power for share in (1, 2, 5) if share * power <= most * (1 + 1e-9)):.12g}")


def bar_of(plot: Plot, whole: float, length: float) -> np.ndarray:
    """Returns the two ends (2, 3) of a bar of a length in weights along the α edge that faces the camera."""
    depth, deep = plot.panel.relief.depth, plot.take.look.walls.thickness
    side = 1.0 if plot.view.position[1] >= 0 else -1.0
    near = 1.0 if plot.view.position[0] >= 0 else -1.0  # at the corner that is nearest, where it is largest
    y = side * (depth / 2 + AWAY)
    start = near * 0.5
    return np.array([(start, y, -deep), (start - near * length / whole, y, -deep)])
