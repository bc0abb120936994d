"""The cut faces of a body: strata by height, lines at the contours' heights, and the bright line where the top ends."""

from __future__ import annotations

import torch
from torch import Tensor

from render.stage.lens.tone import luminance
from render.stage.light.gloss import gloss_of, sky_towards
from render.stage.shading.baked_field import looked_up
from render.stage.shading.spot import Spot, Vector, change_of, smooth

WALL_SUN = 0.2  # of the sun's light on upright faces: the top is the picture, and they stand back
WALL_SKY = 1.7  # of the sky's light on upright faces; a cut that is black says nothing
TINT = 0.75  # of the palette, in cut faces; their lines have it pure
DEEPER = 0.45  # of the palette's lightness, in cut faces
BLEED, BLED = 0.6, 0.055  # of the light on the top that goes down through cut faces, and how deep, picture widths
SHINE = 0.4  # of the gloss of the top, on cut faces
TOP_SUN = 0.45  # of the sun's light, on the top that shines through; of the lit ground, as shadows would be streaks


def wall_lights(side: Vector, high: Tensor, u: dict[str, Tensor]) -> tuple[Vector, Vector]:
    """Returns what falls from sun and sky on white upright faces with normals x, y, at heights above the floor."""
    facing_sun = side[0] * u["sun"][0] + side[1] * u["sun"][1]
    sky = sky_towards([side[0], side[1], torch.full_like(high, 0.35)], u)
    contact = (1 - 0.7 * torch.exp(-high / 0.035)) * (0.55 + 0.45 * smooth(0.0, 0.35, high))
    direct = WALL_SUN * facing_sun.clamp(0)
    spread = [WALL_SKY * sky[k] + u["below"][k] + 0.03 for k in range(3)]
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
    share = TINT * u["walls"][0] * (1 - deep)
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
    line = (0.9 * u["row"] * 0.5 + 0.5 - (phase - nearest).abs() / change).clamp(0, 1) * (nearest > -0.5)
    banded = looked_up(palette, level)
    sky = luminance((u["sky_colour"][0], u["sky_colour"][1], u["sky_colour"][2]))
    line = line * (1.4 - 2.8 * change).clamp(0, 1) * u["walls"][0].clamp(max=0.8)
    edge = torch.exp(-((below / (1.1 * pixel.clamp(min=0.0006))) ** 2)) * u["walls"][1]
    top = looked_up(palette, spot.level)
    bled = BLEED * u["walls"][4] * torch.exp(-below / BLED)
    colours = []
    for k in range(3):
        lit[k] = lit[k] + bled * top[:, k] * (TOP_SUN * u["sun_colour"][k] + u["sky_colour"][k] + spot.glow[k])
        faced = lit[k] * (1 - line) + line * (0.9 * lit[k] + banded[:, k] * (0.07 + 0.35 * sky)) + gloss[k]
        colours.append(faced + edge * (0.16 + 0.7 * top[:, k]) * (0.4 + 0.6 * spot.light[k]))
    return colours, torch.exp(-((below / u["walls"][3]) ** 1.5))
