"""The standpoint: what the shading of a picture has to know of the view that it is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from render.stage.camera import View


@dataclass(frozen=True)
class Standpoint:
    """A view of a picture, and what it sees."""

    view: View
    size: tuple[int, int]  # pixels
    rows: float  # of the whole picture
    span: tuple[float, float]  # nearest and farthest of the object along the view, picture widths
    clip: tuple[float, float]  # near and far, picture widths

    def numbers(self) -> dict[str, Any]:
        """Returns the numbers that are the same for every sample, by their names among the uniforms."""
        view, around = self.view, self.view.around
        right, up, forward = view.axes
        tangent = np.tan(np.radians(view.angle) / 2)
        width, height = self.size
        return {
            "eye": view.position,
            "right": right,
            "up": up,
            "forward": forward,
            "tangent": (tangent * width / height, tangent),
            "shift": np.asarray(view.shift) * tangent,
            "clip": self.clip,
            "pixel": around.angle / around.rows if around else 2 * tangent / height,
            "row": (around.rows if around else self.rows) / 1080,
            "span": self.span,
            "round": float(around is not None),
        }
