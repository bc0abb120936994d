"""Sheer lines: what lets through what lies behind it, laid over the finished picture by its opacity.

The ends of paths that fade, the way still to come, ribbons. The graphics library draws them apart from the rest, which
hides them where it stands before them; how opaque each sub-pixel is comes back in place of the place along a path.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from render.stage.camera import View
from render.stage.lens.layers import veiled
from render.stage.lens.lens import Exposure
from render.stage.lens.resolve import weights_of
from render.stage.window.geometry import Geometry, GeometryPass, Kind

THROUGH = 0.35  # light of the path where terrain stands before it / its colour


@dataclass(frozen=True)
class Veil:
    """Sheer lines on a picture of H × W pixels."""

    colour: Tensor  # (3, H, W) linear light of the screen, times its opacity
    glow: Tensor  # (3, H, W) what shines by itself, times its opacity
    opacity: Tensor  # (H, W)

    def over(self, film: Exposure, *, named: bool) -> Exposure:
        """Returns what falls on the film behind the lines, whose colours were asked for by name or not."""
        left = 1 - self.opacity
        defocus = film.defocus * left if film.defocus is not None and named else film.defocus
        return replace(
            film,
            picture=film.picture * left + self.colour,
            alpha=1 - (1 - film.alpha) * left,
            own=film.own * left + (0 if named else self.opacity),
            glow=film.glow * left + self.glow,
            cover=1 - (1 - film.cover) * left,
            defocus=defocus,
            layers=None if film.layers is None else veiled(film.layers, self.colour, self.opacity),
        )


def veil(geometry: GeometryPass, view: View, factor: int, colours: Tensor, hues: Tensor) -> Veil | None:
    """Returns the sheer lines that a view sees, or None; colours and hues (K, 3) are those of inks and their haloes.

    factor: sub-pixels along the side of a pixel.
    """
    seen = geometry.sheer(view)
    if seen is None:
        return None
    opacity, ink = seen
    height, width = opacity.shape[0] // factor, opacity.shape[1] // factor
    colour, glow, whole = torch.zeros(3, height, width), torch.zeros(3, height, width), torch.zeros(height, width)
    for each in np.unique(ink[opacity > 0]):
        share = _weighed(torch.from_numpy(np.where(ink == each, opacity, 0) / np.float32(255)), factor)
        colour += colours[int(each)][:, None, None] * share
        glow += hues[int(each)][:, None, None] * share
        whole += share
    return Veil(colour, glow, whole.clamp(max=1))


def _weighed(plane: Tensor, factor: int) -> Tensor:
    """Returns a plane (H · f, W · f) of sub-pixels as one of pixels, weighed as edges are."""
    offsets, weights = weights_of(factor)
    before, after = -offsets[0], offsets[-1] - factor + 1
    wide = (
        F.pad(plane[None, None], (before, after, before, after), mode="replicate") if factor > 1 else plane[None, None]
    )
    kernel = torch.tensor(weights)
    across = F.conv2d(wide, kernel.reshape(1, 1, 1, -1), stride=(1, factor))
    return F.conv2d(across, kernel.reshape(1, 1, -1, 1), stride=(factor, 1))[0, 0]


def seen_through(geometry: GeometryPass, view: View, drawn: Geometry, factor: int, colours: Tensor) -> Tensor:
    """Returns the faint light of paths where terrain stands before them, (3, H, W), by the colours of inks (K, 3)."""
    height, width = (side // factor for side in drawn.kind.shape)
    light = torch.zeros(height * width, 3)
    for ink, seen in geometry.unhidden_paths(view):
        hidden = np.where(drawn.kind < Kind.PATH, seen, 0)
        share = F.avg_pool2d(torch.from_numpy(hidden).float()[None, None], factor)
        light += THROUGH * share.reshape(-1, 1) * colours[ink]
    return light.T.reshape(3, height, width)
