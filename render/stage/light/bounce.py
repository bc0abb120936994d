"""One bounce of light from slope to slope, baked on the height-field.

Walking away from a cell towards an azimuth, each place that rises above all before it newly covers a wedge of
elevations; the cosine-weighted share of that wedge (the closed form of the sky bake) times the light that leaves the
place is what it adds. What lies between the tangent plane and the horizontal counts too. This is the single-bounce
integral over a height-field, for as many azimuths and distances as are walked.

The shares follow from the terrain alone: under another sun, or in other colours, only what is sent out is added anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from render.stage.body.shore import Cells
from render.stage.light.bake import padded_with, seen_from, visible_share

SIDE = 256  # cells along the longer axis that bounced light is computed on; it varies slowly
REACH = 0.5  # picture widths


@dataclass(frozen=True)
class Exchange:
    """What the cells of a height-field (H, W) take from the slopes around them."""

    shape: torch.Size
    reach: int  # cells that are looked at beyond the edge
    places: list[tuple[int, int]]  # how many cells away along α and β
    shares: list[Tensor]  # (H, W) of the light that leaves each of these places

    def light(self, radiance: Tensor) -> Tensor:
        """Returns the light (H, W, 3) that a white cell takes where slopes send out radiance (H, W, 3)."""
        sent = F.pad(radiance.permute(2, 0, 1), (self.reach,) * 4)
        taken = torch.zeros(3, *self.shape)
        for (across, up), share in zip(self.places, self.shares, strict=True):
            taken += share * seen_from(sent, self.reach, self.shape, across, up)
        return taken.permute(1, 2, 0)


def exchange_of(heights: Tensor, occluders: Tensor, normal: Tensor, cells: Cells, azimuths: int = 16) -> Exchange:
    """Returns what cells take from each other, from heights (H, W) and normals (H, W, 3).

    occluders are the heights with whatever is cut away far below: it sends nothing.
    """
    steps = np.unique(np.round(np.geomspace(1, max(2, REACH / min(cells)), 16)).astype(int))
    around, reach = padded_with(occluders, int(steps[-1]) + 2)
    found = Exchange(heights.shape, reach, [], [])
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
            found.places.append((across, up))
            found.shares.append((open_ - left).mul_(2 / azimuths))
            open_ = left
    return found


@dataclass(frozen=True)
class CoarseExchange:
    """What the cells of a height-field take from each other, on fewer cells and blended between them."""

    shape: torch.Size  # of the whole field
    coarse: Exchange

    def light(self, radiance: Tensor) -> Tensor:
        """Returns the light (H, W, 3) that a white cell takes where slopes send out radiance (H, W, 3)."""
        if self.coarse.shape == self.shape:
            return self.coarse.light(radiance)
        return _resized(self.coarse.light(_resized(radiance, self.coarse.shape)), self.shape)


def coarse_exchange(
    heights: Tensor, occluders: Tensor, normal: Tensor, cells: Cells, side: int = SIDE
) -> CoarseExchange:
    """Returns exchange_of on at most side cells along an axis."""
    rows, columns = heights.shape
    stride = max(1, math.ceil(max(rows, columns) / side))
    if stride == 1:
        return CoarseExchange(heights.shape, exchange_of(heights, occluders, normal, cells))
    size = torch.Size((max(2, rows // stride), max(2, columns // stride)))
    wide = (cells[0] * (columns - 1) / (size[1] - 1), cells[1] * (rows - 1) / (size[0] - 1))
    small, facing = _resized(heights[..., None], size)[..., 0], F.normalize(_resized(normal, size), dim=-1)
    cut = F.interpolate(occluders[None, None], size, mode="nearest")[0, 0]
    return CoarseExchange(heights.shape, exchange_of(small, torch.where(cut < -1, cut, small), facing, wide))


def _resized(field: Tensor, size: torch.Size) -> Tensor:
    """Returns a field (H, W, n) on as many rows and columns as asked, linear between them."""
    flat = field.permute(2, 0, 1)[None]
    return F.interpolate(flat, size, mode="bilinear", align_corners=True)[0].permute(1, 2, 0)
