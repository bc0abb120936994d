"""The colours of lines: what paths send out, the light that they throw, and what marks a place."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from render.scene import look as spec
from render.scene.pathlight import PathLight
from render.stage.colour import LUMA, linear_of
from render.stage.lens.tone import luminance, show
from render.stage.shading.uniforms import MOST_BODIES, MOST_PATHS

LOWEST, ON_PALE, ON_DARK = range(3)  # what a mark is drawn in: at the lowest point, on pale ground, on dark ground
INK_ON_PALE, INK_ON_DARK = "#14161d", "#8deaf2"
EMBER = 0.22  # light of the mark on a pale depth, whose own colour it has, deeper / that of the depth
PALE = 0.25  # luminance of the deepest ground from which on it is marked in dark
HEAT, WHITE = 2.6, 0.3  # brightness of a glowing line, and how white its core is
HEAT_AMONG, WHITE_AMONG = 1.3, 0.12  # of lines that are told apart by their colours
LAMP_LIGHT, LAMP_WHITE = 1.3, 0.35  # of a glowing line on the ground, at glow 1, and how white that light is
FLARE = 0.05  # of white, added to luminances that are compared, as light in a room adds it on a screen (WCAG 2)
CONTRAST = 4.35  # of a path to the ground beside it, luminance with FLARE added to each; softened it leaves 3
PURER = 2.2  # power by which the colour of a path is purer in its halo on the ground: glow, where brown would be dirt


def is_flat(style: PathLight) -> bool:
    """Says whether paths are lines in their own colours, which do not glow."""
    return style.glow == 0


def ink_of(style: PathLight, body: int, number: int) -> int:
    """Returns the ink of a path on a body: by its number, or by the body where sides have colours of their own."""
    return MOST_PATHS + body if style.sides and number == 0 else number


def path_colours(style: PathLight) -> list[np.ndarray]:
    """Returns linear RGB (3,) of the INKS that lines are drawn in."""
    colours = [style.colour, *style.others]
    named = [colours[number % len(colours)] for number in range(MOST_PATHS)]
    return [linear_of(colour) for colour in (*named, *map(style.on_side, range(MOST_BODIES)))]


def hues(style: PathLight) -> Tensor:
    """Returns the colours (INKS, 3) of the haloes of paths."""
    glow = min(2.0, style.glow)
    return torch.from_numpy(np.stack([glow * colour for colour in path_colours(style)]).astype(np.float32))


def fire(style: PathLight, several: bool) -> list[np.ndarray]:
    """Returns what paths send out: a white-hot core in a halo of their colour, or the colour itself.

    several: whether they are to be told apart by their colours.
    """
    if is_flat(style):
        return path_colours(style)
    glow = min(1.0, style.glow)
    heat, white = (HEAT_AMONG, WHITE_AMONG) if several or style.sides else (HEAT, WHITE)
    return [
        colour * (1 - glow) + glow * heat * (colour * (1 - white) + white * float(colour.max()))
        for colour in path_colours(style)
    ]


def beside(style: PathLight, several: bool, seen: float) -> np.ndarray:
    """Returns the colour on the screen of pale ground beside a glowing path, and its share, 1 or 0, (4,).

    It is the path's own, as saturated as glow is, and so dark that the line, seen with a luminance, stands out. Paths
    that are told apart by their colours leave the ground its own.
    """
    if is_flat(style) or several:
        return np.zeros(4)
    colour = path_colours(style)[0]
    pure = (colour / max(1e-6, float(colour.max()))) ** PURER
    wanted = max(0.01, (seen + FLARE) / CONTRAST - FLARE)
    return np.array([*np.clip(pure * wanted / float(pure @ LUMA), 0, 1), 1.0])


def lamp_light(style: PathLight) -> list[np.ndarray]:
    """Returns the light that paths throw on the ground around them, linear RGB."""
    strength = LAMP_LIGHT * style.glow
    return [strength * ((1 - LAMP_WHITE) * colour + LAMP_WHITE * float(colour.max())) for colour in path_colours(style)]


def mark_colours(look: spec.LookPreset, deep: Tensor) -> np.ndarray:
    """Returns linear RGB (9,) of the mark at the lowest point, whose ground has a colour (3,), and of marks on
    pale and on dark ground elsewhere.
    """
    return np.concatenate([mark_colour(look, deep), linear_of(INK_ON_PALE), linear_of(INK_ON_DARK)])


def mark_colour(look: spec.LookPreset, deep: Tensor) -> np.ndarray:
    """Returns linear RGB of the screen of what marks the lowest point, of a colour (3,).

    On a pale depth it is hot as the path, beside which the ground stands back, or dark where paths are flat; on a dark
    depth it has the colour of words.
    """
    if float(luminance((deep[0], deep[1], deep[2]))) <= PALE:
        return linear_of(look.text)
    if is_flat(look.path):
        return EMBER * deep.numpy() ** 1.5
    sent = torch.from_numpy(fire(look.path, False)[0].astype(np.float32))
    return np.asarray(show(sent, look.transform).numpy())
