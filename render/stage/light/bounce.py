"""One bounce of light from slope to slope, baked on the height-field.

Walking away from a cell towards an azimuth, each place that rises above all before it newly covers a wedge of
elevations; the cosine-weighted share of that wedge (the closed form of the sky bake) times the light that leaves the
place is what it adds. What lies between the tangent plane and the horizontal counts too. This is the single-bounce
integral over a height-field, for as many azimuths and distances as are walked.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from render.stage.body.shore import Cells
from render.stage.light.bake import padded_with, seen_from, visible_share

SIDE = 256  # cells along the longer axis that bounced light is computed on; it varies slowly
REACH = 0.5  # picture widths


def bake_bounce(
    heights: Tensor, occluders: Tensor, normal: Tensor, radiance: Tensor, cells: Cells, azimuths: int = 16
) -> Tensor:
    """Returns the light (H, W, 3) that a white cell takes from the slopes around it, which send out radiance (H, W, 3).

    occluders are the heights with whatever is cut away far below: it sends nothing.
    """
    steps = np.unique(np.round(np.geomspace(1, max(2, REACH / min(cells)), 16)).astype(int))
    around, reach = padded_with(occluders, int(steps[-1]) + 2)
    sent = F.pad(radiance.permute(2, 0, 1), (reach,) * 4)
    bounced = torch.zeros(3, *heights.shape)
    for k in range(azimuths):
        angle = (k + 0.5) / azimuths * 2 * math.pi
        dx, dy = math.cos(angle), math.sin(angle)
        along = normal[..., 0] * dx + normal[..., 1] * dy
        slope = (-along / normal[..., 2].clamp(min=1e-3)).clamp(-20, 20)
        open_ = visible_share(slope, normal[..., 2], along)
        for step in steps:
            across, up = round(dx * step * min(cells) / cells[0]), round(dy * step * min(cells) / cells[1])
            if across == up == 0:
                continue
            there = seen_from(around, reach, heights.shape, across, up)
            slope = torch.maximum(slope, (there - heights) / math.hypot(across * cells[0], up * cells[1]))
            left = visible_share(slope, normal[..., 2], along)
            bounced += (open_ - left) * seen_from(sent, reach, heights.shape, across, up)
            open_ = left
    return (bounced * (2 / azimuths)).permute(1, 2, 0)


def bake_coarsely(
    heights: Tensor, occluders: Tensor, normal: Tensor, radiance: Tensor, cells: Cells, side: int = SIDE
) -> Tensor:
    """Returns bake_bounce's light (H, W, 3), computed on at most side cells along an axis and blended between them."""
    rows, columns = heights.shape
    stride = max(1, math.ceil(max(rows, columns) / side))
    if stride == 1:
        return bake_bounce(heights, occluders, normal, radiance, cells)
    size = (max(2, rows // stride), max(2, columns // stride))
    wide = (cells[0] * (columns - 1) / (size[1] - 1), cells[1] * (rows - 1) / (size[0] - 1))
    flat = torch.cat([heights[..., None], normal, radiance], -1).permute(2, 0, 1)[None]
    small = F.interpolate(flat, size, mode="bilinear", align_corners=True)[0].permute(1, 2, 0)
    cut = F.interpolate(occluders[None, None], size, mode="nearest")[0, 0]
    facing = F.normalize(small[..., 1:4], dim=-1)
    made = bake_bounce(small[..., 0], torch.where(cut < -1, cut, small[..., 0]), facing, small[..., 4:], wide)
    whole = F.interpolate(made.permute(2, 0, 1)[None], (rows, columns), mode="bilinear", align_corners=True)
    return whole[0].permute(1, 2, 0)
