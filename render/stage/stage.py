"""The stage: everything that stands in front of the camera, and how one picture of it is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from render.scene import look as spec
from render.stage import bake, mesh, palette
from render.stage.bake import ABYSS, Sun
from render.stage.camera import View
from render.stage.geometry import GeometryPass, Kind
from render.stage.lens import Lens, develop
from render.stage.relief import Relief
from render.stage.resolve import choose, compose
from render.stage.shade import Field, Uniforms, shade

SKY_AZIMUTHS = 32
LIGHT_SIZE = 192  # side of the map of the path's own light
SIDES = 12  # of the path's tube
EDGE = 0.004  # picture widths; a step in depth that is a silhouette, not a slope


@dataclass(frozen=True)
class Descent:
    """The path as it is drawn: a polyline, dense enough to lie on the terrain."""

    points: np.ndarray  # (N, 3) picture widths
    index: np.ndarray  # (N,) float64, place in the trajectory; increasing

    def until(self, head: float) -> np.ndarray:
        """Returns the points (n, 3) that have been walked when the head is at a place in the trajectory."""
        count = int(np.searchsorted(self.index, head, side="right"))
        tip = np.array([np.interp(head, self.index, self.points[:, k]) for k in range(3)])
        return np.concatenate([self.points[:count], tip[None]]) if count < len(self.points) else self.points


class Stage:
    """A relief under its light, ready to be photographed; it holds a window of the graphics library."""

    def __init__(self, relief: Relief, look: spec.LookPreset, sun: Sun, size: tuple[int, int], factor: int):
        self.look, self.size, self.factor = look, size, factor
        self._relief, self._sun = relief, sun
        self._field = bake_field(relief, look, sun)
        drawn = relief.level[mesh.inside(relief, look.shape)]
        places = palette.places(drawn, look.palette_gamma, look.palette_balance)
        self._palette = torch.from_numpy(palette.table(look.palette, places))
        self._background = background(look, *size)
        self._uniforms = self._fixed_uniforms()
        self._geometry = GeometryPass(size[0] * factor, size[1] * factor)
        terrain = mesh.terrain(relief, look.shape)
        self._geometry.put(Kind.TERRAIN, terrain)
        self._geometry.put(Kind.WALL, mesh.wall(relief, terrain, look.shape, -look.plinth))
        self._light = torch.zeros(LIGHT_SIZE**2, 1)

    def _fixed_uniforms(self) -> Uniforms:
        look, uniforms = self.look, Uniforms()
        ink = (0.0, 0.0, 0.0) if look.contours.colour == "ground" else palette.linear(look.contours.colour)
        uniforms.set(
            grid=(self._relief.cell, 1.0, self._relief.depth),
            sun=self._sun.direction,
            sun_colour=palette.linear(look.sun.colour) * look.sun.strength,
            sky=palette.linear(look.sky.colour) * look.sky.strength,
            rim=look.rim,
            contour=(look.contours.count, 0.5 * self.size[1] / 1080 + 0.1, look.contours.strength),
            contour_colour=(*ink, float(look.contours.colour != "ground")),
            exaggeration=self._relief.exaggeration,
            path=palette.linear(look.path.colour) * 3.0 + 0.25,
            glow=palette.linear(look.path.colour) * look.path.glow,
            fade=max(1e-3, look.fade),
        )
        return uniforms

    def show_path(self, points: np.ndarray | None) -> None:
        """Puts the walked part of the path (n, 3) on the stage with a bright head at its end; None takes it away."""
        if points is None:
            self._geometry.put(Kind.PATH, None)
            self._geometry.put(Kind.HEAD, None)
            self._light = torch.zeros(LIGHT_SIZE**2, 1)
            return
        radius = self.look.path.radius
        if len(points) < 2:
            self._geometry.put(Kind.PATH, None)
        else:
            brightness = np.linspace(0.0, 1.0, len(points)) ** 3
            self._geometry.put(Kind.PATH, mesh.tube(points, radius, SIDES), np.repeat(brightness, SIDES))
        self._geometry.put(Kind.HEAD, mesh.ball(points[-1], 2.2 * radius))
        self._light = path_light(points, self._relief.depth)

    def photograph(self, view: View, seed: int) -> np.ndarray:
        """Returns the picture from a view, (H, W, 3) uint8."""
        width, height = self.size
        geometry = self._geometry.draw(view)
        samples = choose(geometry, self.factor, EDGE)
        self._aim(view, geometry.near, geometry.far)
        shaded = shade(samples.values, self._field, self._light, self._palette, self._uniforms)
        picture, shining = compose(samples, shaded, self._background)
        as_planes = (flat.T.reshape(3, height, width).contiguous() for flat in (picture, shining))
        look = self.look
        return develop(*as_planes, Lens(look.exposure, look.bloom, look.vignette, look.grain), seed).numpy()

    def _aim(self, view: View, near: float, far: float) -> None:
        right, up, forward = view.axes
        tangent = np.tan(np.radians(view.angle) / 2)
        width, height = self.size
        self._uniforms.set(
            eye=view.position,
            right=right,
            up=up,
            forward=forward,
            tangent=(tangent * width / height, tangent),
            shift=np.asarray(view.shift) * tangent,
            clip=(near, far),
            pixel=2 * tangent / height,
        )

    def close(self) -> None:
        """Gives the window of the graphics library back."""
        self._geometry.close()


def drape(relief: Relief, alpha: np.ndarray, beta: np.ndarray, levels: np.ndarray | None, lift: float) -> Descent:
    """Returns the path as it is drawn, from places in −½..½ of the grid's extents (T,).

    It lies on the surface, or at its own levels (T,) where they are given; between two logged steps it is straight.
    """
    x, y = alpha, beta * relief.depth
    lengths = np.hypot(np.diff(x), np.diff(y))
    pieces = np.maximum(1, np.ceil(lengths / 0.001)).astype(int)
    index = np.concatenate([k + np.arange(n) / n for k, n in enumerate(pieces)] + [[len(x) - 1.0]])
    steps = np.arange(len(x))
    px, py = np.interp(index, steps, x), np.interp(index, steps, y)
    height = mesh.height_at(relief, px, py)
    if levels is not None:
        height = np.interp(index, steps, levels) * relief.exaggeration
    return Descent(np.stack([px, py, height + lift], axis=1), index)


def bake_field(relief: Relief, look: spec.LookPreset, sun: Sun) -> Field:
    """Returns everything about the terrain that does not depend on the camera."""
    heights = relief.heights
    normal = bake.normals(heights, relief.cell)
    occluders = np.where(mesh.inside(relief, look.shape), heights, np.float32(ABYSS))
    tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in (heights, occluders, normal)]
    openness, sky = bake.bake_sky(*tensors, relief.cell, sky_colours(look, sun))
    sunlit = bake.bake_sun(tensors[0], tensors[1], relief.cell, sun)
    level = torch.from_numpy(relief.level)
    smooth = torch.from_numpy(gaussian_filter(relief.level, 1.2))
    planes = [tensors[2][..., 0], tensors[2][..., 1], level, smooth, sunlit, *sky.unbind(-1), openness, tensors[0]]
    rows, columns = relief.level.shape
    return Field(torch.stack(planes, dim=-1).reshape(rows * columns, -1).contiguous(), rows, columns)


def sky_colours(look: spec.LookPreset, sun: Sun) -> Tensor:
    """Returns the radiance of the sky towards SKY_AZIMUTHS azimuths, counter-clockwise from +α: brighter away from the sun."""
    angles = (np.arange(SKY_AZIMUTHS) + 0.5) / SKY_AZIMUTHS * 2 * np.pi
    towards_sun = np.cos(angles - np.radians(90 - sun.azimuth))
    colour = palette.linear(look.sky.colour) * look.sky.strength
    return torch.from_numpy((colour * (0.6 - 0.4 * towards_sun)[:, None]).astype(np.float32))


def background(look: spec.LookPreset, width: int, height: int) -> Tensor:
    """Returns the ground behind everything, (H · W, 3): a flat colour with a faint radial lift behind the object."""
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = (np.arange(height) + 0.5) / height * 2 - 1
    lift = look.background.lift * np.exp(-1.4 * ((0.8 * x[None, :]) ** 2 + (y[:, None] + 0.1) ** 2))
    colour = palette.linear(look.background.colour)
    warm = colour / max(1e-6, colour.max())
    ground = colour + lift[..., None] * (0.4 + 0.6 * warm)
    return torch.from_numpy(ground.reshape(-1, 3).astype(np.float32))


def path_light(points: np.ndarray, depth: float) -> Tensor:
    """Returns the light that the path throws on the ground around it, (LIGHT_SIZE², 1), without shadows."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    column = np.clip((points[1:, 0] + 0.5) * (LIGHT_SIZE - 1), 0, LIGHT_SIZE - 1).round().astype(int)
    row = np.clip((points[1:, 1] / depth + 0.5) * (LIGHT_SIZE - 1), 0, LIGHT_SIZE - 1).round().astype(int)
    lit = np.zeros((LIGHT_SIZE, LIGHT_SIZE))
    np.add.at(lit, (row, column), lengths * LIGHT_SIZE)
    tip = np.clip((points[-1, :2] / (1, depth) + 0.5) * (LIGHT_SIZE - 1), 0, LIGHT_SIZE - 1).round().astype(int)
    lit[tip[1], tip[0]] += 4.0
    spread = 0.9 * gaussian_filter(lit, 0.012 * LIGHT_SIZE) + 1.6 * gaussian_filter(lit, 0.035 * LIGHT_SIZE)
    return torch.from_numpy(spread.reshape(-1, 1).astype(np.float32))
