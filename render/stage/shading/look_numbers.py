"""The numbers of a look that hold for every picture of a body, packed as the kernels read them."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from render.scene import look as spec
from render.scene.colours.palette import stops_of
from render.stage.body.relief import Relief
from render.stage.colour import LUMA, linear_of
from render.stage.light import fire
from render.stage.light.bake import Sun
from render.stage.marks.hachures import SPARSE
from render.stage.marks.manner import GAIN
from render.stage.shading.uniforms import Uniforms

STONE = 0.22  # of the sky's colour, in the stone that walls are of
PAPER = 0.83  # reflectance of paper
PLASTER = 0.5  # of the palest ground, in what walls on a white ground are of
SENT_UP = 0.5  # of the light on the ground, that falls on walls: they see half of it


def wall_numbers(look: spec.LookPreset, relief: Relief, sun: Sun) -> Uniforms:
    """Returns the numbers that walls are shaded by."""
    uniforms, under = Uniforms(), under_of(look)
    sun_colour = linear_of(look.sun.colour) * look.sun.strength
    sky_colour = linear_of(look.sky.colour) * look.sky.strength
    uniforms.set(
        exaggeration=max(relief.exaggeration, 1e-6),
        base=-max(look.walls.thickness, 1e-4),
        sun=sun.direction,
        sun_colour=sun_colour,
        sky_colour=sky_colour,
        below=SENT_UP * under * (sun_colour * sun.direction[2] + sky_colour),
        walls=(look.walls.strata, look.walls.rim, look.walls.bevel, look.walls.fade or 1e3, look.walls.glow),
        stone=stone_of(look, under),
    )
    return uniforms


def under_of(look: spec.LookPreset) -> np.ndarray:
    """Returns the linear colour (3,) of the ground that sends light up: white paper, whatever colour is behind it, so
    that a picture without its ground lies right over any.
    """
    return np.full(3, PAPER if look.ground == "paper" else 0.0)


def stone_of(look: spec.LookPreset, under: np.ndarray) -> np.ndarray:
    """Returns the linear colour (3,) of what lies under the strata: dark stone, and pale plaster on a pale ground."""
    colours = sorted((linear_of(colour) for _, colour in stops_of(look.palette)), key=lambda rgb: rgb @ LUMA)
    pale = float(under @ LUMA)
    return (1 - pale) * (0.2 * colours[0] + STONE * linear_of(look.sky.colour)) + pale * PLASTER * colours[-1]


def numbers_of(look: spec.LookPreset, relief: Relief, sun: Sun, deep: Tensor) -> Uniforms:
    """Returns the numbers that a body is shaded by, but for those of a view and of its paths; deep (3,) is the colour
    of its lowest ground.
    """
    reflectance = ((look.material.index - 1) / (look.material.index + 1)) ** 2
    uniforms = wall_numbers(look, relief, sun)
    uniforms.set(
        rim=look.rim,
        material=(look.material.roughness, reflectance, look.material.variation),
        contour=(
            look.contours.count if relief.exaggeration > 0 else 0,
            *look.contours.width,
            look.contours.strength,
        ),
        ink=_ink(look.contours.colour),
        hachures=(max(look.hachures.count, 1), look.hachures.width, SPARSE),
        hachure_ink=_ink(look.hachures.colour),
        halo=GAIN if look.path.distance == "halo" else 0.0,
        flat=float(fire.is_flat(look.path)),
        marks=fire.mark_colours(look, deep),
    )
    return uniforms


def _ink(colour: str) -> tuple[float, float, float, float]:
    """Returns the linear colour of lines and its share, which is nothing where they take the ground's."""
    if colour == "ground":
        return 0.0, 0.0, 0.0, 0.0
    red, green, blue = linear_of(colour)
    return float(red), float(green), float(blue), 1.0
