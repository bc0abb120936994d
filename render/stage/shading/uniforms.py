"""Numbers that are the same for every sample of a picture, packed into one tensor under names.

A compiled kernel takes tensors without being compiled anew when a value changes.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

MOST_PATHS = 8  # of a body
MOST_BODIES = 9  # of a picture
STRATA, RIM_LINE, BEVEL, FADE, GLOW = range(5)  # the columns of walls
COLOUR_SHARE = 3  # the column of a colour's share, behind red, green and blue
INKS = MOST_PATHS + MOST_BODIES  # of lines: one for each path of a body, and for the first path of each body


class Uniforms:
    """The packed numbers, and where each lies."""

    LAYOUT: ClassVar[dict[str, int]] = {
        "eye": 3,  # the camera, picture widths
        "right": 3,
        "up": 3,
        "forward": 3,
        "tangent": 2,  # of half the view angle, across and up
        "shift": 2,  # of the picture's centre, in tangents
        "clip": 2,  # near and far, picture widths
        "pixel": 1,  # size of a pixel at distance 1
        "row": 1,  # height of the whole picture / 1080, for widths that are told in pixels
        "span": 2,  # nearest and farthest of the object, distances along the view, picture widths
        "depth": 1,  # of the terrain along β, picture widths
        "exaggeration": 1,  # height of level 1, picture widths
        "base": 1,  # height of the body's underside, picture widths
        "sun": 3,  # unit vector towards it
        "sun_colour": 3,  # linear radiance
        "sky_colour": 3,
        "rim": 1,
        "material": 3,  # roughness, reflectance at normal incidence, variation of the roughness
        "walls": 5,  # strata, light of the rim line, bevel in picture widths, depth over which they fade, glow
        "stone": 3,  # linear colour of what lies under the lowest stratum
        "below": 3,  # linear light that the ground sends up on walls
        "contour": 4,  # count, widths near and far in pixels of 1080 rows, strength
        "ink": 4,  # linear colour of contours, and its share; the rest is dark on pale and pale on dark
        "hachures": 3,  # count to the picture's width, share of the thinnest, distance of the farthest / of the closest
        "hachure_ink": 4,  # as ink
        "path": 3,  # widths near and far in pixels of 1080 rows, and the luminance that it is seen with
        "fire": 3 * INKS,  # the radiance of lines in each ink, or its colour on the screen where they are flat
        "halo": 1,  # light of the strongest halo, where it tells something along a line; else 0
        "beside": 4,  # colour on the screen of pale ground beside the path, and its share; the rest is the ground's own
        "flat": 1,  # whether paths have the very colour that was asked for
        "marks": 9,  # colours on the screen of marks: at the lowest point, on pale ground, on dark ground
        "exposure": 1,
        "haze": 4,  # contrast that the far end loses, and the colour on the screen that it goes to
        "round": 1,  # whether distances are told from the eye and pixels are as wide to every side, as on a dome
    }

    def __init__(self) -> None:
        ends = np.cumsum(list(self.LAYOUT.values())).tolist()
        self._places = {
            name: slice(end - size, end) for (name, size), end in zip(self.LAYOUT.items(), ends, strict=True)
        }
        self.values = torch.zeros(ends[-1])

    def set(self, **values: Any) -> None:
        """Stores values under their names."""
        for name, value in values.items():
            self.values[self._places[name]] = torch.as_tensor(np.asarray(value, np.float32)).reshape(-1)

    def get(self, name: str) -> Tensor:
        """Returns the value stored under a name."""
        return self.values[self._places[name]]

    @classmethod
    def unpack(cls, values: Tensor) -> dict[str, Tensor]:
        """Returns the named parts of a packed tensor."""
        return dict(zip(cls.LAYOUT, torch.split(values, list(cls.LAYOUT.values())), strict=True))
