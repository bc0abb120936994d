"""What has been walked of a path at a moment of a shot, in the manner that its look asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.sampling.slope import gradient_at
from render.sampling.surface import Surface
from render.scene.pathlight import PathLight
from render.space.path import Path
from render.stage.body.mesh import height_at
from render.stage.body.relief import Relief
from render.stage.marks.manner import AHEAD, GAIN, Manner, faded, swollen
from render.stage.marks.told import Arrow, Drop
from render.stage.marks.trail import Descent, Trail


def walked(style: PathLight, path: Path, descent: Descent, head: float, beads: np.ndarray) -> Trail:
    """Returns the trail of a path whose head is at a place in the trajectory, and the way still to come.

    beads: places (k,) in the trajectory that are marked.
    """
    trail = descent.until(head, beads)
    ahead = None
    if style.ghost and head < descent.index[-1]:
        ahead = descent.after(head)
        alike = np.ones(len(ahead.points))
        ahead = replace(ahead, manner=Manner(opacity=style.ghost * alike, width=AHEAD * alike))
    return replace(trail, manner=_manner(style, path, descent, trail, head), ahead=ahead)


def arrows_along(count: int, descent: Descent, surface: Surface, depth: float) -> tuple[Arrow, ...]:
    """Returns arrows down the slope of a surface at so many places evenly along a path on it; none where it is unknown.

    depth: extent of the surface along β as it is drawn, picture widths.
    """
    places, grid = _evenly(count, descent), surface.grid
    roots = descent.at(places)[:, :2]
    extents = np.array([np.ptp(grid.alphas), np.ptp(grid.betas)])
    gradients = gradient_at(surface, (roots / (1, depth) + 0.5) * extents + (grid.alphas[0], grid.betas[0]))
    drawn = -gradients * (1, depth) / extents
    sizes, slopes = np.linalg.norm(drawn, axis=1), np.linalg.norm(gradients, axis=1)
    known = np.isfinite(sizes) & (sizes > 0)
    return tuple(
        Arrow(float(places[k]), roots[k], drawn[k] / sizes[k], float(slopes[k])) for k in np.flatnonzero(known)
    )


def drops_along(count: int, descent: Descent, relief: Relief, levels: np.ndarray) -> tuple[Drop, ...]:
    """Returns drops at the logged points nearest to so many places evenly along a path of own levels (T,)."""
    places = np.unique(np.round(_evenly(count, descent))).astype(int)
    feet = descent.at(places.astype(float))
    feet[:, 2] = height_at(relief, feet[:, 0], feet[:, 1])
    own = np.column_stack([feet[:, :2], relief.exaggeration * levels[places]])
    known = np.isfinite(own[:, 2])
    return tuple(Drop(float(places[k]), feet[k], own[k]) for k in np.flatnonzero(known))


def _evenly(count: int, descent: Descent) -> np.ndarray:
    """Returns places in the trajectory that lie evenly along the way, the ends apart; those over the terrain."""
    way = descent.walked
    stops = (np.arange(count) + 0.5) / max(count, 1) * way[-1]
    places = np.interp(stops, way, descent.index)
    return places[descent.shown[np.searchsorted(descent.index, places).clip(max=len(way) - 1)]]


def _manner(style: PathLight, path: Path, descent: Descent, trail: Trail, head: float) -> Manner:
    opacity = width = halo = None
    if style.trail:
        way = descent.walked
        lengths = np.append(way[: len(trail.points) - 1], np.interp(head, descent.index, way))
        opacity, width = faded(lengths, float(way[-1]), style.trail)
    if style.distance != "none":
        index = np.append(descent.index[: len(trail.points) - 1], head)
        apart = np.interp(index, np.arange(len(path)), shares(path))
        known = farthest(path) > 0
        if style.distance == "halo":
            halo = apart if known else np.full(len(index), 1 / GAIN)
        elif known:
            width = swollen(apart) * (1 if width is None else width)
    return Manner(opacity, width, halo)


def shares(path: Path) -> np.ndarray:
    """Returns how far from the plane the logged points of a path lie (T,), in 0..1 of the farthest; 0 where unknown."""
    return np.asarray(np.nan_to_num(path.distance) / max(farthest(path), 1e-300))


def farthest(path: Path) -> float:
    """Returns the largest distance of a path from the plane, in units of the weights; 0 where it is unknown."""
    return float(np.nan_to_num(path.distance).max())
