"""Colour, in linear light and float: one kernel over a flat list of samples, the same on every device.

A sample is a place on the picture, its window depth and its kind. The kernel finds the point of the terrain that it
shows, reads what was baked there (full resolution, whatever the mesh), and lights it:

    albedo × (sun × visibility × cos + sky) + bounce + sheen + rim, then contour lines and the path's own light
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from render.compiler import fuse
from render.stage.field import Field
from render.stage.geometry import Kind
from render.stage.uniforms import Uniforms

CHUNK = 1 << 16  # samples per call: one shape, so that one compiled kernel serves every frame

SHEEN, GLOSS = 0.06, 40  # a trace of gloss on the ground
BOUNCE = 0.2  # light from slope to slope where little sky is seen; keeps hot valleys warm in the shade
DIVERGED = 0.07  # linear grey of what has no loss
EDGE = 0.0035  # picture widths; the bright line where the terrain was cut


class _Spot(NamedTuple):
    """The points that samples show, and what was baked there; every tensor is (n,)."""

    point: list[Tensor]
    ray: list[Tensor]  # unit, from the eye
    ahead: Tensor  # distance along the view axis, picture widths
    normal: list[Tensor]
    level: Tensor
    contour_level: Tensor
    sunlit: Tensor
    sky: list[Tensor]
    openness: Tensor
    height: Tensor
    finite: Tensor  # 0 where the loss diverged
    glow: list[Tensor]  # the paths' light


def _dot(a: list[Tensor], b: list[Tensor] | Tensor) -> Tensor:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _unit(a: list[Tensor]) -> list[Tensor]:
    scale = torch.rsqrt(_dot(a, a) + 1e-12)
    return [component * scale for component in a]


def _bilinear(texels: Tensor, rows: int, columns: int, u: Tensor, v: Tensor) -> Tensor:
    """Returns texels (rows · columns, C) at u, v in 0..1, (n, C)."""
    x, y = (u * (columns - 1)).clamp(0, columns - 1.001), (v * (rows - 1)).clamp(0, rows - 1.001)
    left, low = x.floor(), y.floor()
    fx, fy = (x - left)[:, None], (y - low)[:, None]
    corner = low.long() * columns + left.long()
    below = texels[corner] * (1 - fx) + texels[corner + 1] * fx
    above = texels[corner + columns] * (1 - fx) + texels[corner + columns + 1] * fx
    return below * (1 - fy) + above * fy


def _spot(
    place: tuple[Tensor, Tensor, Tensor],
    field: tuple[Tensor, int, int],
    light: tuple[Tensor, int],
    u: dict[str, Tensor],
) -> _Spot:
    """Returns what samples show from their x, y in −1..1 (y up) and window depth."""
    x, y, depth = place
    near, far = u["clip"]
    along = near * far / (far - depth * (far - near))
    sx, sy = x * u["tangent"][0] + u["shift"][0], y * u["tangent"][1] + u["shift"][1]
    ray = [u["forward"][k] + sx * u["right"][k] + sy * u["up"][k] for k in range(3)]
    point = [u["eye"][k] + along * ray[k] for k in range(3)]
    s, t = point[0] + 0.5, point[1] / u["depth"][0] + 0.5
    baked = _bilinear(*field, s, t)
    glow = list(_bilinear(light[0], light[1], light[1], s, t).unbind(1))
    nx, ny, level, contour_level, sunlit, red, green, blue, openness, height, finite = baked.unbind(1)
    normal = [nx, ny, torch.sqrt((1 - nx * nx - ny * ny).clamp(1e-4))]
    sky = [red, green, blue]
    return _Spot(point, _unit(ray), along, normal, level, contour_level, sunlit, sky, openness, height, finite, glow)


def _colour(palette: Tensor, level: Tensor) -> Tensor:
    """Returns the palette (S, 3) at levels in 0..1, (n, 3), blended between its entries: a plateau must not band."""
    place = level.clamp(0, 1) * (palette.shape[0] - 1.001)
    entry = place.floor()
    share = (place - entry)[:, None]
    return palette[entry.long()] * (1 - share) + palette[entry.long() + 1] * share


def _contour(spot: _Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of the pixel a contour line covers, from the level's exact change per pixel.

    Moving by a pixel e moves the point seen by e − d·(N·e)/(N·d), d being the ray; only its height counts.
    """
    count, width, strength = u["contour"]
    facing = _dot(spot.normal, spot.ray).clamp(max=-0.02)
    step = spot.ahead * u["pixel"]
    rise_right = -spot.ray[2] * _dot(spot.normal, u["right"]) / facing
    rise_up = u["up"][2] - spot.ray[2] * _dot(spot.normal, u["up"]) / facing
    change = (step * torch.sqrt(rise_right**2 + rise_up**2) * count / u["exaggeration"]).clamp(1e-5)
    phase = spot.contour_level * count
    nearest = torch.round(phase)
    major = ((nearest - 5 * torch.round(nearest / 5)).abs() < 0.5).to(phase.dtype)
    line = (width + 0.5 + 0.25 * major - (phase - nearest).abs() / change).clamp(0, 1)
    fade = (1.6 - 3.2 * change).clamp(0, 1) * (nearest > 0.5)
    return line * fade * strength * (0.45 + 0.55 * major)


def _ground(spot: _Spot, albedo: Tensor, u: dict[str, Tensor]) -> list[Tensor]:
    """Returns the terrain's linear RGB."""
    direct = _dot(spot.normal, u["sun"]).clamp(0) * spot.sunlit
    facing = (-_dot(spot.normal, spot.ray)).clamp(0, 1)
    half = _unit([u["sun"][k] - spot.ray[k] for k in range(3)])
    sheen = _dot(spot.normal, half).clamp(0) ** GLOSS * SHEEN * direct
    grazing = (1 - facing) ** 4 * u["rim"]
    line = _contour(spot, u)
    line_light = 0.14 + 0.55 * direct + 0.3 * spot.openness
    colours = []
    for k in range(3):
        sun, a = u["sun_colour"][k], albedo[:, k]
        lit = a * (sun * direct + spot.sky[k]) + a * a * (1 - spot.openness) * BOUNCE * sun
        lit = lit + sun * sheen + grazing * (1.4 * spot.sky[k] + 0.2 * sun * spot.sunlit)
        ink = u["ink"][k] * u["ink"][3] + (0.35 + a) * (1 - u["ink"][3])
        lit = lit * (1 - 0.7 * line) + line * ink * line_light
        colours.append(lit + spot.glow[k] * (0.35 * a + 0.05))
    return colours


def _wall(spot: _Spot, albedo: Tensor, u: dict[str, Tensor]) -> tuple[list[Tensor], Tensor]:
    """Returns the linear RGB of the cut face, bright at its upper edge, and its opacity, which fades downwards."""
    radius = torch.rsqrt(spot.point[0] ** 2 + spot.point[1] ** 2 + 1e-9)
    outward = [spot.point[0] * radius, spot.point[1] * radius, torch.zeros_like(radius)]
    below = (spot.height - spot.point[2]).clamp(0)
    side = 0.10 + 0.30 * _dot(outward, u["sun"]).clamp(0) + 0.16 * (1 - _dot(outward, spot.ray).abs()) ** 2
    edge = torch.exp(-below / EDGE)
    colours = []
    for k in range(3):
        sky, a = u["sky_colour"][k], albedo[:, k]
        colours.append(a * (side * 0.5 * u["sun_colour"][k] + 0.35 * sky) + edge * (0.25 + a) * 0.8 * sky)
    return colours, torch.exp(-((below / u["fade"]) ** 1.5))


def _shade(
    sample: tuple[Tensor, ...],
    field: tuple[Tensor, int, int],
    light: tuple[Tensor, int],
    palette: Tensor,
    uniforms: Tensor,
) -> Tensor:
    """Returns linear RGB, opacity, and whether the sample shines by itself, (5, n)."""
    x, y, depth, kind, along, line = sample
    u = Uniforms.unpack(uniforms)
    spot = _spot((x, y, depth), field, light, u)
    known = spot.finite[:, None]
    ground = _ground(spot, _colour(palette, spot.level) * known + DIVERGED * (1 - known), u)
    face, solid = _wall(spot, _colour(palette, spot.point[2] / u["exaggeration"]), u)
    wall = (kind == int(Kind.WALL)).to(x.dtype)
    shines = (kind >= int(Kind.PATH)).to(x.dtype)
    fire = u["fire"].reshape(-1, 3)[line.long()]
    brightness = (0.55 + 0.45 * along**3) * (1 + (kind == int(Kind.HEAD)).to(x.dtype))
    out = []
    for k in range(3):
        lit = ground[k] * (1 - wall) + face[k] * wall
        out.append(lit * (1 - shines) + fire[:, k] * brightness * shines)
    return torch.stack([*out, (1 - wall) + wall * solid, shines])


def shade(samples: Tensor, field: Field, light: Tensor, palette: Tensor, uniforms: Uniforms) -> Tensor:
    """Returns (5, n) for samples (6, n) of x, y, window depth, kind, place along the path and which path it is.

    The rows are linear RGB, opacity against the background, and whether the sample shines by itself. light (s², 3) is
    the map of the paths' own light.
    """
    kernel = fuse(_shade)
    count = samples.shape[1]
    padded = torch.nn.functional.pad(samples, (0, -count % CHUNK))
    baked, lamp = (field.texels, field.rows, field.columns), (light, round(light.shape[0] ** 0.5))
    parts = []
    for start in range(0, padded.shape[1], CHUNK):
        chunk = tuple(row.contiguous() for row in padded[:, start : start + CHUNK])
        parts.append(kernel(chunk, baked, lamp, palette, uniforms.values))
    return torch.cat(parts, dim=1)[:, :count]
