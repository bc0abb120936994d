"""The pool: the coloured light that the walls of bodies throw on the ground around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from render.scene import look as spec
from render.stage.body import mesh
from render.stage.light.bake import Sun
from render.stage.shading.look_numbers import wall_numbers
from render.stage.shading.standing import Standing
from render.stage.shading.uniforms import Uniforms
from render.stage.shading.walls import strata, wall_light

POOL_SIDE = 96  # texels of the map of coloured light along an axis, before it is blended
PATCHES = 64  # along the outline, that send the walls' light; fewer: the light on the floor has beads
PATCH_SHARES = (0.2, 0.5, 0.85)  # of a wall's height, where those are; lower: a brighter seam at the foot
POOL_SOFT = 4e-4  # picture widths squared, added to distances; smaller: dots of light at the foot of walls


def pool_of(
    bodies: Sequence[Standing], look: spec.LookPreset, sun: Sun, half: float, table: Tensor, wide: int
) -> np.ndarray:
    """Returns the light that walls throw on the ground, (wide, wide, 3), by form factors."""
    side = torch.linspace(-half, half, POOL_SIDE)
    gx, gy = torch.meshgrid(side, side, indexing="xy")
    pool = torch.zeros(POOL_SIDE, POOL_SIDE, 3)
    for body in bodies:
        places, normals, areas, light = _wall_patches(body, look, sun, table)
        for place, normal, area, sent in zip(places, normals, areas, light, strict=True):
            dx, dy, dz = gx - float(place[0]), gy - float(place[1]), float(place[2])
            r2 = dx * dx + dy * dy + dz * dz + POOL_SOFT
            leaving = (dx * float(normal[0]) + dy * float(normal[1])).clamp(min=0)
            pool += (leaving * dz / (np.pi * r2 * r2) * float(area))[..., None] * sent
    spread = torch.nn.functional.interpolate(
        pool.permute(2, 0, 1)[None], (wide, wide), mode="bilinear", align_corners=True
    )
    return spread[0].permute(1, 2, 0).numpy()


def _wall_patches(
    body: Standing, look: spec.LookPreset, sun: Sun, table: Tensor
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Tensor]:
    """Returns places above the floor (n, 3), normals (n, 2), areas (n,) and light (n, 3) of patches of walls."""
    edge = mesh.outline(body.relief, look.body, PATCHES)
    edge = edge if body.strip is None else body.strip.drawn_in(edge)
    ends = np.roll(edge, -1, axis=0)
    middle, way = 0.5 * (edge + ends), ends - edge
    length = np.linalg.norm(way, axis=1) + 1e-9
    normal = np.stack([way[:, 1], -way[:, 0]], 1) / length[:, None]
    top = mesh.height_at(body.relief, middle[:, 0], middle[:, 1]) + look.walls.thickness
    shares = np.array(PATCH_SHARES)
    high = (top[:, None] * shares).ravel()
    level = torch.from_numpy(((high - look.walls.thickness) / max(1e-6, body.relief.exaggeration)).astype(np.float32))
    uniforms = Uniforms.unpack(wall_numbers(look, body.relief, sun).values)
    albedo = strata(level, table, uniforms)
    sides = [torch.from_numpy(np.repeat(normal[:, k], len(shares)).astype(np.float32)) for k in (0, 1)]
    light = torch.stack(wall_light(albedo, sides, torch.from_numpy(high.astype(np.float32)), uniforms), 1)
    places = np.column_stack([np.repeat(middle + np.array(body.offset), len(shares), axis=0), high])
    return places, np.repeat(normal, len(shares), axis=0), np.repeat(length * top / len(shares), len(shares)), light
