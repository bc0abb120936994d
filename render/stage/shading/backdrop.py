"""What is behind the bodies: a floor, a horizon, paper, or nothing but a colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from render.scene import look as spec
from render.scene.body import CLEAR
from render.stage.camera import View
from render.stage.colour import linear_of
from render.stage.lens.tiles import WHOLE_CROP, Crop
from render.stage.lens.tone import TRANSFORMS
from render.stage.light.bake import Sun
from render.stage.light.bakes import Bakes
from render.stage.shading.baked_field import hue
from render.stage.shading.floor import BEHIND, Numbers, bake_floor, ground_picture
from render.stage.shading.standing import Standing
from render.stage.shading.uniforms import Uniforms

HORIZON = 0.06  # height over which the light at the horizon fades, tangents
HORIZON_LIGHT = 4  # of the background's lift, at the horizon; larger: dawn, smaller: night
TALLEST = 0.7  # of the tallest relief, that counts for how far the mirror image reaches; larger: a polished floor
SATIN = 0.35  # blur of the mirror image / the way of its ray, at roughness 1; larger: a matt floor
SUN_TINT, SKY_TINT, SKY_PURER = 0.08, 3, 1.5  # of both in the light behind the object, and a power; larger power: purer
VOID_LOW = 0.1  # half pictures that the lift of the void lies below the middle; larger: the object stands before dark
VOID_WIDE = 1.6  # half pictures, squared, where that lift has gone; larger: the corners are grey
VOID_GREY = 0.4  # of white in its colour, the rest is the background's hue; 0: a coloured cloud, 1: a grey one


@dataclass(frozen=True)
class GroundPicture:
    """What the ground shows."""

    factor: Tensor  # (H, W) to its colour: shadow and contact
    added: Tensor  # (3, H, W) light of the screen laid over it


class Backdrop:
    """The ground of a stage; what does not depend on the camera is baked once."""

    def __init__(
        self,
        bodies: Sequence[Standing],
        look: spec.LookPreset,
        sun: Sun,
        table: Tensor,
        bakes: Bakes | None = None,
    ):
        """Bakes what the bodies do to the ground, but for what the bakes of an earlier look have of it."""
        self._look, self._table = look, table
        self._floor = None if look.ground == "void" else bake_floor(bodies, look, sun, table, bakes)
        self._bodies = [
            (
                body.level.reshape(-1, 1),
                *body.level.shape,
                body.outline,
                torch.tensor([*body.offset, body.relief.depth]),
            )
            for body in bodies
        ]
        tops = [body.relief.exaggeration for body in bodies]
        self._height = look.walls.thickness + TALLEST * max(tops)

    def picture(self, size: tuple[int, int], view: View, uniforms: Uniforms, crop: Crop = WHOLE_CROP) -> GroundPicture:
        """Returns the ground from a view that the uniforms are aimed by; crop is the part of the whole picture."""
        if self._floor is None:
            return self._void(size, crop) if view.around is None else _nothing(size)
        uniforms.set(eye=view.position)
        numbers = self._numbers(view)
        bodies = self._bodies if self._look.body in ("block", "disc") and self._look.floor.reflection else []
        made = ground_picture(size, (numbers, self._floor.texels), bodies, self._table, uniforms, self._look.transform)
        added = made[1:]
        if self._look.ground == "horizon":
            added = 1 - (1 - added) * (1 - self._horizon(size, view))
        return GroundPicture(made[0], added)

    def _numbers(self, view: View) -> Tensor:
        """Returns the numbers of the floor, packed as the kernel reads them."""
        assert self._floor is not None
        floor, look = self._look.floor, self._look
        paper = look.ground == "paper"
        away = view.target - view.position if view.around is None else view.around.front
        flat = away[:2] / max(1e-6, float(np.hypot(*away[:2])))
        spot = flat * BEHIND
        tint = SUN_TINT * linear_of(look.sun.colour) * look.sun.strength
        tint = tint + linear_of(look.sky.colour) ** SKY_PURER * SKY_TINT
        tint = tint / max(1e-6, float(tint.max()))
        red, green, blue = tint
        numbers = Numbers(
            reach=floor.reach * self._height,
            roughness=floor.roughness * SATIN,
            height=self._floor.height,
            half=self._floor.half,
            contact=floor.contact,
            shadow=floor.shadow,
            pool=0.0 if paper else floor.pool,
            reflection=0.0 if paper else floor.reflection,
            lift=0.0 if paper else look.background.lift,
            spot_x=spot[0],
            spot_y=spot[1],
            red=red,
            green=green,
            blue=blue,
        )
        return torch.tensor(numbers, dtype=torch.float32)

    def _void(self, size: tuple[int, int], crop: Crop) -> GroundPicture:
        """Returns a faint lift behind the object that has gone where the picture ends."""
        width, height = size
        x = torch.lerp(torch.tensor(crop[0]), torch.tensor(crop[2]), (torch.arange(width) + 0.5) / width) * 2 - 1
        y = torch.lerp(torch.tensor(crop[1]), torch.tensor(crop[3]), (torch.arange(height) + 0.5) / height) * 2 - 1
        away2 = x[None, :] ** 2 + (y[:, None] + VOID_LOW) ** 2
        lift = self._look.background.lift * (1 - away2 / VOID_WIDE).clamp(min=0) ** 2
        colour = "#ffffff" if self._look.background.colour == CLEAR else self._look.background.colour
        tint = torch.from_numpy(VOID_GREY + (1 - VOID_GREY) * hue(colour))
        return GroundPicture(torch.ones(height, width), lift[None] * tint[:, None, None])

    def _horizon(self, size: tuple[int, int], view: View) -> Tensor:
        """Returns the light (3, H, W) of the line where ground and sky meet."""
        width, height = size
        rise = self._rises(size, view)
        share = torch.exp(-rise.abs() / HORIZON) * self._look.background.lift * HORIZON_LIGHT
        tint = torch.from_numpy(hue(self._look.sky.colour))
        shown = TRANSFORMS["neutral"](tuple(share * part for part in tint))
        return torch.stack(shown).expand(3, height, width)

    def _rises(self, size: tuple[int, int], view: View) -> Tensor:
        """Returns how far above the horizon pixels lie, sines: on a flat picture along its upright middle line."""
        _, up, forward = view.level
        y = self._heights(size, view)
        if view.around is None:
            return (forward[2] + y * up[2]) / torch.sqrt(1 + y * y)
        x = self._heights(size, replace(view, roll=view.roll - 90))  # what was to the right is up when it is turned
        return (forward[2] + y * up[2]) / torch.sqrt(1 + x * x + y * y)

    def _heights(self, size: tuple[int, int], view: View) -> Tensor:
        """Returns how far above the way forward pixels lie, tangents, for a level camera: (H, 1), or (H, W) of one
        that is rolled.
        """
        width, height = size
        tangent = np.tan(np.radians(view.angle) / 2)
        y = (1 - (torch.arange(height) + 0.5) / height * 2 + view.shift[1]) * tangent
        if not view.roll:
            return y[:, None]
        x = (((torch.arange(width) + 0.5) / width * 2 - 1) * width / height + view.shift[0]) * tangent
        turn = math.radians(view.roll)
        return y[:, None] * math.cos(turn) - x[None, :] * math.sin(turn)


def _nothing(size: tuple[int, int]) -> GroundPicture:
    """Returns a ground of one colour: all around, the void has no middle that could be lifted."""
    return GroundPicture(torch.ones(size[::-1]), torch.zeros(3, *size[::-1]))
