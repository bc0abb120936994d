"""Gloss: what a surface reflects of the sun and of the sky."""

from __future__ import annotations

import torch
from torch import Tensor

from render.stage.shading.spot import Spot, Vector, dot, smooth, unit

GLINT = 0.05  # brightest that the sun shows in the ground, multiples of its light


def sky_towards(direction: Vector, u: dict[str, Tensor]) -> Vector:
    """Returns the sky's radiance towards unit directions: darker at the horizon, brighter away from the sun."""
    flat = torch.rsqrt(direction[0] ** 2 + direction[1] ** 2 + 1e-9)
    sunny = (direction[0] * u["sun"][0] + direction[1] * u["sun"][1]) * flat * torch.rsqrt(1 - u["sun"][2] ** 2 + 1e-6)
    rise = 0.25 + 0.75 * smooth(-0.15, 0.7, direction[2])
    return [u["sky_colour"][k] * (0.6 - 0.4 * sunny) * rise for k in range(3)]


def _fifth(x: Tensor) -> Tensor:
    square = x * x
    return square * square * x


def gloss_of(normal: Vector, spot: Spot, lit: Tensor, u: dict[str, Tensor]) -> Vector:
    """Returns what a surface reflects of the sun (a GGX lobe) and of the sky (with Schlick's Fresnel term)."""
    roughness, base, variation = u["material"]
    grain = torch.sin(23 * spot.point[0] + 19 * spot.point[1]) * torch.sin(29 * spot.point[1] - 11 * spot.point[0])
    rough = (roughness + variation * grain).clamp(0.05, 1)
    view = [-part for part in spot.ray]
    half = unit([u["sun"][k] + view[k] for k in range(3)])
    facing = dot(normal, view).clamp(0.02, 1)
    alpha2 = (rough * rough) * (rough * rough)
    peak = dot(normal, half).clamp(0) ** 2 * (alpha2 - 1) + 1
    slope = dot(normal, u["sun"]).clamp(0)
    fresnel = base + (1 - base) * _fifth(1 - dot(view, half).clamp(0, 1))
    lobe = alpha2 / (peak * peak) * fresnel * 0.25 / torch.maximum(slope, facing).clamp(min=0.1)
    back = [2 * dot(normal, view) * normal[k] - view[k] for k in range(3)]
    mirror = (base + (1 - base) * _fifth(1 - facing)) * (1 - 0.75 * rough)
    sky = sky_towards(back, u)
    shine = lobe * slope * lit
    shine = shine / (1 + shine / GLINT)  # a cap would end in a hard edge
    return [u["sun_colour"][k] * shine + mirror * sky[k] for k in range(3)]
