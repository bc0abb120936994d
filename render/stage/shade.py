"""Colour, in float: one kernel over a flat list of samples, the same on every device.

A sample is a place on the picture, its window depth and its kind. The kernel finds the point of the body that it
shows, reads what was baked there (full resolution, whatever the mesh), and lights it in linear light:

    albedo × (sun + sky + bounce + path) + gloss, then contour lines, the bright edge, haze, and the view transform

What comes out is linear light of a screen, so that edges are resolved as they will be seen. What has a colour by name
(a flat path, a mark) never goes through the transform.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from render.compiler import fuse
from render.stage.field import DIVERGED, MUD, Field, looked_up
from render.stage.geometry import Kind
from render.stage.outline import nearest_side
from render.stage.tone import TRANSFORMS, luminance
from render.stage.uniforms import Uniforms

CHUNK = 1 << 16  # samples per call: one shape, so that one compiled kernel serves every frame

UNDERSIDE = 0.35  # of the light above, that reaches the lower side of a sheet
HALO_REACH = 7.0  # pixels beside the path over which pale ground darkens, so that the line stands out
CONTRAST = 5.0  # of the path to the ground beside it, luminance with 5 % added to each; its halo leaves 3
CLEARING = 20.0  # pixels from the path within which contours are dimmed
WALL_SUN = 0.5  # of the sun's light on upright faces: the top is the picture, and they stand back
WALL_SKY = 1.3  # of the sky's light on upright faces; a cut that is black says nothing
TINT = 0.22  # of the palette, in cut faces; their lines have it pure
GLINT = 0.12  # brightest that the sun shows in the ground, multiples of its light
MAJOR = 5  # every so many contours one is stronger

Vector = list[Tensor]


class _Spot(NamedTuple):
    """The points that samples show, and what was baked there; every tensor is (n,)."""

    point: Vector
    ray: Vector  # unit, from the eye
    ahead: Tensor  # distance along the view axis, picture widths
    normal: Vector
    level: Tensor
    contour_level: Tensor
    sunlit: Tensor
    light: Vector
    finite: Tensor  # 0 where the loss diverged
    glow: Vector  # the paths' light
    away: Tensor  # distance from the nearest path, picture widths
    side: Vector  # x and y of the outline's normal nearest by
    inset: Tensor  # distance from the outline, picture widths


def _dot(a: Vector, b: Vector | Tensor) -> Tensor:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _unit(a: Vector) -> Vector:
    scale = torch.rsqrt(_dot(a, a) + 1e-12)
    return [component * scale for component in a]


def _smooth(low: float | Tensor, high: float | Tensor, x: Tensor) -> Tensor:
    share = ((x - low) / (high - low)).clamp(0, 1)
    return share * share * (3 - 2 * share)


def bilinear(texels: Tensor, rows: int, columns: int, u: Tensor, v: Tensor) -> Tensor:
    """Returns texels (rows · columns, C) at u, v in 0..1, (n, C)."""
    x, y = (u * (columns - 1)).clamp(0, columns - 1.001), (v * (rows - 1)).clamp(0, rows - 1.001)
    left, low = x.floor(), y.floor()
    fx, fy = (x - left)[:, None], (y - low)[:, None]
    corner = low.long() * columns + left.long()
    below = texels[corner] * (1 - fx) + texels[corner + 1] * fx
    above = texels[corner + columns] * (1 - fx) + texels[corner + columns + 1] * fx
    return below * (1 - fy) + above * fy


def rays(x: Tensor, y: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns rays from the eye through places x, y in −1..1 (y up), of length 1 along the view axis."""
    sx, sy = x * u["tangent"][0] + u["shift"][0], y * u["tangent"][1] + u["shift"][1]
    return [u["forward"][k] + sx * u["right"][k] + sy * u["up"][k] for k in range(3)]


def _spot(
    place: tuple[Tensor, Tensor, Tensor],
    field: tuple[Tensor, int, int],
    lamp: tuple[Tensor, Tensor, int, int],
    outline: Tensor,
    u: dict[str, Tensor],
) -> _Spot:
    """Returns what samples show from their x, y in −1..1 (y up) and window depth."""
    x, y, depth = place
    near, far = u["clip"]
    along = near * far / (far - depth * (far - near))
    ray = rays(x, y, u)
    point = [u["eye"][k] + along * ray[k] for k in range(3)]
    s, t = point[0] + 0.5, point[1] / u["depth"][0] + 0.5
    nx, ny, level, contour_level, sunlit, red, green, blue, finite = bilinear(*field, s, t).unbind(1)
    glow = list(bilinear(lamp[0], lamp[2], lamp[2], s, t).unbind(1))
    away = bilinear(lamp[1], lamp[3], lamp[3], s, t).unbind(1)[0]
    normal = [nx, ny, torch.sqrt((1 - nx * nx - ny * ny).clamp(1e-4))]
    inset, side = nearest_side(point[0], point[1], outline)
    light = [red, green, blue]
    lit = (normal, level, contour_level, sunlit, light, finite)
    return _Spot(point, _unit(ray), along, *lit, glow, away, list(side), inset)


def _change(normal: Vector, spot: _Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns by how many contour intervals the height changes from a pixel to the next on faces with normals.

    Moving by a pixel e moves the point seen by e − d·(N·e)/(N·d), d being the ray; only its height counts.
    """
    facing = _dot(normal, spot.ray).clamp(max=-0.02)
    rise_right = -spot.ray[2] * _dot(normal, u["right"]) / facing
    rise_up = u["up"][2] - spot.ray[2] * _dot(normal, u["up"]) / facing
    rise = spot.ahead * u["pixel"] * torch.sqrt(rise_right**2 + rise_up**2)
    return (rise * u["contour"][0] / u["exaggeration"]).clamp(1e-5)


def _contour(spot: _Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of the pixel a contour line covers, from the level's exact change per pixel."""
    count, near, far, strength = u["contour"]
    step = spot.ahead * u["pixel"]
    change = _change(spot.normal, spot, u)
    phase = spot.contour_level * count
    nearest = torch.round(phase)
    major = ((nearest - MAJOR * torch.round(nearest / MAJOR)).abs() < 0.5).to(phase.dtype)
    width = (near + (far - near) * _depth_share(spot.ahead, u)) * u["row"] * (1 + 0.35 * major)
    line = (0.5 * width + 0.5 - (phase - nearest).abs() / change).clamp(0, 1) * width.clamp(max=1)
    fade = (1.6 - 3.2 * change).clamp(0, 1) * (nearest > 0.5)
    clear = 0.25 + 0.75 * _smooth(0.3, 1.0, spot.away / (step * CLEARING * u["row"]))
    return line * fade * strength * (0.58 + 0.42 * major) * clear


def _depth_share(ahead: Tensor, u: dict[str, Tensor]) -> Tensor:
    """Returns where between the nearest and the farthest of the object points lie, 0 to 1."""
    return ((ahead - u["span"][0]) / (u["span"][1] - u["span"][0])).clamp(0, 1)


def sky_towards(direction: Vector, u: dict[str, Tensor]) -> Vector:
    """Returns the sky's radiance towards unit directions: darker at the horizon, brighter away from the sun."""
    flat = torch.rsqrt(direction[0] ** 2 + direction[1] ** 2 + 1e-9)
    sunny = (direction[0] * u["sun"][0] + direction[1] * u["sun"][1]) * flat * torch.rsqrt(1 - u["sun"][2] ** 2 + 1e-6)
    rise = 0.25 + 0.75 * _smooth(-0.15, 0.7, direction[2])
    return [u["sky_colour"][k] * (0.6 - 0.4 * sunny) * rise for k in range(3)]


def _fifth(x: Tensor) -> Tensor:
    square = x * x
    return square * square * x


def _gloss(normal: Vector, spot: _Spot, lit: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns what a surface reflects of the sun (a GGX lobe) and of the sky (with Schlick's Fresnel term)."""
    roughness, base, variation = u["material"]
    grain = torch.sin(23 * spot.point[0] + 19 * spot.point[1]) * torch.sin(29 * spot.point[1] - 11 * spot.point[0])
    rough = (roughness + variation * grain).clamp(0.05, 1)
    view = [-part for part in spot.ray]
    half = _unit([u["sun"][k] + view[k] for k in range(3)])
    facing = _dot(normal, view).clamp(0.02, 1)
    alpha2 = (rough * rough) * (rough * rough)
    peak = _dot(normal, half).clamp(0) ** 2 * (alpha2 - 1) + 1
    slope = _dot(normal, u["sun"]).clamp(0)
    fresnel = base + (1 - base) * _fifth(1 - _dot(view, half).clamp(0, 1))
    lobe = alpha2 / (peak * peak) * fresnel * 0.25 / torch.maximum(slope, facing).clamp(min=0.1)
    back = [2 * _dot(normal, view) * normal[k] - view[k] for k in range(3)]
    mirror = (base + (1 - base) * _fifth(1 - facing)) * (1 - 0.75 * rough)
    sky = sky_towards(back, u)
    shine = lobe * slope * lit
    shine = shine / (1 + shine / GLINT)  # a cap would end in a hard edge
    return [u["sun_colour"][k] * shine + mirror * sky[k] for k in range(3)]


def _embers(light: Vector, albedo: Vector) -> tuple[Vector, Vector]:
    """Returns light and albedo by which a shadow on warm ground is a deeper warm colour: under blue it would be mud."""
    most = torch.maximum(torch.maximum(albedo[0], albedo[1]), albedo[2]).clamp(min=0.02)
    warm = ((albedo[0] - albedo[2]) / most).clamp(0, 1)
    grey = luminance((light[0], light[1], light[2]))
    shadow = 1 - _smooth(0.25, 1.3, grey)
    cold = (light[2] > light[0]).to(grey.dtype)
    share = warm * cold * MUD
    deeper = [albedo[k] * (albedo[k] / most).clamp(min=0.02) ** (1.2 * warm * shadow) for k in range(3)]
    return [part * (1 - share) + 1.25 * grey * share for part in light], deeper


def _edge_line(spot: _Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns the light of the fine line where the top was cut, 0 to 1: about a pixel and a half wide."""
    width = (spot.ahead * u["pixel"]).clamp(min=0.0006) * 1.1
    return torch.exp(-((spot.inset / width) ** 2)) * u["walls"][1]


def _ground(spot: _Spot, albedo: Vector, u: dict[str, Tensor]) -> Vector:
    """Returns the terrain's linear light."""
    bevel = u["walls"][2].clamp(min=1e-5)
    bend = 0.75 * (1 - spot.inset / bevel).clamp(0, 1) ** 2
    normal = _unit([spot.normal[0] + bend * spot.side[0], spot.normal[1] + bend * spot.side[1], spot.normal[2]])
    gloss = _gloss(normal, spot, spot.sunlit, u)
    facing = (-_dot(spot.normal, spot.ray)).clamp(0, 1)
    away = (1 - facing) * (1 - facing)
    grazing = away * away * u["rim"]
    light, albedo = _embers(spot.light, albedo)
    line = _contour(spot, u)
    edge = _edge_line(spot, u)
    lit = [albedo[k] * (light[k] + spot.glow[k]) + gloss[k] + grazing * 0.8 * light[k] for k in range(3)]
    pale = _smooth(0.37, 0.41, luminance((lit[0], lit[1], lit[2])) * u["exposure"])
    colours = []
    for k in range(3):
        own = (0.30 + 0.9 * albedo[k]) * (1 - pale) + 0.22 * albedo[k] * pale
        ink = u["ink"][k] * u["ink"][3] + own * (1 - u["ink"][3])
        lined = lit[k] * (1 - line) + line * ink * (0.3 + 0.7 * light[k])
        colours.append(lined + edge * (0.16 + 0.7 * albedo[k]) * (0.4 + 0.6 * light[k]))
    return colours


def wall_light(albedo: Vector, side: Vector, high: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns the linear light of upright faces with normals x, y, at heights above the floor."""
    facing_sun = side[0] * u["sun"][0] + side[1] * u["sun"][1]
    sky = sky_towards([side[0], side[1], torch.full_like(high, 0.35)], u)
    contact = (1 - 0.7 * torch.exp(-high / 0.035)) * (0.55 + 0.45 * _smooth(0.0, 0.35, high))
    direct = WALL_SUN * facing_sun.clamp(0)
    return [albedo[k] * (u["sun_colour"][k] * direct + (WALL_SKY * sky[k] + 0.03) * contact) for k in range(3)]


def strata(level: Tensor, palette: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns the albedo of a cut face: the palette by height, and the stone under the lowest stratum."""
    banded = looked_up(palette, level)
    deep = _smooth(0.0, 1.0, -level * u["exaggeration"] / u["base"].abs().clamp(min=1e-4))
    share = TINT * u["walls"][0] * (1 - deep)
    return [u["stone"][k] * (1 - share) + banded[:, k] * share for k in range(3)]


def _wall(spot: _Spot, palette: Tensor, u: dict[str, Tensor]) -> tuple[Vector, Tensor]:
    """Returns the linear light of the cut face, with its strata and the bright line on top, and its opacity."""
    level = spot.point[2] / u["exaggeration"]
    below = (spot.level * u["exaggeration"] - spot.point[2]).clamp(0)
    albedo = strata(level, palette, u)
    lit = wall_light(albedo, spot.side, (spot.point[2] - u["base"]).clamp(0), u)
    gloss = _gloss([spot.side[0], spot.side[1], torch.zeros_like(level)], spot, torch.ones_like(level), u)
    pixel = spot.ahead * u["pixel"]
    change = _change([spot.side[0], spot.side[1], torch.zeros_like(level)], spot, u)
    phase = level * u["contour"][0]
    nearest = torch.round(phase)
    line = (0.9 * u["row"] * 0.5 + 0.5 - (phase - nearest).abs() / change).clamp(0, 1) * (nearest > -0.5)
    banded = looked_up(palette, level)
    sky = luminance((u["sky_colour"][0], u["sky_colour"][1], u["sky_colour"][2]))
    line = line * (1.4 - 2.8 * change).clamp(0, 1) * u["walls"][0].clamp(max=0.8)
    edge = torch.exp(-((below / (1.1 * pixel.clamp(min=0.0006))) ** 2)) * u["walls"][1]
    top = looked_up(palette, spot.level)
    colours = []
    for k in range(3):
        faced = lit[k] * (1 - line) + line * (0.9 * lit[k] + banded[:, k] * (0.07 + 0.35 * sky)) + gloss[k]
        colours.append(faced + edge * (0.16 + 0.7 * top[:, k]) * (0.4 + 0.6 * spot.light[k]))
    return colours, torch.exp(-((below / u["walls"][3]) ** 1.5))


def _beside_path(screen: Vector, spot: _Spot, u: dict[str, Tensor]) -> Vector:
    """Returns colours on the screen that stand back beside the path: darker, or paler beside a dark one."""
    near, far, seen = u["path"]
    half = 0.5 * (near + (far - near) * _depth_share(spot.ahead, u)) * u["row"]
    pixels = spot.away / (spot.ahead * u["pixel"])
    share = 1 - _smooth(0.3 * HALO_REACH * u["row"], HALO_REACH * u["row"], pixels - half)
    grey = luminance((screen[0], screen[1], screen[2])).clamp(min=1e-4)
    darker = (((seen + 0.05) / CONTRAST - 0.05) / grey).clamp(0.05, 1)
    lighter = (CONTRAST * (seen + 0.05) - 0.05 - grey).clamp(0, 1)
    bright = (CONTRAST * (seen + 0.05) > 1.05).to(grey.dtype)  # white would not be pale enough beside it
    scale = 1 - share * (1 - darker) * bright
    lift = share * lighter * (1 - bright)
    return [(part * scale + lift).clamp(max=1) for part in screen]


def _underside(spot: _Spot, albedo: Vector, u: dict[str, Tensor]) -> Vector:
    """Returns the linear light of a sheet from below."""
    sky = sky_towards([-spot.normal[0], -spot.normal[1], -0.2 * spot.normal[2]], u)
    return [albedo[k] * UNDERSIDE * (sky[k] + 0.3 * spot.light[k]) for k in range(3)]


Sample = tuple[Tensor, Tensor, Tensor]  # x and y in −1..1 (y up), window depth
Baked = tuple[Tensor, int, int]
Lamp = tuple[Tensor, Tensor, int, int]


def _on_screen(lit: Vector, spot: _Spot, u: dict[str, Tensor], transform: str) -> Vector:
    """Returns light as it is shown, under the haze that lies before it."""
    shown = TRANSFORMS[transform]((lit[0] * u["exposure"], lit[1] * u["exposure"], lit[2] * u["exposure"]))
    haze = u["haze"][0] * _smooth(0.0, 1.0, _depth_share(spot.ahead, u))
    return [shown[k] * (1 - haze) + u["haze"][k + 1] * haze for k in range(3)]


def _shade_top(
    sample: Sample, baked: Baked, lamp: Lamp, outline: Tensor, palette: Tensor, uniforms: Tensor, transform: str
) -> Tensor:
    """Returns linear RGB of the screen and opacity of the terrain, (4, n)."""
    u = Uniforms.unpack(uniforms)
    spot = _spot(sample, baked, lamp, outline, u)
    coloured = looked_up(palette, spot.level)
    albedo = [coloured[:, k] * spot.finite + DIVERGED * (1 - spot.finite) for k in range(3)]
    screen = _on_screen(_ground(spot, albedo, u), spot, u, transform)
    if transform != "linear":  # which has no white to stand back from
        screen = _beside_path(screen, spot, u)
    return torch.stack([*screen, torch.ones_like(spot.level)])


def _shade_wall(
    sample: Sample, baked: Baked, lamp: Lamp, outline: Tensor, palette: Tensor, uniforms: Tensor, transform: str
) -> Tensor:
    """Returns linear RGB of the screen and opacity of cut faces, (4, n)."""
    u = Uniforms.unpack(uniforms)
    spot = _spot(sample, baked, lamp, outline, u)
    face, solid = _wall(spot, palette, u)
    return torch.stack([*_on_screen(face, spot, u, transform), solid])


def _shade_underside(
    sample: Sample, baked: Baked, lamp: Lamp, outline: Tensor, palette: Tensor, uniforms: Tensor, transform: str
) -> Tensor:
    """Returns linear RGB of the screen and opacity of the lower side of sheets, (4, n)."""
    u = Uniforms.unpack(uniforms)
    spot = _spot(sample, baked, lamp, outline, u)
    coloured = looked_up(palette, spot.level)
    lower = _underside(spot, list(coloured.unbind(1)), u)
    return torch.stack([*_on_screen(lower, spot, u, transform), torch.ones_like(spot.level)])


def _shade_line(values: Tensor, uniforms: Tensor, transform: str) -> Tensor:
    """Returns linear RGB of the screen and opacity of paths and marks (6, n), (4, n)."""
    u = Uniforms.unpack(uniforms)
    mark = (values[3] == int(Kind.MARK)).to(values.dtype)
    fire = u["fire"].reshape(-1, 3)[values[5].long()]
    hot = (0.75 + 0.25 * values[4] ** 2)[:, None] * fire
    shown = torch.stack(TRANSFORMS[transform]((hot[:, 0], hot[:, 1], hot[:, 2])), 1)
    screen = shown * (1 - u["flat"]) + fire * u["flat"]
    screen = screen * (1 - mark[:, None]) + u["marks"] * mark[:, None]
    return torch.cat([screen.T, torch.ones(1, values.shape[1])])


KERNELS = {Kind.TERRAIN: _shade_top, Kind.WALL: _shade_wall, Kind.UNDERSIDE: _shade_underside}


class Body(NamedTuple):
    """What the kernel reads of one body."""

    field: Field
    glow: Tensor  # (side², 3), the paths' light on it
    away: Tensor  # (side², 1), distance from the nearest path, picture widths
    outline: Tensor  # (K, 3), half-planes


def shade(samples: Tensor, body: Body, palette: Tensor, uniforms: Uniforms, transform: str) -> Tensor:
    """Returns (5, n) for samples (6, n) of x, y, window depth, kind, place along the path and which path it is.

    The rows are linear RGB of the screen, opacity, and whether the sample shines by itself.
    """
    kind = samples[3]
    shaded = torch.zeros(5, samples.shape[1])
    baked = (body.field.texels, body.field.rows, body.field.columns)
    lamp = (body.glow, body.away, round(body.glow.shape[0] ** 0.5), round(body.away.shape[0] ** 0.5))
    for each, kernel in KERNELS.items():
        own = torch.nonzero(kind == int(each)).ravel()
        if len(own):
            rest = (baked, lamp, body.outline, palette, uniforms.values, transform)
            shaded[:4, own] = _in_chunks(kernel, samples[:3, own], rest)
    lines = torch.nonzero(kind >= int(Kind.PATH)).ravel()
    shaded[:4, lines] = _shade_line(samples[:, lines], uniforms.values, transform)
    shaded[4, lines] = (kind[lines] == int(Kind.PATH)).to(shaded.dtype)
    return shaded


def _in_chunks(kernel: Callable[..., Tensor], places: Tensor, rest: tuple[Any, ...]) -> Tensor:
    """Returns what a kernel makes of places (3, n), so many at a time."""
    count, run = places.shape[1], fuse(kernel)
    short = 0 if run is kernel else -count % CHUNK  # a compiled kernel has one shape
    padded = torch.nn.functional.pad(places, (0, short))
    parts = [run(tuple(row.contiguous() for row in chunk), *rest) for chunk in padded.split(CHUNK, 1)]
    return torch.cat(parts, dim=1)[:, :count]
