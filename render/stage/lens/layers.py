"""The layers of a picture: what its light is made of, for programs that put it together again.

In linear light, before the lens and the view transform, every pixel is

    picture = albedo × (sun + sky + bounce + lamp) + gloss + path + ground + rest

albedo is times the body's coverage, and light is what falls on a white surface, exposed; so the sum holds along the
outline too. rest is what has no layer of its own: contours, bright edges, light at grazing angles, warm shadows, light
that goes down through cut faces, haze, points of light, and what is left where two surfaces share a pixel. It is nought
where there is none of these.

shadow is no light but a share of the pixel: what the sun's disc loses to the terrain, of what is seen of the top.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from render.stage.lens.resolve import Samples, filtered
from render.stage.light.gloss import gloss_of, sky_towards
from render.stage.shading.baked_field import DIVERGED, looked_up
from render.stage.shading.shade import CHUNK, INK, KIND, UNDERSIDE, Body
from render.stage.shading.spot import Spot, Vector, bevelled, bilinear, spot_of
from render.stage.shading.uniforms import Uniforms
from render.stage.shading.walls import strata, wall_gloss, wall_lights
from render.stage.window.geometry import Kind

LIGHTS = ("sun", "sky", "bounce", "lamp")
PARTS = {"albedo": 3, "normal": 3, "shadow": 1, "depth": 1, **dict.fromkeys(LIGHTS, 3), "gloss": 3}
WIDTH = sum(PARTS.values())
FAINT = 1e-6  # coverage, below which there is nothing
DEPTH = 7  # the row of the depth; what follows it is light


def _owners(samples: Samples) -> Tensor:
    """Returns whose light samples are drawn by, (n,); paths have that of the first body."""
    kind, whose = samples.values[KIND], samples.values[INK]
    return torch.where(kind >= int(Kind.PATH), torch.zeros_like(whose), whose)


def parts_of(values: Tensor, body: Body, palette: Tensor, uniforms: Uniforms) -> Tensor:
    """Returns the PARTS of samples (6, n) of one body, (WIDTH, n); those of paths are nought, but for their depth."""
    light = body.field.light
    texels = torch.cat([light.sun, light.sky, light.bounce], -1).reshape(-1, 9)
    chunks = [_parts(chunk, body, (texels, palette), uniforms) for chunk in values.split(CHUNK, 1)]
    return torch.cat(chunks, 1) if chunks else torch.zeros(WIDTH, 0)


def _parts(values: Tensor, body: Body, tables: tuple[Tensor, Tensor], uniforms: Uniforms) -> Tensor:
    u, (texels, palette) = Uniforms.unpack(uniforms.values), tables
    field = body.field
    sides = (round(body.glow.shape[0] ** 0.5), round(body.away.shape[0] ** 0.5))
    place = (values[0], values[1], values[2])
    spot = spot_of(place, (field.texels, field.rows, field.columns), (body.glow, body.away, *sides), body.outline, u)
    across = spot.point[0] + 0.5, spot.point[1] / u["depth"][0] + 0.5
    baked = bilinear(texels, field.rows, field.columns, *across).T
    made = torch.zeros(WIDTH, values.shape[1])
    for kind, kernel in KERNELS.items():
        made = torch.where(values[3] == int(kind), torch.stack(kernel(spot, baked, palette, u)), made)
    made[DEPTH] = spot.ahead
    made[DEPTH + 1 :] *= u["exposure"]
    return made


def _top(spot: Spot, baked: Tensor, palette: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns the parts of the terrain."""
    coloured = looked_up(palette, spot.level)
    albedo = [coloured[:, k] * spot.finite + DIVERGED * (1 - spot.finite) for k in range(3)]
    gloss = gloss_of(bevelled(spot, u), spot, spot.sunlit, u)
    return [*albedo, *spot.normal, 1 - spot.sunlit, spot.ahead, *baked, *spot.glow, *gloss]


def _wall(spot: Spot, baked: Tensor, palette: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns the parts of cut faces, on which nothing shines but sun and sky."""
    level, nought = spot.point[2] / u["exaggeration"], torch.zeros_like(spot.level)
    sun, sky = wall_lights(spot.side, (spot.point[2] - u["base"]).clamp(0), u)
    normal = [spot.side[0], spot.side[1], nought]
    return [*strata(level, palette, u), *normal, nought, spot.ahead, *sun, *sky, *[nought] * 6, *wall_gloss(spot, u)]


def _underside(spot: Spot, baked: Tensor, palette: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns the parts of the lower side of sheets, whose light is all the sky's."""
    below, nought = [-part for part in spot.normal], torch.zeros_like(spot.level)
    seen = sky_towards([below[0], below[1], 0.2 * below[2]], u)
    sky = [UNDERSIDE * (seen[k] + 0.3 * spot.light[k]) for k in range(3)]
    albedo = looked_up(palette, spot.level).unbind(1)
    return [*albedo, *below, nought, spot.ahead, *[nought] * 3, *sky, *[nought] * 9]


KERNELS = {Kind.TERRAIN: _top, Kind.WALL: _wall, Kind.UNDERSIDE: _underside}


def layers_of(samples: Samples, shaded: Tensor, bodies: Sequence[Callable[[Tensor], Tensor]]) -> dict[str, Tensor]:
    """Returns the layers (C, H, W) of shaded samples (5, n), "matte 0" for that of the first body.

    bodies: what gives the PARTS of samples of each of them.
    """
    kind = samples.values[KIND]
    cover = shaded[3] * (kind > 0)
    line = cover * (kind >= int(Kind.PATH))
    body, owner, parts = cover - line, _owners(samples), torch.zeros(WIDTH, samples.values.shape[1])
    for index, own in enumerate(bodies):
        places = torch.nonzero(owner == index).ravel()
        parts[:, places] = own(samples.values[:, places])
    mattes = [body * (owner == index) for index in range(len(bodies))]
    columns = {"parts": parts * body, "path": shaded[:3] * line, "covers": torch.stack([cover, body, line, *mattes]),
               "depth": (parts[DEPTH] * cover)[None]}  # fmt: skip
    pixels = _resolved(samples, torch.cat(list(columns.values())))
    found = dict(zip(columns, pixels.split([len(part) for part in columns.values()]), strict=True))
    named = dict(zip(PARTS, found["parts"].split(list(PARTS.values())), strict=True))
    covered, solid, lined, *each = found["covers"][:, None]
    falling = {name: named[name] / solid.clamp(min=FAINT) for name in LIGHTS}
    normal = named["normal"] / named["normal"].norm(dim=0).clamp(min=FAINT)
    depth = torch.where(covered > FAINT, found["depth"] / covered.clamp(min=FAINT), torch.inf)
    owned = {f"matte {index}": matte for index, matte in enumerate(each)}
    return {**named, **falling, "normal": normal, "depth": depth, "path": found["path"], "matte path": lined, **owned}


def _resolved(samples: Samples, weighed: Tensor) -> Tensor:
    """Returns the pixels (C, H, W) that samples (C, n) make, weighed as those of the picture."""
    sent = weighed.T.contiguous()
    pixels = torch.zeros(samples.height * samples.width, len(weighed))
    pixels[samples.whole] = sent[: len(samples.whole)]
    if len(samples.split):
        pixels[samples.split] = filtered(samples, sent)
    return pixels.T.reshape(-1, samples.height, samples.width)


def veiled(layers: dict[str, Tensor], colour: Tensor, opacity: Tensor) -> dict[str, Tensor]:
    """Returns layers under sheer lines of a colour (3, H, W), times their opacity (H, W), which are of the path."""
    hidden = [name for name in layers if name not in ("normal", "depth", *LIGHTS)]
    under = {name: layers[name] * (1 - opacity) for name in hidden}
    lines = {"path": under["path"] + colour, "matte path": under["matte path"] + opacity}
    return {**layers, **under, **lines}


def completed(layers: dict[str, Tensor], picture: Tensor, bodies: Tensor) -> dict[str, Tensor]:
    """Returns layers with the ground and the rest of a picture; bodies is their light on it, (3, H, W) both."""
    told = layers["gloss"] + layers["path"]
    for name in LIGHTS:
        told = told + layers["albedo"] * layers[name]
    return {**layers, "ground": picture - bodies, "rest": bodies - told}
