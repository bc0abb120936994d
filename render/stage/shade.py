"""Colour, in linear light and float: one kernel over a flat list of samples, the same on every device.

A sample is a place on the picture, its window depth and its kind. The kernel finds the point of the terrain that it
shows, reads what was baked there (full resolution, whatever the mesh), and lights it:

    albedo × (sun × visibility × cos + sky) + sheen + rim, then contour lines and the path's own light
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.compiler import fuse
from render.stage.geometry import Kind

CHUNK = 1 << 16  # samples per call: one shape, so that one compiled kernel serves every frame
CHANNELS = 10  # of the baked field: normal x, y; level; smoothed level; sun; sky r, g, b; openness; drawn height


@dataclass(frozen=True)
class Field:
    """What was baked on the height-field."""

    texels: Tensor  # (n_β · n_α, CHANNELS) float32
    rows: int
    columns: int


class Uniforms:
    """Numbers that are the same for every sample, packed into one tensor under names.

    A compiled kernel takes tensors without being compiled anew when a value changes.
    """

    LAYOUT = {
        "eye": 3, "right": 3, "up": 3, "forward": 3, "tangent": 2, "shift": 2, "clip": 2,
        "grid": 3, "pixel": 1, "sun": 3, "sun_colour": 3, "rim": 1, "contour": 3, "contour_colour": 4,
        "exaggeration": 1, "glow": 3, "path": 3, "head": 1, "fade": 1, "along": 1, "sky": 3,
    }  # fmt: skip

    def __init__(self) -> None:
        ends = np.cumsum(list(self.LAYOUT.values()))
        self._slices = {name: slice(int(end) - size, int(end)) for (name, size), end in zip(self.LAYOUT.items(), ends, strict=True)}
        self.values = torch.zeros(int(ends[-1]))

    def set(self, **values: Any) -> None:
        """Stores values under their names."""
        for name, value in values.items():
            self.values[self._slices[name]] = torch.as_tensor(np.asarray(value, np.float32)).reshape(-1)

    @classmethod
    def unpack(cls, values: Tensor) -> dict[str, Tensor]:
        """Returns the named parts of a packed tensor."""
        return dict(zip(cls.LAYOUT, torch.split(values, list(cls.LAYOUT.values())), strict=True))


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


def _contour(level: Tensor, normal: list[Tensor], ray: list[Tensor], distance: Tensor, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of the pixel a contour line covers, from the level's exact change per pixel.

    Moving by a pixel e moves the point seen by e − d·(N·e)/(N·d), d being the ray; only its height counts.
    """
    count, width, strength = u["contour"]
    facing = _dot(normal, ray).clamp(max=-0.02)
    step = distance * u["pixel"]
    rise_right = -ray[2] * _dot(normal, u["right"]) / facing
    rise_up = u["up"][2] - ray[2] * _dot(normal, u["up"]) / facing
    change = (step * torch.sqrt(rise_right**2 + rise_up**2) * count / u["exaggeration"]).clamp(1e-5)
    phase = level * count
    nearest = torch.round(phase)
    major = ((nearest - 5 * torch.round(nearest / 5)).abs() < 0.5).to(level.dtype)
    half = width * (0.5 + 0.25 * major)
    line = (half + 0.5 - (phase - nearest).abs() / change).clamp(0, 1)
    fade = (1.6 - 3.2 * change).clamp(0, 1) * (nearest > 0.5)
    return line * fade * strength * (0.45 + 0.55 * major)


def _kernel(
    x: Tensor, y: Tensor, depth: Tensor, kind: Tensor, along: Tensor,
    texels: Tensor, light: Tensor, palette: Tensor, uniforms: Tensor, rows: int, columns: int, light_size: int,
) -> Tensor:  # fmt: skip
    """Returns linear RGB and how much it hides the background, (4, n). x, y in −1..1, y up."""
    u = Uniforms.unpack(uniforms)
    near, far = u["clip"]
    eye_depth = near * far / (far - depth * (far - near))
    sx, sy = (x * u["tangent"][0] + u["shift"][0]), (y * u["tangent"][1] + u["shift"][1])
    ray = [u["forward"][k] + sx * u["right"][k] + sy * u["up"][k] for k in range(3)]
    point = [u["eye"][k] + eye_depth * ray[k] for k in range(3)]
    distance = eye_depth * torch.sqrt(_dot(ray, ray))
    ray = _unit(ray)
    s, t = point[0] + 0.5, point[1] / u["grid"][2] + 0.5
    baked = _bilinear(texels, rows, columns, s, t)
    glow = _bilinear(light, light_size, light_size, s, t)[:, 0]

    nx, ny, level, smooth, sunlit = (baked[:, k] for k in range(5))
    sky = [baked[:, 5 + k] for k in range(3)]
    openness, top = baked[:, 8], baked[:, 9]
    normal = [nx, ny, torch.sqrt((1 - nx * nx - ny * ny).clamp(1e-4))]
    wall = (kind == int(Kind.WALL)).to(x.dtype)
    radius = torch.rsqrt(point[0] ** 2 + point[1] ** 2 + 1e-9)
    outward = [point[0] * radius, point[1] * radius, torch.zeros_like(x)]
    facing = (-_dot(normal, ray)).clamp(0, 1)

    index = (level.clamp(0, 1) * (palette.shape[0] - 1)).round().long()
    albedo = palette[index]
    cosine = _dot(normal, u["sun"]).clamp(0)
    direct = cosine * sunlit
    half = _unit([u["sun"][k] - ray[k] for k in range(3)])
    sheen = _dot(normal, half).clamp(0) ** 40 * 0.1 * direct
    grazing = (1 - facing) ** 4 * u["rim"]
    line = _contour(smooth, normal, ray, distance, u)
    line_light = 0.14 + 0.55 * direct + 0.3 * openness

    below = (top - point[2]).clamp(0)
    wall_level = (point[2] / u["exaggeration"]).clamp(0, 1)
    wall_albedo = palette[(wall_level * (palette.shape[0] - 1)).round().long()]
    wall_sun = 0.10 + 0.30 * _dot(outward, u["sun"]).clamp(0) + 0.16 * (1 - _dot(outward, ray).abs()) ** 2
    edge = torch.exp(-below / 0.0035)
    solid = torch.exp(-((below / u["fade"]) ** 1.5))
    emits = (kind >= int(Kind.PATH)).to(x.dtype)
    head = (kind == int(Kind.HEAD)).to(x.dtype)

    out = []
    for k in range(3):
        sun = u["sun_colour"][k]
        a = albedo[:, k]
        ground = a * (sun * direct + sky[k]) + a * a * (1 - openness) * 0.09 * sun
        ground = ground + sun * sheen + grazing * (1.4 * sky[k] + 0.2 * sun * sunlit)
        ink = u["contour_colour"][k] * u["contour_colour"][3] + (0.35 + a) * (1 - u["contour_colour"][3])
        ground = ground * (1 - 0.7 * line) + line * ink * line_light
        ground = ground + glow * u["glow"][k] * (0.35 * a + 0.05)
        face = wall_albedo[:, k] * (wall_sun * 0.5 * sun + 0.35 * u["sky"][k]) + edge * (0.25 + wall_albedo[:, k]) * 0.8 * u["sky"][k]
        lit = ground * (1 - wall) + face * wall
        fire = u["path"][k] * (0.55 + 0.45 * along) * (1 + head)
        out.append(lit * (1 - emits) + fire * emits)
    out.append((1 - wall) + wall * solid)
    out.append(emits)
    return torch.stack(out)


_fused: dict[str, Callable[..., Any]] = {}


def shade(samples: Tensor, field: Field, light: Tensor, palette: Tensor, uniforms: Uniforms) -> Tensor:
    """Returns (5, n) for samples (5, n) of x, y, window depth, kind and place along the path.

    The rows are linear RGB, opacity against the background, and whether the sample shines by itself.
    """
    kernel = _fused.setdefault("shade", fuse(_kernel))
    count = samples.shape[1]
    padded = torch.nn.functional.pad(samples, (0, -count % CHUNK))
    parts = []
    for start in range(0, padded.shape[1], CHUNK):
        x, y, depth, kind, along = padded[:, start : start + CHUNK].unbind(0)
        parts.append(kernel(x.contiguous(), y.contiguous(), depth.contiguous(), kind.contiguous(), along.contiguous(),
                            field.texels, light, palette, uniforms.values, field.rows, field.columns, light_size(light)))  # fmt: skip
    return torch.cat(parts, dim=1)[:, :count]


def light_size(light: Tensor) -> int:
    """Returns the side of the square map of the path's own light, cells."""
    return round(light.shape[0] ** 0.5)
