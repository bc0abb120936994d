"""A panel of a shot: one surface as it is drawn, and the paths that walk on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.film.rolls import Rolls
from render.film.timeline import path_position, share_at
from render.landscape.landscape import Landscape
from render.landscape.ready import GIVEN
from render.space.path import Path
from render.stage.body.relief import Relief
from render.stage.marks.told import Arrow, Drop
from render.stage.marks.trail import Descent


@dataclass(frozen=True)
class Walk:
    """A path on a terrain, as it is drawn and walked."""

    path: Path
    descent: Descent
    pace: str
    arrows: tuple[Arrow, ...] = ()
    drops: tuple[Drop, ...] = ()
    laid: bool = False  # on the surface although its own loss was asked for, which is not known
    at: float | None = None  # the place in the trajectory that its head has whatever the progress, on a moving plane

    def head(self, progress: float) -> float:
        """Returns the place in the trajectory at a progress of 0 to 1."""
        if self.at is not None:
            return self.at
        return path_position(self.pace, progress, self.path.steps, self.descent.walked[self.corners])

    def share_at(self, step: float) -> float:
        """Returns the progress, 0 to 1, at which the head is at a step."""
        return share_at(self.pace, step, self.path.steps, self.descent.walked[self.corners])

    def places_every(self, steps: int) -> np.ndarray:
        """Returns the places (k,) in the trajectory at every so many steps, but for its first; none for 0."""
        logged = np.asarray(self.path.steps, float)
        if not steps or len(logged) < 2:
            return np.zeros(0)
        return np.interp(np.arange(logged[0] + steps, logged[-1], steps), logged, np.arange(len(logged)))

    @property
    def leaves(self) -> bool:
        """Whether the path goes beyond the terrain that is drawn."""
        return not bool(self.descent.shown.all())

    @property
    def longest_leg(self) -> float:
        """The longest way between two of its logged points, picture widths."""
        places = self.descent.at(np.arange(len(self.path)))[:, :2]
        return float(np.linalg.norm(np.diff(places, axis=0), axis=1).max(initial=0.0))

    @property
    def is_absent(self) -> bool:
        """Whether the path comes over the terrain nowhere."""
        return not bool(self.descent.shown.any())

    @property
    def away(self) -> int:
        """How many of its logged points lie beyond the terrain, or over a hole of it."""
        return int((~self.descent.shown[self.corners]).sum())

    @property
    def corners(self) -> np.ndarray:
        """The places (T,) of the logged points in the polyline."""
        return np.searchsorted(self.descent.index, np.arange(len(self.path)))


@dataclass(frozen=True)
class Panel:
    """One surface of a shot: its terrain, and the paths on it, its own first."""

    landscape: Landscape
    relief: Relief
    walks: tuple[Walk, ...]
    rolls: Rolls | None = None  # many descents over it
    stop: str = ""  # of a series, what the stop is called that it is nearest to

    @property
    def is_ready(self) -> bool:
        """Whether the surface comes from a file."""
        return "source" in self.landscape.record

    @property
    def reads_losses(self) -> bool:
        """Whether the loss of its path is the surface's under it, for want of one in the file."""
        return self.is_ready and self.landscape.record.get("path", {}).get("loss", GIVEN) != GIVEN
