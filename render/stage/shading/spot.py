"""The spot: the point of a body that a sample shows, and what was baked there; the vectors of the shading kernels.

A sample is a place on the picture and its window depth, so what it shows follows from the camera alone.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from render.stage.body.outline import nearest_side
from render.stage.shading.uniforms import BEVEL

Vector = list[Tensor]


class Spot(NamedTuple):
    """The points that samples show, and what was baked there; every tensor is (n,)."""

    point: Vector
    ray: Vector  # unit, from the eye
    ahead: Tensor  # distance along the view axis, or from the eye where the picture is round, picture widths
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


def dot(a: Vector, b: Vector | Tensor) -> Tensor:
    """Returns the inner product of vectors."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def unit(a: Vector) -> Vector:
    """Returns vectors at length 1."""
    scale = torch.rsqrt(dot(a, a) + 1e-12)
    return [component * scale for component in a]


def smooth(low: float | Tensor, high: float | Tensor, x: Tensor) -> Tensor:
    """Returns a share that goes from 0 at low to 1 at high and neither begins nor ends at once."""
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


def spot_of(
    place: tuple[Tensor, Tensor, Tensor],
    field: tuple[Tensor, int, int],
    lamp: tuple[Tensor, Tensor, int, int],
    outline: Tensor,
    u: dict[str, Tensor],
) -> Spot:
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
    ahead = along * (1 + u["round"] * (torch.sqrt(dot(ray, ray)) - 1))
    return Spot(point, unit(ray), ahead, *lit, glow, away, list(side), inset)


def bevelled(spot: Spot, u: dict[str, Tensor]) -> Vector:
    """Returns normals that bend towards the outline where the top was cut."""
    bevel = u["walls"][BEVEL].clamp(min=1e-5)
    bend = 0.75 * (1 - spot.inset / bevel).clamp(0, 1) ** 2
    return unit([spot.normal[0] + bend * spot.side[0], spot.normal[1] + bend * spot.side[1], spot.normal[2]])


def moves_of(normal: Vector, spot: Spot, u: dict[str, Tensor]) -> tuple[Vector, Vector]:
    """Returns how points on faces with normals move from a pixel to the next, to the right and up, picture widths.

    Moving by a pixel e moves the point seen by e − d·(N·e)/(N·d), d being the ray.
    """
    facing = dot(normal, spot.ray).clamp(max=-0.02)
    pixel = spot.ahead * u["pixel"]
    right, up = (
        [pixel * (way[k] - spot.ray[k] * dot(normal, way) / facing) for k in range(3)] for way in _across(spot.ray, u)
    )
    return right, up


def _across(ray: Vector, u: dict[str, Tensor]) -> tuple[Vector, Vector]:
    """Returns the ways to the right and up of the picture, or two across the rays where it is round."""
    right, up = ([u[way][k] + 0 * ray[k] for k in range(3)] for way in ("right", "up"))
    along = dot(ray, right)
    beside = unit([right[k] - along * ray[k] for k in range(3)])
    above = [
        beside[1] * ray[2] - beside[2] * ray[1],
        beside[2] * ray[0] - beside[0] * ray[2],
        beside[0] * ray[1] - beside[1] * ray[0],
    ]
    ways = ((right, beside), (up, above))
    first, second = ([plain[k] + u["round"] * (bent[k] - plain[k]) for k in range(3)] for plain, bent in ways)
    return first, second


def step_of(normal: Vector, way: Vector, spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns how far faces with normals go along a way (3 components), picture widths, from a pixel to the next."""
    right, up = (dot(way, move) for move in moves_of(normal, spot, u))
    return torch.sqrt(right**2 + up**2)


def change_of(normal: Vector, spot: Spot, u: dict[str, Tensor]) -> Tensor:
    """Returns by how many contour intervals the height changes from a pixel to the next on faces with normals."""
    flat = torch.zeros_like(spot.level)
    rise = step_of(normal, [flat, flat, flat + 1], spot, u)
    return (rise * u["contour"][0] / u["exaggeration"]).clamp(1e-7)


def depth_share(ahead: Tensor, u: dict[str, Tensor]) -> Tensor:
    """Returns where between the nearest and the farthest of the object points lie, 0 to 1."""
    reach = (u["span"][1] - u["span"][0]).clamp(min=1e-6)  # none of a flat object that is seen from above
    return ((ahead - u["span"][0]) / reach).clamp(0, 1)
