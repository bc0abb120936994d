"""Focus: how far bodies reach along a view, and what of a picture lies out of focus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from render.stage.camera import View
from render.stage.cast import Cast
from render.stage.window.geometry import Geometry

SHARP, BLURRED = 0.12, 0.6  # of the reach from the sharpest distance: within it all is sharp, and how soon it is not


def span_of(casts: Sequence[Cast], view: View) -> tuple[float, float]:
    """Returns the nearest and the farthest of bodies along a view, picture widths."""
    corners = []
    for cast in casts:
        relief, (x, y) = cast.placed.relief, cast.placed.offset
        box = [[x - 0.5, x + 0.5], [y - 0.5 * relief.depth, y + 0.5 * relief.depth], [0, relief.exaggeration]]
        corners.append(np.stack(np.meshgrid(*box), -1).reshape(-1, 3))
    if view.around is not None:
        return _reach_of(np.concatenate(corners), view.position)
    along = (np.concatenate(corners) - view.position) @ view.axes[2]
    return max(0.02, float(along.min())), max(0.05, float(along.max()))


def _reach_of(corners: np.ndarray, eye: np.ndarray) -> tuple[float, float]:
    """Returns the least and the largest distance of an eye from what has corners (N, 3), picture widths."""
    nearest = np.clip(eye, corners.min(0), corners.max(0))
    farthest = np.linalg.norm(corners - eye, axis=1).max()
    return max(0.02, float(np.linalg.norm(nearest - eye))), max(0.05, float(farthest))


def defocus(depth: Tensor, geometry: Geometry, view: View, span: tuple[float, float], sharp: np.ndarray) -> Tensor:
    """Returns how far out of focus pixels of a window depth (H, W) are, in 0..1, where a place (3,) is sharp."""
    near, far = geometry.near, geometry.far
    ahead = near * far / (far - depth * (far - near))
    wanted = float((sharp - view.position) @ view.axes[2])
    away = (ahead.clamp(*span) - wanted).abs() / max(1e-6, span[1] - span[0])
    return ((away - SHARP) / BLURRED).clamp(0, 1)
