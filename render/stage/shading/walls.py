"""The cut faces of a body: strata by height, lines at the contours' heights, and the bright line where the top ends."""

from __future__ import annotations

import torch
from torch import Tensor

from render.stage.lens.tone import luminance
from render.stage.light.gloss import gloss_of, sky_towards
from render.stage.shading.baked_field import looked_up
from render.stage.shading.spot import Spot, Vector, change_of, smooth
from render.stage.shading.uniforms import FADE, GLOW, RIM_LINE, STRATA

WALL_SUN = 0.2  # of the sun's light on upright faces: the top is the picture, and they stand back
WALL_SKY = 1.7  # of the sky's light on upright faces; a cut that is black says nothing
TINT = 0.75  # of the palette, in cut faces; their lines have it pure
DEEPER = 0.45  # of the palette's lightness, in cut faces
BLEED, BLED = 0.6, 0.055  # of the light on the top that goes down through cut faces, and how deep, picture widths
SHINE = 0.4  # of the gloss of the top, on cut faces
TOP_SUN = 0.45  # of the sun's light, on the top that shines through; of the lit ground, as shadows would be streaks
SKY_LEAN = 0.35  # upwards, of the way that upright faces look for sky, beside 1 outwards; larger: the zenith's colour
FOOT, FOOT_HIGH = 0.7, 0.035  # light that a wall's foot lacks, and how high that reaches, picture widths; larger: dirt
LOW_LIGHT = 0.55  # of the light, at the floor; smaller: walls that fade downwards, 1: flat ones
TALL = 0.35  # picture widths above the floor where that ends; larger: only tall walls are bright
WALL_LEAST = 0.03  # light on walls from nowhere; 0: black in the dark looks, larger: grey
LINE_WIDTH = 0.9  # pixels of 1080 rows, of the contours' lines on cut faces; larger: stripes
LINE_CROWDED, LINE_CROWDING = 1.4, 2.8  # those fade out from 0.14 to 0.5 of a line per pixel; larger CROWDING: sooner
LINE_MOST = 0.8  # of such a line, however strong the strata are; 1: it hides the stone
LINE_UNDER = 0.9  # of the face's own light, under such a line; smaller: darker lines
LINE_GLOW, LINE_SKY = 0.07, 0.35  # of the palette, in such a line: in the dark, and more by the sky's light
FADING = 1.5  # power by which a cut face fades with depth; larger: whole for longer, then gone at once
RIM_WIDTH, RIM_LEAST = 1.1, 0.0006  # of the line where the top was cut: pixels, and a pixel's least, picture widths
RIM_GREY, RIM_COLOUR = 0.16, 0.7  # of that line: white, and the ground's colour; larger: chalk, and neon
RIM_DARK = 0.4  # of that line's light, in full shadow; 1: it shines by itself


def edge_light(edge: Tensor, albedo: Tensor, light: Tensor) -> Tensor:
    """Returns what the bright line where the top was cut adds to a channel."""
    return edge * (RIM_GREY + RIM_COLOUR * albedo) * (RIM_DARK + (1 - RIM_DARK) * light)


def wall_lights(side: Vector, high: Tensor, u: dict[str, Tensor]) -> tuple[Vector, Vector]:
    """Returns what falls from sun and sky on white upright faces with normals x, y, at heights above the floor."""
    facing_sun = side[0] * u["sun"][0] + side[1] * u["sun"][1]
    sky = sky_towards([side[0], side[1], torch.full_like(high, SKY_LEAN)], u)
    contact = (1 - FOOT * torch.exp(-high / FOOT_HIGH)) * (LOW_LIGHT + (1 - LOW_LIGHT) * smooth(0.0, TALL, high))
    direct = WALL_SUN * facing_sun.clamp(0)
    spread = [WALL_SKY * sky[k] + u["below"][k] + WALL_LEAST for k in range(3)]
    return [u["sun_colour"][k] * direct for k in range(3)], [part * contact for part in spread]


def wall_light(albedo: Vector, side: Vector, high: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns the linear light of upright faces with normals x, y, at heights above the floor."""
    sun, sky = wall_lights(side, high, u)
    return [albedo[k] * (sun[k] + sky[k]) for k in range(3)]


def wall_gloss(spot: Spot, u: dict[str, Tensor]) -> Vector:
    """Returns what upright faces reflect of sun and sky."""
    level = torch.zeros_like(spot.level)
    return [SHINE * part for part in gloss_of([spot.side[0], spot.side[1], level], spot, level + 1, u)]


def strata(level: Tensor, palette: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns the albedo of a cut face: the palette by height, and the stone under the lowest stratum."""
    banded = looked_up(palette, level)
    deep = smooth(0.0, 1.0, -level * u["exaggeration"] / u["base"].abs().clamp(min=1e-4))
    share = TINT * u["walls"][STRATA] * (1 - deep)
    return [u["stone"][k] * (1 - share) + DEEPER * banded[:, k] * share for k in range(3)]


def wall(spot: Spot, palette: Tensor, u: dict[str, Tensor]) -> tuple[Vector, Tensor]:
    """Returns the linear light of the cut face, with its strata and the bright line on top, and its opacity."""
    level = spot.point[2] / u["exaggeration"]
    below = (spot.level * u["exaggeration"] - spot.point[2]).clamp(0)
    albedo = strata(level, palette, u)
    lit = wall_light(albedo, spot.side, (spot.point[2] - u["base"]).clamp(0), u)
    gloss = wall_gloss(spot, u)
    pixel = spot.ahead * u["pixel"]
    change = change_of([spot.side[0], spot.side[1], torch.zeros_like(level)], spot, u)
    phase = level * u["contour"][0]
    nearest = torch.round(phase)
    line = (LINE_WIDTH * u["row"] * 0.5 + 0.5 - (phase - nearest).abs() / change).clamp(0, 1) * (nearest > -0.5)
    banded = looked_up(palette, level)
    sky = luminance((u["sky_colour"][0], u["sky_colour"][1], u["sky_colour"][2]))
    line = line * (LINE_CROWDED - LINE_CROWDING * change).clamp(0, 1) * u["walls"][STRATA].clamp(max=LINE_MOST)
    edge = torch.exp(-((below / (RIM_WIDTH * pixel.clamp(min=RIM_LEAST))) ** 2)) * u["walls"][RIM_LINE]
    top = looked_up(palette, spot.level)
    bled = BLEED * u["walls"][GLOW] * torch.exp(-below / BLED)
    colours = []
    for k in range(3):
        lit[k] = lit[k] + bled * top[:, k] * (TOP_SUN * u["sun_colour"][k] + u["sky_colour"][k] + spot.glow[k])
        lined = LINE_UNDER * lit[k] + banded[:, k] * (LINE_GLOW + LINE_SKY * sky)
        faced = lit[k] * (1 - line) + line * lined + gloss[k]
        colours.append(faced + edge_light(edge, top[:, k], spot.light[k]))
    return colours, torch.exp(-((below / u["walls"][FADE]) ** FADING))
