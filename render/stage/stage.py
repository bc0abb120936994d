"""The stage: everything that stands in front of the camera, and how one picture of it is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from render.scene import look as spec
from render.stage import mesh, palette
from render.stage.backdrop import background
from render.stage.bake import Sun
from render.stage.camera import View
from render.stage.field import bake_field
from render.stage.geometry import Geometry, GeometryPass, Kind
from render.stage.lens import Lens, develop
from render.stage.relief import Relief
from render.stage.resolve import choose, compose
from render.stage.shade import shade
from render.stage.trail import LIGHT_SIZE, Trail, paths_light, tube_of
from render.stage.uniforms import MOST_PATHS, Uniforms

SIDES = 12  # of the path's tube
GHOST = 0.35  # light of the path where terrain stands before it / its colour
HEAD = 2.2  # radius of the head / radius of the path
EDGE = 0.004  # picture widths; a step in depth that is a silhouette, not a slope


def drawn_levels(relief: Relief, shape: str) -> np.ndarray:
    """Returns the levels (n,) of the cells inside a shape."""
    return relief.level[mesh.inside(relief, shape)]


def lens_of(look: spec.LookPreset) -> Lens:
    """Returns the lens of a look."""
    return Lens(1.0 if look.exposure == "auto" else look.exposure, look.bloom, look.vignette, look.grain)


class Stage:
    """A relief under its light, ready to be photographed; it holds a window of the graphics library."""

    def __init__(
        self,
        relief: Relief,
        look: spec.LookPreset,
        sun: Sun,
        size: tuple[int, int],
        factor: int,
        *,
        levels: np.ndarray | None = None,
        ghost: bool = False,
    ):
        """Bakes the light; factor² sub-pixels make a pixel, and a ghost is the path seen through the terrain.

        levels: those among which the palette is dealt out by area, where they are not the relief's alone.
        """
        self.look, self.size, self.factor, self._ghost = look, size, factor, ghost
        self._relief, self._sun = relief, sun
        self._field = bake_field(relief, look, sun)
        shared = drawn_levels(relief, look.body) if levels is None else levels
        places = palette.places(shared, look.palette_gamma, look.palette_balance)
        self._palette = torch.from_numpy(palette.table(look.palette, places))
        self._background = background(look, *size)
        self._uniforms = self._fixed_uniforms()
        self._geometry = GeometryPass(size[0] * factor, size[1] * factor)
        terrain = mesh.terrain(relief, look.body)
        wall = mesh.wall(relief, terrain, look.body, -look.walls.thickness)
        hollow = relief.inland is not None  # and the underside could be seen, which has no light of its own
        self._geometry.put(Kind.TERRAIN, terrain, one_sided=hollow)
        self._geometry.put(Kind.WALL, wall, one_sided=hollow)
        self._light = torch.zeros(LIGHT_SIZE**2, 3)

    def _fixed_uniforms(self) -> Uniforms:
        look, uniforms = self.look, Uniforms()
        heat = min(1.0, look.path.glow)  # of a plain line in its own colour, or of one with a white-hot core
        ink = (0.0, 0.0, 0.0) if look.contours.colour == "ground" else palette.linear(look.contours.colour)
        uniforms.set(
            depth=self._relief.depth,
            exaggeration=max(self._relief.exaggeration, 1e-6),
            fade=look.walls.fade or 1e3,
            sun=self._sun.direction,
            sun_colour=palette.linear(look.sun.colour) * look.sun.strength,
            sky_colour=palette.linear(look.sky.colour) * look.sky.strength,
            rim=look.rim,
            contour=(
                look.contours.count if self._relief.exaggeration > 0 else 0,
                0.25 * self.size[1] / 1080 + 0.05,
                look.contours.strength,
            ),
            ink=(*ink, float(look.contours.colour != "ground")),
            fire=[colour * (1 + 2 * heat) + 0.25 * heat for colour in self._path_colours],
        )
        return uniforms

    @property
    def _path_colours(self) -> list[np.ndarray]:
        """Linear RGB of MOST_PATHS paths."""
        colours = [self.look.path.colour, *self.look.path.others]
        return [palette.linear(colours[line % len(colours)]) for line in range(MOST_PATHS)]

    def show_paths(self, trails: Sequence[Trail]) -> None:
        """Puts the walked parts of paths on the stage, each with a bright head at its end, in place of those before."""
        radius = self.look.path.width[0] / 2800
        for line in range(MOST_PATHS):
            trail = trails[line] if line < len(trails) else None
            tube, along = (tube_of(trail, radius, SIDES) if trail else None) or (None, None)
            head = trail.head if trail else None
            self._geometry.put(Kind.PATH, tube, along, line)
            self._geometry.put(Kind.HEAD, mesh.ball(head, HEAD * radius) if head is not None else None, line=line)
        self._light = paths_light(trails, [c * self.look.path.glow for c in self._path_colours], self._relief.depth)

    @property
    def graphics(self) -> dict[str, str | int]:
        """What draws here: window class, renderer, version, widest texture in pixels; known after the first picture."""
        return self._geometry.graphics

    def photograph(self, view: View, seed: int) -> np.ndarray:
        """Returns the picture from a view, (H, W, 3) uint8."""
        return develop([self.expose(view)], lens_of(self.look), seed).numpy()

    def expose(self, view: View) -> tuple[Tensor, Tensor]:
        """Returns the light of a view and what shines by itself in it, (3, H, W) each, linear."""
        width, height = self.size
        geometry = self._geometry.draw(view)
        samples = choose(geometry, self.factor, EDGE)
        self._aim(view, geometry.near, geometry.far)
        shaded = shade(samples.values, self._field, self._light, self._palette, self._uniforms)
        picture, shining = compose(samples, shaded, self._background)
        if self._ghost:
            picture += self._ghost_of(view, geometry)
        light, glow = (flat.T.reshape(3, height, width).contiguous() for flat in (picture, shining))
        return light, glow

    def _ghost_of(self, view: View, geometry: Geometry) -> Tensor:
        """Returns the faint light of the path where terrain stands before it, (H · W, 3)."""
        ghosts = torch.zeros(self.size[0] * self.size[1], 3)
        for line, seen in self._geometry.unhidden_paths(view):
            hidden = seen & (geometry.kind < Kind.PATH)
            share = torch.nn.functional.avg_pool2d(torch.from_numpy(hidden).float()[None, None], self.factor)
            ghosts += GHOST * share.reshape(-1, 1) * torch.from_numpy(self._path_colours[line].astype(np.float32))
        return ghosts

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
