"""The stage: bodies on one ground under one light, ready to be photographed; the only user of the graphics library.

relief -> light baked once -> for each view: geometry, shading, ground, composition; the lens does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.compiler import fuse, unfused
from render.scene import look as spec
from render.scene.body import CLEAR
from render.stage.body import mesh
from render.stage.camera import View
from render.stage.cast import Cast, Placed, levels_of
from render.stage.colour import linear_of, places_of, table_of
from render.stage.lens.focus import defocus, span_of
from render.stage.lens.layers import completed, layers_of, parts_of
from render.stage.lens.lens import WORTH, Exposure, develop, lens_of
from render.stage.lens.resolve import Samples, choose, compose
from render.stage.lens.surround import exposed_around
from render.stage.lens.tiles import WHOLE_CROP, Crop, tile_of
from render.stage.lens.tone import encoded, luminance, show
from render.stage.light import brightness, fire
from render.stage.light.bake import Sun
from render.stage.light.bakes import Bakes, alike
from render.stage.marks.sheer import seen_through, veil
from render.stage.marks.strands import Strands
from render.stage.marks.trail import Trail
from render.stage.over_ground import behind, composed, motes_of
from render.stage.props import Sight, lowest_of, put_body, put_paths, put_strands
from render.stage.shading.backdrop import Backdrop
from render.stage.shading.baked_field import FILL, hue, looked_up, sky_colours
from render.stage.shading.look_numbers import numbers_of
from render.stage.shading.shade import Body, shade
from render.stage.shading.uniforms import MOST_PATHS, Uniforms
from render.stage.standpoint import Standpoint
from render.stage.window.geometry import GeometryPass, Kind

EDGE = 0.004  # picture widths; a step in depth that is a silhouette, not a slope


class Stage:
    """Bodies under their light, ready to be photographed; it holds a window of the graphics library."""

    def __init__(
        self,
        bodies: Sequence[Placed],
        look: spec.LookPreset,
        sun: Sun,
        size: tuple[int, int],
        factor: int,
        *,
        levels: np.ndarray | None = None,
        through: bool = False,
        rows: int | None = None,
        around: tuple[int, int] | None = None,
    ):
        """Bakes the light; factor² sub-pixels make a pixel, and through lets paths be seen through the terrain.

        levels: those among which the palette is dealt out by area, where they are not the bodies' alone. rows: of the
        whole picture, where parts of it are taken. around: the size of a picture that is put together from faces,
        each of which has the size.
        """
        self.size, self.factor, self.picture_size = size, factor, around or size
        self._rows = rows or size[1]
        self._geometry = GeometryPass(size[0] * factor, size[1] * factor)
        self._bakes = [Bakes() for _ in (*bodies, "ground")]
        self._put: list[tuple[Any, ...]] = [()] * len(bodies)
        self.worn: object = None  # whoever has dressed it last, and need not do so again
        self.dress(bodies, look, sun, levels=levels, through=through)

    def dress(
        self,
        bodies: Sequence[Placed],
        look: spec.LookPreset,
        sun: Sun,
        *,
        levels: np.ndarray | None = None,
        through: bool = False,
    ) -> None:
        """Puts another look, light or relief on the stage, without paths; bakes and builds what that makes another.

        There are as many bodies as before.
        """
        self.look, self._sun, self._through = look, sun, through
        shared = levels_of(bodies, look.body) if levels is None else levels
        dealt = any(placed.relief.scale.ranks for placed in bodies)  # evenly already, on both sides of an edge alike
        how = (1.0, 0.0) if dealt else (look.palette_gamma, look.palette_balance)
        places = places_of(shared, *how)
        self._palette = torch.from_numpy(table_of(look.palette, places))
        *own, ground = self._bakes
        pairs = zip(bodies, own, strict=True)
        self._cast = [Cast.of(placed, look, sun, self._palette, bakes) for placed, bakes in pairs]
        self._backdrop = Backdrop([cast.standing for cast in self._cast], look, sun, self._palette, ground)
        self._trails: list[list[Trail]] = [[] for _ in bodies]
        self._strands: list[Strands | None] = [None] * len(bodies)
        self._uniforms = self._fixed_uniforms()
        self._heat_paths()
        self._lit = [cast.dark for cast in self._cast]
        self._put_bodies()

    def _put_bodies(self) -> None:
        """Puts the meshes of bodies that are not there yet on the stage."""
        for index, cast in enumerate(self._cast):
            placed = cast.placed
            shape = (placed.relief, placed.offset, self.look.body, self.look.walls.thickness, placed.strip)
            if not alike(self._put[index], shape):
                put_body(self._geometry, index, cast, self.look, self._rows)
                self._put[index] = shape

    def _fixed_uniforms(self) -> Uniforms:
        look = self.look
        uniforms = numbers_of(look, self._cast[0].placed.relief, self._sun, self._palette[0])
        haze = linear_of(look.sky.colour) * 0.02 if self._clear else self._ground_colour.numpy()
        uniforms.set(exposure=self._exposure(), haze=(look.air.haze, *haze))
        return uniforms

    def _exposure(self) -> float:
        if self.look.exposure != "auto":
            return self.look.exposure
        inside = [mesh.inside(cast.placed.relief, self.look.body) for cast in self._cast]
        return brightness.automatic([cast.field for cast in self._cast], inside, self.look.transform)

    @property
    def _flat(self) -> bool:
        return fire.is_flat(self.look.path)

    @property
    def _clear(self) -> bool:
        return self.look.background.colour == CLEAR

    @property
    def _ground_colour(self) -> Tensor:
        """Linear RGB (3,) of what is behind everything; black where it is transparent."""
        colour = "#000000" if self._clear else self.look.background.colour
        return torch.from_numpy(linear_of(colour).astype(np.float32))

    def _heat_paths(self) -> None:
        """Sets what paths send out, and the luminance that the dimmest of those that are there is seen with."""
        several = max((len(trails) for trails in self._trails), default=0) > 1 or any(self._strands)
        sent = fire.fire(self.look.path, several)
        inks = [ink for body, own in enumerate(self._trails) for ink in self._inks(body, len(own))]
        self._uniforms.set(fire=sent)
        seen = self._seen_fire[inks or self._inks(0, 1)].T
        dimmest = float(luminance((seen[0], seen[1], seen[2])).min())
        around = fire.beside(self.look.path, several or len(set(inks)) > 1, dimmest)
        self._uniforms.set(path=(*self.look.path.width, dimmest), beside=around)

    @property
    def _seen_fire(self) -> Tensor:
        """What inks (K, 3) look like, linear light of the screen."""
        lit = self._uniforms.get("fire").reshape(-1, 3)
        return lit if self._flat else show(lit, self.look.transform)

    def show_paths(self, trails: Sequence[Sequence[Trail]], strands: Sequence[Strands | None] = ()) -> None:
        """Puts the walked parts of the paths and the strands of each body on the stage, in place of those before."""
        self._trails = [list(own) for own in trails]
        self._strands = list(strands) or [None] * len(self._trails)
        self._heat_paths()
        light, bare = fire.lamp_light(self.look.path), self.look.path.style == "ribbon"
        self._lit = []
        for body, (cast, own) in enumerate(zip(self._cast, self._trails, strict=True)):
            marked = None if self._flat else lowest_of(cast, own, self.look)
            inks = self._inks(body, len(own))
            self._lit.append(cast.lamp.lit_by(own, [light[ink] for ink in inks], marked, bare=bare))

    def _inks(self, body: int, count: int) -> list[int]:
        """Returns the inks of the first so many paths of a body."""
        return [fire.ink_of(self.look.path, body, number) for number in range(min(count, MOST_PATHS))]

    def shown(self, levels: np.ndarray) -> np.ndarray:
        """Returns what levels (n,) look like where the terrain is flat, open and lit, (n, 3) uint8 sRGB."""
        look = self.look
        sun = linear_of(look.sun.colour) * look.sun.strength * self._sun.direction[2]
        fill = FILL * float(np.mean(linear_of(look.sun.colour) * look.sun.strength)) * hue(look.sky.colour)
        light = torch.from_numpy((sun + fill).astype(np.float32)) + sky_colours(look, self._sun).mean(0)
        albedo = looked_up(self._palette, torch.from_numpy(np.asarray(levels, np.float32)))
        screen = show(albedo * light * self.exposure, look.transform)
        codes: np.ndarray = (encoded(screen) * 255).round().to(torch.uint8).numpy()
        return codes

    @property
    def graphics(self) -> dict[str, str | int]:
        """What draws here: window class, renderer, version, widest texture in pixels; known after the first picture."""
        return self._geometry.graphics

    def photograph(self, view: View, seed: int) -> np.ndarray:
        """Returns the picture from a view, (H, W, 3) uint8, or (H, W, 4) over a transparent ground."""
        return develop([self.expose(view)], lens_of(self.look), seed).numpy()

    def expose(self, view: View, crop: Crop = WHOLE_CROP, *, layered: bool = False) -> Exposure:
        """Returns what falls on the film from a view, or on the part of it that a crop of the picture has."""
        with unfused(self.size[0] * self.size[1] < WORTH):
            if view.projection is not None:
                return exposed_around(lambda face: self._exposed_to(face, WHOLE_CROP, False), view, self.picture_size)
            return self._exposed_to(view, crop, layered)

    def _exposed_to(self, whole: View, crop: Crop, layered: bool) -> Exposure:
        span = span_of(self._cast, whole)
        put_paths(self._geometry, self._cast, self._trails, self.look, Sight(whole, span, self.shown))
        put_strands(self._geometry, self._cast, self._strands, self.look, Sight(whole, span, self.shown))
        rows = self.size[1] / (crop[3] - crop[1])
        view = tile_of(whole, crop, self.size[0] / (crop[2] - crop[0]) / rows)
        geometry = self._geometry.draw(view, empty=crop != WHOLE_CROP or view.around is not None)
        samples = choose(geometry, self.factor, EDGE)
        self._uniforms.set(**Standpoint(view, self.size, rows, span, (geometry.near, geometry.far)).numbers())
        named = [int(Kind.MARK), *([int(Kind.PATH)] if self._flat else [])]
        shaded = self._shaded(samples, view)
        resolved = compose(samples, shaded, fire.hues(self.look.path), named)
        width, height = self.size
        ground = self._backdrop.picture(self.size, view, self._uniforms, crop)
        colour, glow = (flat.T.reshape(3, height, width) for flat in (resolved.colour, resolved.glow))
        cover = resolved.cover.reshape(height, width)
        if self.look.body == "points":
            colour, cover = self._with_motes(colour, cover, view, span)
        if self._through:
            plain = torch.from_numpy(np.stack(fire.path_colours(self.look.path)).astype(np.float32))
            colour = colour + seen_through(self._geometry, view, geometry, self.factor, plain)
        clear = torch.tensor(float(self._clear))
        over = fuse(composed)(colour, cover, ground.factor, ground.added, self._ground_colour, clear)
        named_share = resolved.named.reshape(height, width)
        blurred, sharp = None, self._sharp(whole)
        if sharp is not None:  # neither the ground nor what has a colour by name is blurred
            blurred = defocus(samples.depth, geometry, view, span, sharp)
            blurred = blurred * (cover - named_share).clamp(min=0)
        own = (over[4] - named_share).clamp(min=0)
        layers = completed(self._layers(samples, shaded, view), over[:3], colour) if layered else None
        film = Exposure(over[:3], self._ground_colour, over[3], own, glow.contiguous(), cover, blurred, layers)
        lines = veil(self._geometry, view, self.factor, self._seen_fire, fire.hues(self.look.path))
        return film if lines is None else lines.over(film, named=self._flat)

    def _layers(self, samples: Samples, shaded: Tensor, view: View) -> dict[str, Tensor]:
        def parts(index: int, values: Tensor) -> Tensor:
            self._stand_before(self._cast[index], view)
            return parts_of(values, self._body(index), self._palette, self._uniforms)

        with unfused():  # as many columns as there are bodies
            return layers_of(samples, shaded, [partial(parts, index) for index in range(len(self._cast))])

    def _with_motes(
        self, colour: Tensor, cover: Tensor, view: View, span: tuple[float, float]
    ) -> tuple[Tensor, Tensor]:
        """Returns a picture (3, H, W) and its coverage (H, W) with the points of light behind what it shows."""
        row = float(self._uniforms.get("row"))
        for cast, (_, away) in zip(self._cast, self._lit, strict=True):
            made = motes_of(cast, self.look.body, away).picture(view, self.size, row, span)
            colour, cover = behind(colour, cover, made, self.exposure, self.look.transform)
        return colour, cover

    @property
    def exposure(self) -> float:
        """The exposure, also where it was found automatically."""
        return float(self._uniforms.get("exposure"))

    def _shaded(self, samples: Samples, view: View) -> Tensor:
        """Returns (5, n) for samples, each body's by its own light."""
        if len(self._cast) == 1:
            self._stand_before(self._cast[0], view)
            return shade(samples.values, self._body(0), self._palette, self._uniforms, self.look.transform)
        kind, whose = samples.values[3], samples.values[5]
        owner = torch.where(kind >= int(Kind.PATH), torch.zeros_like(whose), whose)
        shaded = torch.zeros(5, samples.values.shape[1])
        for index, cast in enumerate(self._cast):
            own = torch.nonzero(owner == index).ravel()
            self._stand_before(cast, view)
            part = shade(samples.values[:, own], self._body(index), self._palette, self._uniforms, self.look.transform)
            shaded[:, own] = part
        return shaded

    def _body(self, index: int) -> Body:
        cast = self._cast[index]
        return Body(cast.field, *self._lit[index], cast.outline, cast.hatch)

    def _stand_before(self, cast: Cast, view: View) -> None:
        """Aims at a body as if its middle were that of the picture's space."""
        self._uniforms.set(eye=view.position - cast.shift, depth=cast.placed.relief.depth)

    def _sharp(self, view: View) -> np.ndarray | None:
        """Returns the place (3,) that is in focus, the end of the first path where a view says no other; None: all."""
        if view.around is not None:
            return None
        if not self.look.air.focus or view.focus is not None:
            return view.focus if self.look.air.focus else None
        casts = zip(self._cast, self._trails, strict=True)
        heads = (trail.head + cast.shift for cast, own in casts for trail in own if trail.head is not None)
        return next(heads, None)

    def close(self) -> None:
        """Gives the window of the graphics library back."""
        self._geometry.close()
