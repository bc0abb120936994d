"""The field: everything about the terrain that does not depend on the camera, baked once and read by every sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from render.scene import look as spec
from render.stage import bake, mesh, palette
from render.stage.bake import ABYSS, Sun
from render.stage.relief import Relief

SKY_AZIMUTHS = 32
CONTOUR_BLUR = 1.2  # cells; contour lines of raw heights turn to specks


@dataclass(frozen=True)
class Field:
    """What was baked on the height-field.

    In order: normal x, y; level; smoothed level; sun; sky r, g, b; openness; height; 1 where the loss is finite.
    """

    texels: Tensor  # (n_β · n_α, 11) float32
    rows: int
    columns: int


def bake_field(relief: Relief, look: spec.LookPreset, sun: Sun) -> Field:
    """Returns everything about the terrain that does not depend on the camera."""
    heights = relief.heights
    normal = bake.normals(heights, relief.cells, relief.holes)
    occluders = np.where(mesh.inside(relief, look.body), heights, np.float32(ABYSS))
    ground, above, facing = (torch.from_numpy(np.ascontiguousarray(array)) for array in (heights, occluders, normal))
    openness, sky = bake.bake_sky(ground, above, facing, relief.cells, sky_colours(look, sun))
    sunlit = bake.bake_sun(ground, above, relief.cells, sun)
    level, finite = torch.from_numpy(relief.level), torch.from_numpy(relief.finite).float()
    smooth = torch.from_numpy(gaussian_filter(relief.level, CONTOUR_BLUR))
    planes = [facing[..., 0], facing[..., 1], level, smooth, sunlit, *sky.unbind(-1), openness, ground, finite]
    rows, columns = relief.level.shape
    return Field(torch.stack(planes, dim=-1).reshape(rows * columns, -1).contiguous(), rows, columns)


def sky_colours(look: spec.LookPreset, sun: Sun) -> Tensor:
    """Returns the radiance of the sky towards SKY_AZIMUTHS azimuths, counter-clockwise from +α.

    It is brighter away from the sun.
    """
    angles = (np.arange(SKY_AZIMUTHS) + 0.5) / SKY_AZIMUTHS * 2 * np.pi
    towards_sun = np.cos(angles - np.radians(90 - sun.azimuth))
    colour = palette.linear(look.sky.colour) * look.sky.strength
    return torch.from_numpy((colour * (0.6 - 0.4 * towards_sun)[:, None]).astype(np.float32))
