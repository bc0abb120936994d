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
from render.stage.light.fire import CONTRAST, FLARE
from render.stage.light.gloss import gloss_of, sky_towards
from render.stage.marks.hatch import Hatch, inked
from render.stage.shading.baked_field import DIVERGED, MUD, BakedField, looked_up
from render.stage.shading.spot import Spot, Vector, bevelled, change_of, depth_share, dot, smooth, spot_of, step_of
from render.stage.shading.uniforms import COLOUR_SHARE, RIM_LINE, Uniforms
from render.stage.shading.walls import RIM_LEAST, RIM_WIDTH, edge_light, wall
from render.stage.window.geometry import Kind

CHUNK = 1 << 16  # samples per call: one shape, so that one compiled kernel serves every frame

UNDERSIDE = 0.35  # of the light above, that reaches the lower side of a sheet
HALO_REACH = 9.0  # pixels beside the path over which ground stands back, so that the line stands out
HALO_FULL = 0.2  # of that reach, within which it stands back wholly; larger: a band with an edge
CLEARING = 20.0  # pixels from the path within which contours are dimmed
CLEARED = (0.3, 1.0)  # of the clearing, from where contours come back to where they are whole
CLEAR_LEAST = 0.25  # of contours, that is left right beside the path; smaller: a gap, larger: they cross it
LEVEL = 1e-4  # of a contour interval in a pixel of 1080 rows, below which ground is level and crosses no contour
MAJOR = 5  # every so many contours one is stronger
WIDER = 0.35  # of its width, by which that one is wider; larger: a map, smaller: even shading
MINOR = 0.58  # of the strength of the stronger contours, that the others have; smaller: they are hints
CROWDED, CROWDING = 1.6, 3.2  # contours fade out from 0.19 to 0.5 of a contour per pixel; larger CROWDING: sooner
LINE_LEAST = 0.3  # of a drawn line's light, where no light falls; smaller: lines vanish in shadow, 1: they shine
OWN_GREY, OWN_COLOUR = 0.30, 0.9  # of lines on dark ground in its own colour; larger grey: paler, larger colour: purer
OWN_ON_PALE = 0.12  # of the ground's colour, in lines on pale ground; smaller: black, larger: they are lost
PALE_FROM = (0.5, 0.55)  # luminance on the screen, from dark ground to pale; wider: lines are lost between
GRAZING = 0.8  # of the light, on ground seen from the side, at rim 1; larger: pale crests
EMBER_SHADOW = (0.25, 1.3)  # light, from a shadow to none; higher: more of the ground is a deeper colour
EMBER_COLD = (0.85, 1.7)  # blue of the light / its red, from warm to cold; lower: even a white sky counts as cold
EMBER_DEEPER = 0.4  # power by which warm ground is purer in shadow; larger: red shadows, 0: grey ones
EMBER_LIGHT = 1.7  # of the cold light's grey, that falls on warm ground instead; larger: paler shadows
LEAST_ALBEDO = 0.02  # of the largest channel, that colours are compared by; smaller: noise in black ground gets a hue
DARKEST = 0.05  # of its light, that ground beside the path keeps; smaller: a black rim around pale paths
GLOW_FROM = (0.75, 1.25)  # luminance / what is wanted beside the path, from no glow there to all; wider: softer
FOOT_SLANT = 0.2  # of a sheet's normal upwards, that its lower side looks down by; larger: less light from below
UNDERSIDE_LIGHT = 0.3  # of the light above, that comes through a sheet; larger: thin as paper
TUBE = 0.75  # of a path's light at its edges, so that it looks round; smaller: a pipe, 1: a flat band
KIND, ALONG, INK = 3, 4, 5  # rows of samples, behind x, y and window depth: also the place on a line, and whose it is


def _embers(light: Vector, albedo: Vector) -> tuple[Vector, Vector]:
    """Returns light and albedo by which a shadow on warm ground is a deeper warm colour: under blue it would be mud."""
    most = torch.maximum(torch.maximum(albedo[0], albedo[1]), albedo[2]).clamp(min=LEAST_ALBEDO)
    warm = ((albedo[0] - albedo[2]) / most).clamp(0, 1)
    grey = luminance((light[0], light[1], light[2]))
    shadow = 1 - smooth(*EMBER_SHADOW, grey)
    cold = smooth(*EMBER_COLD, light[2] / light[0].clamp(min=1e-4))
    share = warm * cold * MUD
    power = EMBER_DEEPER * warm * shadow
    deeper = [albedo[k] * (albedo[k] / most).clamp(min=LEAST_ALBEDO) ** power for k in range(3)]
    return [part * (1 - share) + EMBER_LIGHT * grey * share for part in light], deeper


def _edge_line(spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns the light of the fine line where the top was cut, 0 to 1: about a pixel and a half wide."""
    step = step_of(spot.normal, [*spot.side, torch.zeros_like(spot.level)], spot, u)
    pixel = (spot.ahead * u["pixel"]).clamp(min=RIM_LEAST)  # far edges are foreshortened
    width = torch.maximum(RIM_WIDTH * step, pixel * RIM_WIDTH)
    return torch.exp(-((spot.inset / width) ** 2)) * u["walls"][RIM_LINE]


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
    lit = [albedo[k] * (light[k] + spot.glow[k]) + gloss[k] + grazing * GRAZING * light[k] for k in range(3)]
    pale = smooth(*PALE_FROM, luminance((lit[0], lit[1], lit[2])) * u["exposure"])
    colours = []
    for k in range(3):
        own = (OWN_GREY + OWN_COLOUR * albedo[k]) * (1 - pale) + OWN_ON_PALE * albedo[k] * pale
        ink = u["ink"][k] * u["ink"][COLOUR_SHARE] + own * (1 - u["ink"][COLOUR_SHARE])
        under = lit[k]
        if strokes is not None:
            pen = u["hachure_ink"][k] * u["hachure_ink"][COLOUR_SHARE] + own * (1 - u["hachure_ink"][COLOUR_SHARE])
            under = under * (1 - strokes) + strokes * pen * (LINE_LEAST + (1 - LINE_LEAST) * light[k])
        lined = under * (1 - line) + line * ink * (LINE_LEAST + (1 - LINE_LEAST) * light[k])
        colours.append(lined + edge_light(edge, albedo[k], light[k]))
    return colours


def _contour(spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of the pixel a contour line covers, from the level's exact change per pixel."""
    count, near, far, strength = u["contour"]
    change = change_of(spot.normal, spot, u)
    phase = spot.contour_level * count
    nearest = torch.round(phase)
    major = ((nearest - MAJOR * torch.round(nearest / MAJOR)).abs() < 0.5).to(phase.dtype)
    width = (near + (far - near) * depth_share(spot.ahead, u)) * u["row"] * (1 + WIDER * major)
    line = (0.5 * width + 0.5 - (phase - nearest).abs() / change).clamp(0, 1) * width.clamp(max=1)
    fade = (CROWDED - CROWDING * change).clamp(0, 1) * (nearest > 0.5) * (change * u["row"] > LEVEL)
    return line * fade * strength * (MINOR + (1 - MINOR) * major) * _clear(spot, u)


def _clear(spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of lines is left beside the path, 0 to 1."""
    share = spot.away / (spot.ahead * u["pixel"] * CLEARING * u["row"])
    return CLEAR_LEAST + (1 - CLEAR_LEAST) * smooth(*CLEARED, share)


def _beside_path(screen: Vector, spot: Spot, u: dict[str, Tensor]) -> Vector:
    """Returns colours on the screen that stand back beside the path: glowing, darker, or paler beside a dark one."""
    near, far, seen = u["path"]
    half = 0.5 * (near + (far - near) * depth_share(spot.ahead, u)) * u["row"]
    pixels = spot.away / (spot.ahead * u["pixel"])
    share = 1 - smooth(HALO_FULL * HALO_REACH * u["row"], HALO_REACH * u["row"], pixels - half)
    grey = luminance((screen[0], screen[1], screen[2])).clamp(min=1e-4)
    wanted, hot = (seen + FLARE) / CONTRAST - FLARE, u["beside"][COLOUR_SHARE]
    bright = (CONTRAST * (seen + FLARE) > 1 + FLARE).to(grey.dtype)  # white would not be pale enough beside it
    darker = 1 - share * bright * (1 - (wanted / grey).clamp(DARKEST, 1))
    glowing = share * bright * smooth(*GLOW_FROM, grey / wanted.clamp(min=0.01))
    lift = share * (1 - bright) * (CONTRAST * (seen + FLARE) - FLARE - grey).clamp(0, 1)
    beside = []
    for k in range(3):
        glow = screen[k] * (1 - glowing) + u["beside"][k] * glowing
        beside.append((hot * glow + (1 - hot) * screen[k] * darker + lift).clamp(max=1))
    return beside


def _underside(spot: Spot, albedo: Vector, u: dict[str, Tensor]) -> Vector:
    """Returns the linear light of a sheet from below."""
    sky = sky_towards([-spot.normal[0], -spot.normal[1], -FOOT_SLANT * spot.normal[2]], u)
    return [albedo[k] * UNDERSIDE * (sky[k] + UNDERSIDE_LIGHT * spot.light[k]) for k in range(3)]


Sample = tuple[Tensor, Tensor, Tensor]  # x and y in −1..1 (y up), window depth
Baked = tuple[Tensor, int, int]
LampTensors = tuple[Tensor, Tensor, int, int]


def _on_screen(lit: Vector, spot: Spot, u: dict[str, Tensor], transform: str) -> Vector:
    """Returns light as it is shown, under the haze that lies before it."""
    shown = TRANSFORMS[transform]((lit[0] * u["exposure"], lit[1] * u["exposure"], lit[2] * u["exposure"]))
    strength, *colour = u["haze"]
    haze = strength * smooth(0.0, 1.0, depth_share(spot.ahead, u))
    return [shown[k] * (1 - haze) + colour[k] * haze for k in range(3)]


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
    mark = (values[KIND] == int(Kind.MARK)).to(values.dtype)
    fire = u["fire"].reshape(-1, 3)[values[INK].long()]
    hot = (TUBE + (1 - TUBE) * values[ALONG] ** 2)[:, None] * fire
    shown = torch.stack(TRANSFORMS[transform]((hot[:, 0], hot[:, 1], hot[:, 2])), 1)
    screen = shown * (1 - u["flat"]) + fire * u["flat"]
    marks = u["marks"].reshape(-1, 3)[values[INK].clamp(max=2).long()]
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
    kind = samples[KIND]
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
    shaded[4, lines] = shines * torch.where(gain > 0, gain * samples[ALONG, lines], 1.0)
    return shaded


def _in_chunks(kernel: Callable[..., Tensor], places: Tensor, rest: tuple[Any, ...]) -> Tensor:
    """Returns what a kernel makes of places (3, n), so many at a time."""
    count, run = places.shape[1], fuse(kernel)
    short = 0 if run is kernel else -count % CHUNK  # a compiled kernel has one shape
    padded = torch.nn.functional.pad(places, (0, short))
    parts = [run(tuple(row.contiguous() for row in chunk), *rest) for chunk in padded.split(CHUNK, 1)]
    return torch.cat(parts, dim=1)[:, :count]
