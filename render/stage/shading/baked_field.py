"""The field: everything about a terrain that does not depend on the camera, baked once and read by every sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from render.scene import look as spec
from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.colour import linear_of
from render.stage.light import bake
from render.stage.light.bake import ABYSS, Sun
from render.stage.light.bakes import Bakes
from render.stage.light.bounce import CoarseExchange, coarse_exchange

SKY_AZIMUTHS = 32
SKY_EVEN, SKY_LEANS = 0.6, 0.4  # of the sky's light, from all sides, and more from the side away from the sun
CONTOUR_BLUR = 1.2  # cells; contour lines of raw heights turn to specks
DIVERGED = 0.07  # linear grey of what has no loss
FILL = 0.05  # of the sun's light, everywhere: no shadow is black
MUD = 0.65  # how far the hue of shadow light is taken from warm ground, which would turn to mud


@dataclass(frozen=True)
class Light:
    """What falls on a white terrain, (n_β, n_α, 3) each, in parts; their sum is the field's."""

    sun: Tensor
    sky: Tensor
    bounce: Tensor


@dataclass(frozen=True)
class BakedField:
    """What was baked on the height-field.

    In order: normal x, y; level; smoothed level; sun's visible share; light r, g, b on a white cell; 1 where the loss
    is finite.
    """

    texels: Tensor  # (n_β · n_α, 9) float32
    rows: int
    columns: int
    light: Light
    albedo: Tensor  # (n_β, n_α, 3) linear

    @property
    def sent(self) -> Tensor:
        """What the terrain sends out without gloss, (n_β, n_α, 3) linear."""
        return self.albedo * (self.light.sun + self.light.sky + self.light.bounce)


def bake_field(
    relief: Relief, look: spec.LookPreset, sun: Sun, table: Tensor, bakes: Bakes | None = None
) -> BakedField:
    """Returns everything about the terrain that does not depend on the camera; table (S, 3) is its palette.

    bakes: of an earlier look of the same body, from which what has not changed is taken.
    """
    kept, shape, cells = bakes or Bakes(), (relief, look.body), relief.cells
    ground, above, facing = kept.get("terrain", shape, lambda: _terrain(relief, look.body))
    lobes = kept.get("sky", shape, lambda: bake.bake_sky(ground, above, facing, cells, _lobes())[1])
    visible = kept.get("sun", (*shape, sun), lambda: bake.bake_sun(ground, above, cells, sun))
    smooth = kept.get("smooth", shape, lambda: torch.from_numpy(gaussian_filter(relief.level, CONTOUR_BLUR)))
    level, finite = torch.from_numpy(relief.level), torch.from_numpy(relief.finite)
    albedo = torch.where(finite[..., None], looked_up(table, level), torch.tensor(DIVERGED))
    exchange = (
        kept.get("exchange", shape, lambda: coarse_exchange(ground, above, facing, cells)) if look.bounce else None
    )
    light = _light(look, sun, facing, (visible, _sky(lobes, look, sun)), albedo, exchange)
    total = light.sun + light.sky + light.bounce
    planes = [facing[..., 0], facing[..., 1], level, smooth, visible, *total.unbind(-1), finite.float()]
    rows, columns = relief.level.shape
    texels = torch.stack(planes, dim=-1).reshape(rows * columns, -1).contiguous()
    return BakedField(texels, rows, columns, light, albedo)


def _terrain(relief: Relief, body: str) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the heights of a body, those that cast shadows, (n_β, n_α), and its normals, (n_β, n_α, 3)."""
    heights = relief.heights
    normal = bake.normals(heights, relief.cells, relief.holes)
    occluders = np.where(mesh.inside(relief, body), heights, np.float32(ABYSS))
    ground, above, facing = (torch.from_numpy(np.ascontiguousarray(array)) for array in (heights, occluders, normal))
    return ground, above, facing


def _lobes() -> Tensor:
    """Returns an even sky and two that are brighter on one side, (SKY_AZIMUTHS, 3), as if they were three colours.

    Every sky of a look is a sum of these, so that another sun or colour needs no bake.
    """
    angles = (torch.arange(SKY_AZIMUTHS) + 0.5) / SKY_AZIMUTHS * 2 * torch.pi
    return torch.stack([torch.ones(SKY_AZIMUTHS), angles.cos(), angles.sin()], dim=1)


def _sky(lobes: Tensor, look: spec.LookPreset, sun: Sun) -> Tensor:
    """Returns the light of the sky of a look, (n_β, n_α, 3), from that of the lobes."""
    angle = np.radians(90 - sun.azimuth)
    shares = SKY_EVEN, -SKY_LEANS * np.cos(angle), -SKY_LEANS * np.sin(angle)
    amount = lobes @ torch.tensor(shares, dtype=torch.float32)
    colour = torch.from_numpy((linear_of(look.sky.colour) * look.sky.strength).astype(np.float32))
    return amount[..., None] * colour


def _light(
    look: spec.LookPreset,
    sun: Sun,
    facing: Tensor,
    baked: tuple[Tensor, Tensor],
    albedo: Tensor,
    exchange: CoarseExchange | None,
) -> Light:
    """Returns the light on a white terrain of normals; baked is its sun and its sky, exchange what slopes take."""
    visible, sky = baked
    colour = torch.from_numpy((linear_of(look.sun.colour) * look.sun.strength).astype(np.float32))
    towards = torch.from_numpy(sun.direction.astype(np.float32))
    direct = ((facing @ towards).clamp(min=0) * visible)[..., None] * colour
    sky = sky + FILL * colour.mean() * torch.from_numpy(hue(look.sky.colour))
    if exchange is None:
        return Light(direct, sky, torch.zeros_like(sky))
    return Light(direct, sky, look.bounce * exchange.light(albedo * (direct + sky)))


def hue(colour: str) -> np.ndarray:
    """Returns a colour at full brightness, linear (3,) float32."""
    linear = linear_of(colour)
    return (linear / max(1e-6, float(linear.max()))).astype(np.float32)


def looked_up(table: Tensor, level: Tensor) -> Tensor:
    """Returns the palette (S, 3) at levels in 0..1, (..., 3), blended between its entries: a plateau must not band."""
    place = level.clamp(0, 1) * (table.shape[0] - 1.001)
    entry = place.floor()
    share = (place - entry)[..., None]
    return table[entry.long()] * (1 - share) + table[entry.long() + 1] * share


def sky_colours(look: spec.LookPreset, sun: Sun) -> Tensor:
    """Returns the radiance of the sky towards SKY_AZIMUTHS azimuths, counter-clockwise from +α.

    It is brighter away from the sun.
    """
    angles = (np.arange(SKY_AZIMUTHS) + 0.5) / SKY_AZIMUTHS * 2 * np.pi
    towards_sun = np.cos(angles - np.radians(90 - sun.azimuth))
    colour = linear_of(look.sky.colour) * look.sky.strength
    return torch.from_numpy((colour * (SKY_EVEN - SKY_LEANS * towards_sun)[:, None]).astype(np.float32))
