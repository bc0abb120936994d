"""The line cut: where a line lies on the terrain of a plane that it is in, so that its chart is a cut through that.

The cut of the plane's terrain along the line is the line's own curve: both are the loss at the same parameters. A chart
that has the scale of the terrain, and its proportion of height to width, is therefore the terrain seen from the side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.errors import DataError, SceneError
from render.landscape.landscape import Landscape
from render.space import section
from render.stage.body.relief import Relief, Scale
from render.stage.body.strip import Strip

ASIDE = 1e-5  # of the line's length, that its ends may lie off the plane: single precision leaves less
BEYOND = 1e-9  # of a side of the surface, that they may lie beyond it
LEAST_SHOWN = 0.2  # of the terrain's height, that a chart shows however low its line lies


@dataclass(frozen=True)
class LineCut:
    """A line on a terrain."""

    start: np.ndarray  # (2,) of the lowest α, picture widths
    end: np.ndarray  # (2,) of the highest
    exaggeration: float  # height of level 1, picture widths
    scale: Scale  # of the terrain
    levels: np.ndarray  # (n,) among which the terrain deals its colours out
    highest: float  # level of the line's highest point

    @property
    def length(self) -> float:
        """How long the line is, picture widths."""
        return float(np.linalg.norm(self.end - self.start))

    @property
    def way(self) -> np.ndarray:
        """The unit vector (2,) along it, as α rises."""
        return np.asarray((self.end - self.start) / self.length)

    @property
    def shown(self) -> float:
        """The highest level that a chart of it shows."""
        return max(LEAST_SHOWN, self.highest)

    def at(self, share: float) -> np.ndarray:
        """Returns the place (2,) at a share of the line, picture widths."""
        return np.asarray(self.start + share * (self.end - self.start))

    def strip(self, long: float, wide: float) -> Strip:
        """Returns the strip around it that goes so far beyond its ends and to either side, picture widths."""
        (x, y), (cx, cy) = self.at(0.5).tolist(), self.way.tolist()
        return Strip((x, y), (cx, cy), 0.5 * self.length + long, wide)


def cut_of(line: Landscape, surface: Landscape, relief: Relief, levels: np.ndarray) -> LineCut:
    """Returns where a line lies on the relief of a surface whose colours are dealt out among levels (n,).

    Raises SceneError where it does not lie in the plane of the surface, or goes beyond the range of that.
    """
    grid = surface.surface.grid
    ends = line.surface.grid.alphas[[0, -1]].astype(np.float64)
    places = _on_plane(line.surface.plane, surface.surface.plane, ends)
    low = np.array([grid.alphas[0], grid.betas[0]], np.float64)
    extents = np.array([np.ptp(grid.alphas), np.ptp(grid.betas)], np.float64)
    shares = (places - low) / extents - 0.5
    if (np.abs(shares) > 0.5 + BEYOND).any():
        (a0, b0), (a1, b1) = places
        reach = f"(α, β) from ({a0:.4g}, {b0:.4g}) to ({a1:.4g}, {b1:.4g})"
        sentence = f"the line goes over the plane at {reach}, beyond the range of the surface"
        raise SceneError([f"unfold: {sentence}; give the surface a wider range, or the line a shorter one"])
    start, end = shares * (1.0, relief.depth)
    finite = line.surface.loss[np.isfinite(line.surface.loss)].astype(np.float64)
    highest = float(relief.scale.level(finite).max()) if finite.size else 1.0
    return LineCut(start, end, relief.exaggeration, relief.scale, levels, highest)


def _on_plane(line: section.Section, plane: section.Section, alphas: np.ndarray) -> np.ndarray:
    """Returns the coordinates (2, 2) in a plane of the ends of a line; raises SceneError where they lie off it."""
    ends = line.lift(alphas[:, None])
    try:
        places, aside = plane.project(ends), float(plane.distance(ends).max())
    except DataError as error:
        raise SceneError([f"unfold: the line is of another network than the surface: {error}"]) from error
    share = aside / float(np.linalg.norm(ends[1] - ends[0]))
    if share > ASIDE:
        sentence = f"the line does not lie in the plane of the surface; an end is {share:.2g} of its length away"
        raise SceneError([f"unfold: {sentence}; take a plane through the same runs, or a line along one of its axes"])
    return np.asarray(places)
