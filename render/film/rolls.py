"""Rolls: the many descents of a shot over one of its surfaces, ready to be drawn at any of its moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from render.errors import DataError
from render.landscape import rolling
from render.landscape.landscape import Landscape
from render.landscape.rolling import NOWHERE, Covered, Push, Rolled
from render.landscape.smooth_fill import SmoothFill
from render.scene.descents import Descents
from render.stage.body.mesh import covers
from render.stage.body.relief import Relief
from render.stage.marks.strands import Strands, StrandWays, strand_ways
from render.stage.shading.uniforms import MOST_PATHS

BASINS = MOST_PATHS - 1  # that have a colour of their own; the last colour is of points that came to no basin


@dataclass(frozen=True)
class Rolls:
    """Where many points go on a terrain, and how they are drawn."""

    asked: Descents
    rolled: Rolled
    ways: StrandWays

    def step(self, progress: float, last: int) -> float:
        """Returns the step that all have come to at a progress of 0 to 1 of so many."""
        return PACES[self.asked.pace](progress, last)

    def at(self, progress: float, last: int) -> Strands:
        """Returns what is drawn at a progress of 0 to 1 of so many steps."""
        return self.ways.until(self.step(progress, last))


PACES: dict[str, Callable[[float, int], float]] = {
    "steps": lambda progress, last: progress * last,
    "log": lambda progress, last: float(np.expm1(progress * np.log1p(last))),
}


def rolls_on(
    asked: Descents | None, landscape: Landscape, made: Relief, body: str, known: Rolls | None = None
) -> Rolls | None:
    """Returns the descents that a shot asks for on a surface, drawn on its relief as a body, or None.

    known: the same ones on another relief of the surface, which change nothing of where they go.
    """
    if asked is None:
        return None
    fill = SmoothFill.of(landscape.surface)

    def shares(places: np.ndarray) -> np.ndarray:
        return np.asarray((places - fill.low) / fill.extents - 0.5)

    def covered(places: np.ndarray) -> np.ndarray:
        x, y = shares(places).T
        return covers(made, body, x, y * made.depth)

    rolled = known.rolled if known else _rolled(asked, fill, covered)
    inks = np.where(rolled.basin == NOWHERE, BASINS, np.minimum(rolled.basin, BASINS - 1))
    ways = strand_ways(made, shares(rolled.places), rolled.ended, inks, asked.width)
    return Rolls(asked, rolled, ways)


def _rolled(asked: Descents, fill: SmoothFill, covered: Covered) -> Rolled:
    """Returns where the descents of a shot go; raises DataError where none of them starts on known ground."""
    rate = rolling.automatic_rate(fill) if asked.rate == "auto" else float(asked.rate)
    starts = rolling.starts_on(fill, asked.starts, asked.count, asked.seed, covered)
    if not fill.knows(starts).any():
        raise DataError("descents: no start lies where a loss is known; choose starts on the surface")
    return rolling.roll(fill, starts, Push(rate, asked.momentum, asked.steps), asked.merge)
