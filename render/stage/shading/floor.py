"""The ground under bodies: contact, soft shadow, coloured light and a satin mirror image, on a plane.

What does not depend on the camera is baked on a map: the bodies stand on it as one height-field, whose sky and sun
bakes give contact and shadow; walls send their light by form factors. The mirror image is the walls' own shading
where the mirrored ray enters an outline, softened with the way it has gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter
from torch import Tensor

from render.compiler import fuse
from render.scene import look as spec
from render.stage.body import mesh
from render.stage.body.outline import entry, nearest_side
from render.stage.lens.tone import TRANSFORMS
from render.stage.light import bake
from render.stage.light.bake import Sun
from render.stage.light.bakes import Bakes
from render.stage.shading.baked_field import sky_colours
from render.stage.shading.pool_light import pool_of
from render.stage.shading.spot import bilinear, rays
from render.stage.shading.standing import Standing
from render.stage.shading.uniforms import Uniforms
from render.stage.shading.walls import strata, wall_light

SIDE = 320  # texels of the map along an axis
MARGIN = 1.5  # picture widths of ground around the bodies that the map covers
SKY_REACH = 0.7  # picture widths within which a wall takes sky from the ground
SHEET_DROP = 0.16  # picture widths from a sheet's lowest point to the floor
SPOT = 1.25  # picture widths over which the light behind the object falls off
HALVED = 700  # pixels of a picture from which on its ground, where nothing is sharp, is drawn at half the size
BEHIND = 0.45  # picture widths that it lies behind the middle, seen from the camera
SPOT_END = 9  # of that distance, squared, where the light is cut to nothing; smaller: a disc that one sees
SUN_LEAST, SUN_WIDER = 3.0, 1.6  # degrees of the sun for shadows, at least, and / its own; larger: softer shadows
SHADOW_BLUR = 1.0  # texels that the shadow is blurred by; 0: steps in it, larger: it leaves the foot of the walls
LOWEST_SUN = 0.2  # rise of the sun's direction, below which a sheet's shadow goes no farther; smaller: off the floor
SHEET_SHADOW, SHEET_SOFT = 0.8, 0.25  # of the sun, in a sheet's shadow, and its blur / the sheet's height above
SHEET_CONTACT, SHEET_WIDE = 0.7, 0.6  # of the sky, under a sheet, and that shadow's blur / the sheet's height above
POOL_LIGHT = 0.35  # of the walls' light on the floor, at pool 1; larger: a stage with coloured lamps
SATIN_LEAST = 1e-3  # picture widths of blur of the mirror image at the wall's foot; 0: a jagged edge
CROWN_SOFT = 0.3  # of that blur, at the upper end of the mirror image for a ray that hardly climbs; larger: softer
DIES, DIES_BY = 1.3, 1.6  # power and rate by which the mirror image dies; larger power: it ends at one height
GLANCE_LEAST, GLANCE = 0.25, 3  # of the mirror image seen from above, and power; larger power: seen only from low
BORDER, BORDER_WIDE = 0.7, 0.28  # of the map, from where what is on it fades out, and over how much; none: a square
HORIZON_LEAST, FARTHEST = 1e-4, 1e3  # a ray that falls less meets no floor; picture widths of what does, at most
BAND = 1 << 18  # pixels that the kernel takes at a time


@dataclass(frozen=True)
class Floor:
    """What was baked on the ground."""

    texels: Tensor  # (SIDE², 5): openness, sun, coloured light r, g, b
    half: float  # of its extent, picture widths
    height: float  # of the plane, picture widths


class Numbers(NamedTuple):
    """The numbers of a floor in one picture, in the order in which the kernel takes them."""

    reach: Any  # of the mirror image, picture widths
    roughness: Any  # its blur / the way of the ray
    height: Any  # of the plane, picture widths
    half: Any  # of the map's extent, picture widths
    contact: Any
    shadow: Any
    pool: Any
    reflection: Any
    lift: Any  # light behind the object
    spot_x: Any  # where that is brightest, picture widths
    spot_y: Any
    red: Any  # its colour
    green: Any
    blue: Any


def floor_height(look: spec.LookPreset) -> float:
    """Returns where the plane lies, picture widths: under the body, or under what floats above it."""
    return -look.walls.thickness if look.body in ("block", "disc") else -max(SHEET_DROP, look.walls.thickness)


def bake_floor(
    bodies: Sequence[Standing], look: spec.LookPreset, sun: Sun, table: Tensor, bakes: Bakes | None = None
) -> Floor:
    """Returns what the bodies do to the ground; table (S, 3) is the palette, bakes are those of an earlier look."""
    kept = bakes or Bakes()
    height = floor_height(look)
    half = max(0.5 * max(1.0, body.relief.depth) + max(map(abs, body.offset)) for body in bodies) + MARGIN
    x = np.linspace(-half, half, SIDE)
    cells = (2 * half / (SIDE - 1),) * 2
    heights, covered = _stand(bodies, look.body, x, height)
    if look.body in ("sheet", "points", "none"):
        openness, sunlit = _under_a_sheet(bodies, covered, sun, x, height, look.body)
        return Floor(_packed(openness, sunlit, np.zeros((SIDE, SIDE, 3))), half, height)
    ground = torch.from_numpy(heights)
    facing = torch.zeros(SIDE, SIDE, 3)
    facing[..., 2] = 1
    soft = Sun(sun.azimuth, sun.elevation, max(SUN_LEAST, SUN_WIDER * sun.size))
    stands = (look.body, height, *(part for body in bodies for part in (body.relief, body.offset, body.strip)))
    sky = sky_colours(look, sun)  # whose colours do not matter to how open the ground is
    open_ = kept.get("open", stands, lambda: bake.bake_sky(ground, ground, facing, cells, sky, far=SKY_REACH)[0])
    lit = bake.bake_sun(ground, ground, cells, soft)
    near = distance_transform_edt(covered, return_distances=False, return_indices=True)
    openness, sunlit = (plane.numpy()[tuple(near)] for plane in (open_, lit))
    sunlit = gaussian_filter(sunlit, SHADOW_BLUR)
    return Floor(_packed(openness, sunlit, pool_of(bodies, look, sun, half, table, SIDE)), half, height)


def _packed(openness: np.ndarray, sunlit: np.ndarray, pool: np.ndarray) -> Tensor:
    planes = np.concatenate([openness[..., None], sunlit[..., None], pool], -1)
    return torch.from_numpy(planes.reshape(SIDE * SIDE, 5).astype(np.float32))


def _stand(bodies: Sequence[Standing], shape: str, x: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns heights above the floor (SIDE, SIDE) float32, and where bodies stand, (SIDE, SIDE) bool."""
    heights, covered = np.zeros((len(x), len(x)), np.float32), np.zeros((len(x), len(x)), bool)
    for body in bodies:
        px, py = np.meshgrid(x - body.offset[0], x - body.offset[1])
        under = mesh.covers(body.relief, shape, px, py)
        under &= True if body.strip is None else body.strip.inset(px, py) > 0
        heights[under] = mesh.height_at(body.relief, px[under], py[under]) - floor
        covered |= under
    return heights, covered


def _under_a_sheet(
    bodies: Sequence[Standing], covered: np.ndarray, sun: Sun, x: np.ndarray, floor: float, shape: str
) -> tuple[np.ndarray, np.ndarray]:
    """Returns openness and sun of the ground under what floats above it."""
    if shape != "sheet":
        return np.ones_like(covered, float), np.ones_like(covered, float)
    cell = x[1] - x[0]
    above = float(np.mean([body.relief.heights.mean() for body in bodies])) - floor
    way = sun.direction[:2] / max(LOWEST_SUN, sun.direction[2]) * above
    shade = np.zeros_like(covered, float)
    for body in bodies:
        px, py = np.meshgrid(x - body.offset[0] + way[0], x - body.offset[1] + way[1])
        over = mesh.covers(body.relief, shape, px, py)
        shade += over if body.strip is None else over & (body.strip.inset(px, py) > 0)
    blurred = gaussian_filter(shade.clip(0, 1), SHEET_SOFT * above / cell)
    under = gaussian_filter(covered.astype(float), SHEET_WIDE * above / cell)
    return 1 - SHEET_CONTACT * under, 1 - SHEET_SHADOW * blurred


def _mirror(
    place: tuple[Tensor, Tensor],
    ray: list[Tensor],
    body: tuple[Tensor, int, int, Tensor, Tensor],
    palette_: Tensor,
    u: dict[str, Tensor],
    floor: Numbers,
) -> list[Tensor]:
    """Returns the light of a body's walls in the floor, (n,) a channel, with what it leaves of its clearness."""
    level, rows, columns, outline, offset = body  # x, y and the extent along β
    flat = torch.sqrt(ray[0] ** 2 + ray[1] ** 2 + 1e-9)
    dx, dy, climb = ray[0] / flat, ray[1] / flat, -ray[2] / flat
    ox, oy = place[0] - offset[0], place[1] - offset[1]
    enter, leave = entry(ox, oy, dx, dy, outline)
    way = torch.where(leave > enter, enter, 0.5 * (enter + leave)).clamp(min=0)
    soft = floor.roughness * way + SATIN_LEAST
    seen = ((leave - enter) / (2 * soft) + 0.5).clamp(0, 1) * (enter > -SATIN_LEAST)
    high = way * climb.clamp(min=0)  # rays that rise meet no floor, and have no power of what is below it
    px, py = ox + way * dx, oy + way * dy
    _, side = nearest_side(px, py, outline)
    top = bilinear(level, rows, columns, px + 0.5, py / offset[2] + 0.5).unbind(1)[0]
    crown = top * u["exaggeration"] - u["base"]
    seen = seen * ((crown - high) / (soft * (CROWN_SOFT + climb)) + 0.5).clamp(0, 1)
    dies = torch.exp(-((high / floor.reach) ** DIES) * DIES_BY)
    albedo = strata((high + u["base"]) / u["exaggeration"], palette_, u)
    lit = wall_light(albedo, list(side), high, u)
    glance = GLANCE_LEAST + (1 - GLANCE_LEAST) * (1 + ray[2]).clamp(0, 1) ** GLANCE
    return [part * seen * dies * glance for part in lit]


def _ground(
    place: tuple[Tensor, Tensor],
    numbers: Tensor,
    texels: Tensor,
    bodies: list[tuple[Tensor, int, int, Tensor, Tensor]],
    palette_: Tensor,
    uniforms: Tensor,
    transform: str,
) -> Tensor:
    """Returns what the ground shows at x, y in −1..1 (y up): (4, n) of factor to its colour and RGB added."""
    u = Uniforms.unpack(uniforms)
    floor = Numbers(*numbers.unbind(0))
    height, half, tint = floor.height, floor.half, (floor.red, floor.green, floor.blue)
    ray = rays(place[0], place[1], u)
    down = (ray[2] < -HORIZON_LEAST).to(height.dtype) * (u["eye"][2] > height)
    far = ((height - u["eye"][2]) / ray[2].clamp(max=-HORIZON_LEAST)).clamp(0, FARTHEST)
    px, py = u["eye"][0] + far * ray[0], u["eye"][1] + far * ray[1]
    s, t = px / (2 * half) + 0.5, py / (2 * half) + 0.5
    open_, sunlit, red, green, blue = bilinear(texels, SIDE, SIDE, s, t).unbind(1)
    border = torch.maximum(px.abs(), py.abs()) / half
    inside = down * (1 - ((border - BORDER) / BORDER_WIDE).clamp(0, 1)) ** 2
    open_, sunlit = 1 - (1 - open_) * inside, 1 - (1 - sunlit) * inside
    factor = (1 - floor.contact * (1 - open_)) * (1 - floor.shadow * (1 - sunlit))
    away2 = ((px - floor.spot_x) ** 2 + (py - floor.spot_y) ** 2) / (SPOT * SPOT)
    spot = torch.exp(-away2) * (1 - (away2 / SPOT_END).clamp(0, 1)) ** 2 * down
    unit = torch.rsqrt(ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2)
    mirrored = [torch.zeros_like(far) for _ in range(3)]
    for body in bodies:
        image = _mirror((px, py), [part * unit for part in ray], body, palette_, u, floor)
        mirrored = [mirrored[k] + image[k] * down for k in range(3)]
    thrown = (red, green, blue)
    lit = [
        (floor.pool * POOL_LIGHT * thrown[k] * inside + floor.reflection * mirrored[k]) * u["exposure"]
        + floor.lift * tint[k] * spot * factor
        for k in range(3)
    ]
    shown = TRANSFORMS[transform]((lit[0], lit[1], lit[2]))
    return torch.stack([1 - (1 - factor) * down, *shown])


def ground_picture(
    size: tuple[int, int],
    floor: tuple[Tensor, Tensor],
    bodies: list[tuple[Tensor, int, int, Tensor, Tensor]],
    table: Tensor,
    uniforms: Uniforms,
    transform: str,
) -> Tensor:
    """Returns what the ground shows, (4, H, W): the factor to its colour, and RGB added on the screen.

    floor is the packed numbers of the ground and its texels.
    """
    if min(size) >= HALVED:
        half = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        small = ground_picture(half, floor, bodies, table, uniforms, transform)
        return torch.nn.functional.interpolate(small[None], size[::-1], mode="bilinear", align_corners=False)[0]
    width, height = size
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    y = 1 - (torch.arange(height) + 0.5) / height * 2
    kernel = fuse(_ground)
    rows = max(1, BAND // width)
    parts = []
    for start in range(0, height, rows):
        band = y[start : start + rows]
        if len(band) < rows:
            band = torch.nn.functional.pad(band[None], (0, rows - len(band)), mode="replicate")[0]
        place = (x.repeat(rows), band.repeat_interleave(width))
        made = kernel(place, floor[0], floor[1], bodies, table, uniforms.values, transform)
        parts.append(made.reshape(4, rows, width)[:, : height - start])
    return torch.cat(parts, 1)
