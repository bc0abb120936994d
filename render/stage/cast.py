"""The cast of a stage: reliefs with a place on the ground, and all that is made for each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.scene import look as spec
from render.stage.body import mesh
from render.stage.body.outline import outline_of
from render.stage.body.relief import Relief
from render.stage.body.strip import Strip
from render.stage.light.bake import Sun
from render.stage.light.bakes import Bakes
from render.stage.light.lamp import Lamp
from render.stage.marks.hatch import Hatch, hatch_of
from render.stage.shading.baked_field import BakedField, bake_field
from render.stage.shading.standing import Standing


@dataclass(frozen=True)
class Placed:
    """A relief and where its middle stands on the ground, picture widths."""

    relief: Relief
    offset: tuple[float, float] = (0.0, 0.0)
    measured: np.ndarray | None = None  # (n_β, n_α) bool, the cells that a body of points shows; None is all
    strip: Strip | None = None  # that alone is drawn of it


@dataclass(frozen=True)
class Cast:
    """A placed relief with all that was made for it once."""

    placed: Placed
    field: BakedField
    outline: Tensor  # as body/outline.py has it
    lamp: Lamp
    hatch: Hatch | None = None  # strokes down its slopes

    @staticmethod
    def of(placed: Placed, look: spec.LookPreset, sun: Sun, table: Tensor, bakes: Bakes | None = None) -> Cast:
        """Returns a relief under its light; table (S, 3) is its palette, bakes are those of its last look."""
        kept, relief = bakes or Bakes(), placed.relief
        field = bake_field(relief, look, sun, table, kept)
        of_it = relief, look.body, placed.strip
        outline = kept.get("outline", of_it, lambda: outline_of(*of_it))
        lamp = kept.get("lamp", (relief,), lambda: Lamp(relief))
        hatch = kept.get(
            "hatch", (relief, look.body, look.hachures, look.contours.count), lambda: hatch_of(relief, look)
        )
        return Cast(placed, field, outline, lamp, hatch)

    @property
    def shift(self) -> np.ndarray:
        """Where its middle stands (3,), picture widths."""
        return np.array([*self.placed.offset, 0.0])

    @property
    def standing(self) -> Standing:
        """What the ground sees of it."""
        relief = self.placed.relief
        return Standing(relief, self.placed.offset, torch.from_numpy(relief.level), self.outline, self.placed.strip)

    @property
    def dark(self) -> tuple[Tensor, Tensor]:
        """The light of no path on it, and the distance from none."""
        return self.lamp.glow([], []), self.lamp.away([])

    def moved(self, made: mesh.Mesh | None) -> mesh.Mesh | None:
        """Returns a mesh of it where it stands."""
        return None if made is None else mesh.shifted(made, (*self.placed.offset, 0.0))

    def motes(self, body: str) -> np.ndarray:
        """Returns the cells (n_β, n_α) bool that are points of light."""
        drawn = mesh.inside(self.placed.relief, body)
        return drawn if self.placed.measured is None else drawn & self.placed.measured


def drawn_levels(relief: Relief, body: str) -> np.ndarray:
    """Returns the levels (n,) of the cells inside a body."""
    return relief.level[mesh.inside(relief, body)]


def levels_of(bodies: Sequence[Placed], body: str) -> np.ndarray:
    """Returns the levels (n,) of all cells that are drawn."""
    return np.concatenate([drawn_levels(placed.relief, body) for placed in bodies])
