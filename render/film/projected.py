"""What is projected: pictures on domes and all around, as a shot asks for them, and what cannot be made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from render.scene.cameras.projection import Projected
from render.stage.camera import View
from render.stage.lens.bearings import Projection
from render.stage.lens.faces import side_of

MOST_SUB_PIXELS = 4096  # along the side of a face; it then takes about 1.5 GB while it is drawn
NEARER = 4  # times as fine as for a flat picture bodies are meshed: the eye is among them


def projection_of(camera: Projected) -> Projection | None:
    """Returns the projection of a camera; None where it is flat."""
    if camera.projection == "flat":
        return None
    return Projection(camera.projection, camera.coverage, camera.tilt)


def stage_of(
    camera: Projected, size: tuple[int, int], factor: int
) -> tuple[tuple[tuple[int, int], int], dict[str, Any]]:
    """Returns size and sub-pixels of the stage for a picture of a size, and what else it is to know of it."""
    projection = projection_of(camera)
    if projection is None:
        return (size, factor), {}
    side, _ = side_of(projection, size)
    fewer = max(1, min(factor, MOST_SUB_PIXELS // side))
    return ((side, side), fewer), {"around": size, "rows": NEARER * size[1]}


def ways(view: View, straight: np.ndarray) -> np.ndarray:
    """Returns ways (n, 2) between places on the picture of a view, over its edge where that is shorter."""
    return straight if view.projection is None else view.projection.shortest(straight)
