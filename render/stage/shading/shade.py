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
from render.stage.lens.tone import TRANSFORMS, luminance
from render.stage.light.fire import CONTRAST
from render.stage.light.gloss import gloss_of, sky_towards
from render.stage.marks.hatch import Hatch, inked
from render.stage.shading.baked_field import DIVERGED, MUD, BakedField, looked_up
from render.stage.shading.spot import Spot, Vector, bevelled, change_of, depth_share, dot, smooth, spot_of, step_of
from render.stage.shading.uniforms import Uniforms
from render.stage.shading.walls import wall
from render.stage.window.geometry import Kind

CHUNK = 1 << 16  # samples per call: one shape, so that one compiled kernel serves every frame

UNDERSIDE = 0.35  # of the light above, that reaches the lower side of a sheet
HALO_REACH = 9.0  # pixels beside the path over which ground stands back, so that the line stands out
CLEARING = 20.0  # pixels from the path within which contours are dimmed
MAJOR = 5  # every so many contours one is stronger


def _embers(light: Vector, albedo: Vector) -> tuple[Vector, Vector]:
    """Returns light and albedo by which a shadow on warm ground is a deeper warm colour: under blue it would be mud."""
    most = torch.maximum(torch.maximum(albedo[0], albedo[1]), albedo[2]).clamp(min=0.02)
    warm = ((albedo[0] - albedo[2]) / most).clamp(0, 1)
    grey = luminance((light[0], light[1], light[2]))
    shadow = 1 - smooth(0.25, 1.3, grey)
    cold = smooth(0.85, 1.7, light[2] / light[0].clamp(min=1e-4))
    share = warm * cold * MUD
    deeper = [albedo[k] * (albedo[k] / most).clamp(min=0.02) ** (0.4 * warm * shadow) for k in range(3)]
    return [part * (1 - share) + 1.7 * grey * share for part in light], deeper


def _edge_line(spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns the light of the fine line where the top was cut, 0 to 1: about a pixel and a half wide."""
    step = step_of(spot.normal, [*spot.side, torch.zeros_like(spot.level)], spot, u)
    width = torch.maximum(1.1 * step, (spot.ahead * u["pixel"]).clamp(min=0.0006) * 1.1)  # far edges are foreshortened
    return torch.exp(-((spot.inset / width) ** 2)) * u["walls"][1]


def _ground(spot: Spot, albedo: Vector, u: dict[str, Tensor], hatch: Hatch | None) -> Vector:
    """Returns the terrain's linear light."""
    gloss = gloss_of(bevelled(spot, u), spot, spot.sunlit, u)
    facing = (-dot(spot.normal, spot.ray)).clamp(0, 1)
    away = (1 - facing) * (1 - facing)
    grazing = away * away * u["rim"]
    light, albedo = _embers(spot.light, albedo)
    line = _contour(spot, u)
    edge = _edge_line(spot, u)
    strokes = None if hatch is None else inked(spot, hatch, u) * _clear(spot, u)
    lit = [albedo[k] * (light[k] + spot.glow[k]) + gloss[k] + grazing * 0.8 * light[k] for k in range(3)]
    pale = smooth(0.5, 0.55, luminance((lit[0], lit[1], lit[2])) * u["exposure"])
    colours = []
    for k in range(3):
        own = (0.30 + 0.9 * albedo[k]) * (1 - pale) + 0.12 * albedo[k] * pale
        ink = u["ink"][k] * u["ink"][3] + own * (1 - u["ink"][3])
        under = lit[k]
        if strokes is not None:
            pen = u["hachure_ink"][k] * u["hachure_ink"][3] + own * (1 - u["hachure_ink"][3])
            under = under * (1 - strokes) + strokes * pen * (0.3 + 0.7 * light[k])
        lined = under * (1 - line) + line * ink * (0.3 + 0.7 * light[k])
        colours.append(lined + edge * (0.16 + 0.7 * albedo[k]) * (0.4 + 0.6 * light[k]))
    return colours


def _contour(spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of the pixel a contour line covers, from the level's exact change per pixel."""
    count, near, far, strength = u["contour"]
    change = change_of(spot.normal, spot, u)
    phase = spot.contour_level * count
    nearest = torch.round(phase)
    major = ((nearest - MAJOR * torch.round(nearest / MAJOR)).abs() < 0.5).to(phase.dtype)
    width = (near + (far - near) * depth_share(spot.ahead, u)) * u["row"] * (1 + 0.35 * major)
    line = (0.5 * width + 0.5 - (phase - nearest).abs() / change).clamp(0, 1) * width.clamp(max=1)
    fade = (1.6 - 3.2 * change).clamp(0, 1) * (nearest > 0.5)
    return line * fade * strength * (0.58 + 0.42 * major) * _clear(spot, u)


def _clear(spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of lines is left beside the path, 0 to 1."""
    return 0.25 + 0.75 * smooth(0.3, 1.0, spot.away / (spot.ahead * u["pixel"] * CLEARING * u["row"]))


def _beside_path(screen: Vector, spot: Spot, u: dict[str, Tensor]) -> Vector:
    """Returns colours on the screen that stand back beside the path: glowing, darker, or paler beside a dark one."""
    near, far, seen = u["path"]
    half = 0.5 * (near + (far - near) * depth_share(spot.ahead, u)) * u["row"]
    pixels = spot.away / (spot.ahead * u["pixel"])
    share = 1 - smooth(0.2 * HALO_REACH * u["row"], HALO_REACH * u["row"], pixels - half)
    grey = luminance((screen[0], screen[1], screen[2])).clamp(min=1e-4)
    wanted, hot = (seen + 0.05) / CONTRAST - 0.05, u["beside"][3]
    bright = (CONTRAST * (seen + 0.05) > 1.05).to(grey.dtype)  # white would not be pale enough beside it
    darker = 1 - share * bright * (1 - (wanted / grey).clamp(0.05, 1))
    glowing = share * bright * smooth(0.75, 1.25, grey / wanted.clamp(min=0.01))
    lift = share * (1 - bright) * (CONTRAST * (seen + 0.05) - 0.05 - grey).clamp(0, 1)
    beside = []
    for k in range(3):
        glow = screen[k] * (1 - glowing) + u["beside"][k] * glowing
        beside.append((hot * glow + (1 - hot) * screen[k] * darker + lift).clamp(max=1))
    return beside


def _underside(spot: Spot, albedo: Vector, u: dict[str, Tensor]) -> Vector:
    """Returns the linear light of a sheet from below."""
    sky = sky_towards([-spot.normal[0], -spot.normal[1], -0.2 * spot.normal[2]], u)
    return [albedo[k] * UNDERSIDE * (sky[k] + 0.3 * spot.light[k]) for k in range(3)]


Sample = tuple[Tensor, Tensor, Tensor]  # x and y in −1..1 (y up), window depth
Baked = tuple[Tensor, int, int]
LampTensors = tuple[Tensor, Tensor, int, int]


def _on_screen(lit: Vector, spot: Spot, u: dict[str, Tensor], transform: str) -> Vector:
    """Returns light as it is shown, under the haze that lies before it."""
    shown = TRANSFORMS[transform]((lit[0] * u["exposure"], lit[1] * u["exposure"], lit[2] * u["exposure"]))
    haze = u["haze"][0] * smooth(0.0, 1.0, depth_share(spot.ahead, u))
    return [shown[k] * (1 - haze) + u["haze"][k + 1] * haze for k in range(3)]


def _shade_top(
    sample: Sample,
    baked: Baked,
    lamp: LampTensors,
    outline: Tensor,
    palette: Tensor,
    uniforms: Tensor,
    transform: str,
    hatch: Hatch | None = None,
) -> Tensor:
    """Returns linear RGB of the screen and opacity of the terrain, (4, n)."""
    u = Uniforms.unpack(uniforms)
    spot = spot_of(sample, baked, lamp, outline, u)
    coloured = looked_up(palette, spot.level)
    albedo = [coloured[:, k] * spot.finite + DIVERGED * (1 - spot.finite) for k in range(3)]
    screen = _on_screen(_ground(spot, albedo, u, hatch), spot, u, transform)
    if transform != "linear":  # which has no white to stand back from
        screen = _beside_path(screen, spot, u)
    return torch.stack([*screen, torch.ones_like(spot.level)])


def _shade_wall(
    sample: Sample, baked: Baked, lamp: LampTensors, outline: Tensor, palette: Tensor, uniforms: Tensor, transform: str
) -> Tensor:
    """Returns linear RGB of the screen and opacity of cut faces, (4, n)."""
    u = Uniforms.unpack(uniforms)
    spot = spot_of(sample, baked, lamp, outline, u)
    face, solid = wall(spot, palette, u)
    return torch.stack([*_on_screen(face, spot, u, transform), solid])


def _shade_underside(
    sample: Sample, baked: Baked, lamp: LampTensors, outline: Tensor, palette: Tensor, uniforms: Tensor, transform: str
) -> Tensor:
    """Returns linear RGB of the screen and opacity of the lower side of sheets, (4, n)."""
    u = Uniforms.unpack(uniforms)
    spot = spot_of(sample, baked, lamp, outline, u)
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
    marks = u["marks"].reshape(-1, 3)[values[5].clamp(max=2).long()]
    screen = screen * (1 - mark[:, None]) + marks * mark[:, None]
    return torch.cat([screen.T, torch.ones(1, values.shape[1])])


KERNELS = {Kind.TERRAIN: _shade_top, Kind.WALL: _shade_wall, Kind.UNDERSIDE: _shade_underside}


class Body(NamedTuple):
    """What the kernel reads of one body."""

    field: BakedField
    glow: Tensor  # (side², 3), the paths' light on it
    away: Tensor  # (side², 1), distance from the nearest path, picture widths
    outline: Tensor  # (K, 3), half-planes
    hatch: Hatch | None = None


def shade(samples: Tensor, body: Body, palette: Tensor, uniforms: Uniforms, transform: str) -> Tensor:
    """Returns (5, n) for samples (6, n) of x, y, window depth, kind, place along the path and its ink, or whose it is.

    The rows are linear RGB of the screen, opacity, and whether the sample shines by itself.
    """
    kind = samples[3]
    shaded = torch.zeros(5, samples.shape[1])
    baked = (body.field.texels, body.field.rows, body.field.columns)
    lamp = (body.glow, body.away, round(body.glow.shape[0] ** 0.5), round(body.away.shape[0] ** 0.5))
    for each, kernel in KERNELS.items():
        own = torch.nonzero(kind == int(each)).ravel()
        if len(own):
            rest: tuple[Any, ...] = (baked, lamp, body.outline, palette, uniforms.values, transform)
            if body.hatch is not None and each is Kind.TERRAIN:
                rest = (*rest, body.hatch)
            shaded[:4, own] = _in_chunks(kernel, samples[:3, own], rest)
    lines = torch.nonzero(kind >= int(Kind.PATH)).ravel()
    shaded[:4, lines] = _shade_line(samples[:, lines], uniforms.values, transform)
    shines = (kind[lines] == int(Kind.PATH)).to(shaded.dtype)
    gain = uniforms.get("halo")
    shaded[4, lines] = shines * torch.where(gain > 0, gain * samples[4, lines], 1.0)
    return shaded


def _in_chunks(kernel: Callable[..., Tensor], places: Tensor, rest: tuple[Any, ...]) -> Tensor:
    """Returns what a kernel makes of places (3, n), so many at a time."""
    count, run = places.shape[1], fuse(kernel)
    short = 0 if run is kernel else -count % CHUNK  # a compiled kernel has one shape
    padded = torch.nn.functional.pad(places, (0, short))
    parts = [run(tuple(row.contiguous() for row in chunk), *rest) for chunk in padded.split(CHUNK, 1)]
    return torch.cat(parts, dim=1)[:, :count]
