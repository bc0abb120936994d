"""The outline of a body: a convex shape in the picture's plane.

A block is the half-planes of its sides, (K, 3): unit outward normals x, y and distances, inside is n · p ≤ distance.
A disc or ellipse is one row of its radii along x and y.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from render.stage.body.mesh import radii_of
from render.stage.body.relief import Relief
from render.stage.body.strip import Strip

Sides = tuple[Tensor, Tensor]  # x and y of normals
FACING = 9  # digits of a normal, by which sides face the same way
ALONG = 1e-6  # picture widths for each of a ray, below which it runs along a side


def outline_of(relief: Relief, body: str, strip: Strip | None = None) -> Tensor:
    """Returns the outline (K, 3) float32 of a body cut from a relief, or of a strip of it, which no disc has."""
    if body == "disc":
        return torch.tensor([[*radii_of(relief), 0.0]], dtype=torch.float32)
    half = 0.5 * relief.depth
    sides = [[1, 0, 0.5], [-1, 0, 0.5], [0, 1, half], [0, -1, half]]
    if relief.corner is not None:
        sides.append([*relief.corner.normal, relief.corner.distance])
    return torch.tensor(_nearest([*sides, *(strip.sides if strip else ())]), dtype=torch.float32)


def _nearest(sides: Sequence[Sequence[float]]) -> list[list[float]]:
    """Returns of sides that face the same way the nearest: a kernel is compiled for each count of sides."""
    found: dict[tuple[float, ...], list[float]] = {}
    for side in sides:
        facing = tuple(round(part, FACING) + 0.0 for part in side[:2])
        found[facing] = min(found.get(facing, list(side)), list(side), key=lambda each: each[2])
    return list(found.values())


def nearest_side(px: Tensor, py: Tensor, outline: Tensor) -> tuple[Tensor, Sides]:
    """Returns how far points lie within an outline, negative outside, and the normal of its nearest side."""
    if outline.shape[0] == 1:
        return _nearest_on_ellipse(px, py, outline)
    inset = outline[0, 2] - outline[0, 0] * px - outline[0, 1] * py
    nx, ny = outline[0, 0].expand_as(px), outline[0, 1].expand_as(px)
    for k in range(1, outline.shape[0]):
        other = outline[k, 2] - outline[k, 0] * px - outline[k, 1] * py
        nearer = other < inset
        inset = torch.where(nearer, other, inset)
        nx, ny = torch.where(nearer, outline[k, 0], nx), torch.where(nearer, outline[k, 1], ny)
    return inset, (nx, ny)


def _nearest_on_ellipse(px: Tensor, py: Tensor, outline: Tensor) -> tuple[Tensor, Sides]:
    across, up = outline[0, 0], outline[0, 1]
    radius = torch.sqrt((px / across) ** 2 + (py / up) ** 2 + 1e-9)
    gx, gy = px / (across * across * radius), py / (up * up * radius)
    steep = torch.sqrt(gx * gx + gy * gy + 1e-9)
    return (1 - radius) / steep, (gx / steep, gy / steep)


def entry(ox: Tensor, oy: Tensor, dx: Tensor, dy: Tensor, outline: Tensor) -> tuple[Tensor, Tensor]:
    """Returns where rays in the plane enter an outline and leave it; what misses it leaves before it enters."""
    if outline.shape[0] == 1:
        return _entry_of_ellipse(ox, oy, dx, dy, outline)
    enter, leave = torch.full_like(ox, -1e6), torch.full_like(ox, 1e6)
    for k in range(outline.shape[0]):
        speed = outline[k, 0] * dx + outline[k, 1] * dy
        gap = outline[k, 2] - outline[k, 0] * ox - outline[k, 1] * oy
        along = speed.abs() < ALONG  # neither enters nor leaves by this side, unless it runs outside of it
        inwards = (speed < 0) & ~along
        time = gap / torch.where(inwards, speed.clamp(max=-ALONG), speed.clamp(min=ALONG))
        time = torch.where(along, torch.where(gap < -ALONG, -1e6, 1e6), time)
        enter = torch.where(inwards, torch.maximum(enter, time), enter)
        leave = torch.where(inwards, leave, torch.minimum(leave, time))
    return enter, leave


def _entry_of_ellipse(ox: Tensor, oy: Tensor, dx: Tensor, dy: Tensor, outline: Tensor) -> tuple[Tensor, Tensor]:
    px, py, vx, vy = ox / outline[0, 0], oy / outline[0, 1], dx / outline[0, 0], dy / outline[0, 1]
    speed = (vx * vx + vy * vy).clamp(min=1e-9)
    middle = -(px * vx + py * vy) / speed
    left = (px + middle * vx) ** 2 + (py + middle * vy) ** 2
    half = torch.sign(1 - left) * torch.sqrt((1 - left).abs() / speed)
    return middle - half, middle + half
