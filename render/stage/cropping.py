"""A stage of the size of a tile, that exposes any part of a larger picture as the larger picture would show it.

What a stage scales by its own height, the lines and the ground behind everything, is scaled by that of the whole here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.errors import MachineError
from render.stage import palette
from render.stage.camera import View
from render.stage.exposure import Exposure
from render.stage.stage import Stage
from render.stage.tiles import WHOLE, Crop, tile_of


@dataclass(frozen=True)
class CroppedStage:
    """A stage, and the size of the picture, pixels, that it shows parts of."""

    stage: Stage
    picture: tuple[int, int]

    def expose(self, view: View, crop: Crop) -> Exposure:
        """Returns the light of a part of a picture; where nothing of the object lies there, of the ground alone."""
        width, height = self.stage.size
        ground = self._ground(crop)
        self.stage._background = ground
        self.stage._uniforms.set(contour=self._contour(height / (crop[3] - crop[1])))
        behind = ground.T.reshape(3, height, width)
        try:
            light, glow = self.stage.expose(tile_of(view, crop, self.picture[0] / self.picture[1]))
        except MachineError:  # nothing was drawn, which for a part may be right
            if crop == WHOLE:
                raise
            return Exposure(behind.clone(), torch.zeros_like(behind), torch.zeros(height, width))
        return Exposure(light, glow, (light != behind).any(0).float())

    def _contour(self, rows: float) -> tuple[float, float, float]:
        """Returns the number, width and strength of contours in a picture of so many rows."""
        contours = self.stage.look.contours
        count = contours.count if self.stage._relief.exaggeration > 0 else 0
        return count, 0.25 * rows / 1080 + 0.05, contours.strength

    def _ground(self, crop: Crop) -> Tensor:
        """Returns the ground behind a part, (h · w, 3)."""
        (width, height), look = self.stage.size, self.stage.look
        x0, y0, x1, y1 = crop
        x = (x0 + (x1 - x0) * (np.arange(width) + 0.5) / width) * 2 - 1
        y = (y0 + (y1 - y0) * (np.arange(height) + 0.5) / height) * 2 - 1
        lift = look.background.lift * np.exp(-1.4 * ((0.8 * x[None, :]) ** 2 + (y[:, None] + 0.1) ** 2))
        colour = palette.linear(look.background.colour)
        warm = colour / max(1e-6, colour.max())
        ground = colour + lift[..., None] * (0.4 + 0.6 * warm)
        return torch.from_numpy(ground.reshape(-1, 3).astype(np.float32))

    def close(self) -> None:
        """Gives the window of the graphics library back."""
        self.stage.close()
