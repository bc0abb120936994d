"""The ride: behind the head and above it, turned slowly around it; the ground never comes between."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import maximum_filter1d

from render.film.easing import EASINGS
from render.film.moves.aim import heads_of, point_of
from render.film.moves.orbiting import orbit
from render.film.moves.passage import Passage, smoothed, ticks_in
from render.film.moves.scenery import Move, Scenery
from render.film.moves.sightline import heights_to_see
from render.scene.camera import Orbit, Ride
from render.scene.cameras.rig import Rig
from render.stage.body import mesh
from render.stage.camera import View
from render.stage.marks.trail import Descent

AHEAD = 0.06  # picture widths; over shorter ways a path only trembles
LOWERED = -0.12  # half heights that the head stands above the middle, with room for words below


def ride(settings: Ride, setting: Scenery) -> Move:
    """Returns the ride behind the head; target and azimuth are smoothed in time."""
    if not has_way(setting):
        return without_way(settings, setting, settings.elevation, settings.sweep)
    shares, raw = heads_of(setting)
    calm = ticks_in(settings.calm, setting.duration, len(shares))
    heads = on_ground(setting, smoothed(raw, calm))
    turn = np.radians(settings.sweep) * (EASINGS["smooth"](shares) - 0.5)
    azimuths = smoothed(headings(setting.descent, heads), calm) + np.pi + turn
    positions = standing_behind(setting, raw, heads, azimuths, (settings.behind, settings.elevation, calm))
    target = point_of(settings.target, setting, Passage(shares, heads).at)
    eye = Passage(shares, positions).at
    return lambda share: View(eye(share), target(share), settings.view_angle, (0.0, LOWERED))


def has_way(setting: Scenery) -> bool:
    """Whether there is a path to follow."""
    return setting.descent is not None and bool(setting.descent.shown.any())


def without_way(settings: Rig, setting: Scenery, elevation: float, sweep: float) -> Move:
    """Returns the move of a camera that would follow a path over a terrain without one."""
    return orbit(Orbit(elevation=max(5.0, elevation), sweep=sweep, target=settings.target), setting)


def on_ground(setting: Scenery, points: np.ndarray) -> np.ndarray:
    """Returns points (n, 3) of a smoothed track, none below the ground."""
    ground = mesh.height_at(setting.relief, points[:, 0], points[:, 1])
    return np.column_stack([points[:, :2], np.maximum(points[:, 2], ground)])


def standing_behind(
    setting: Scenery, raw: np.ndarray, heads: np.ndarray, azimuths: np.ndarray, how: tuple[float, float, float]
) -> np.ndarray:
    """Returns where a camera stands (n, 3) at azimuths (n,) around heads (n, 3), radians, and sees both them and the
    very heads (n, 3) that are drawn.

    how: its distance, picture widths, its elevation, degrees, and the ticks over which it is smoothed.
    """
    behind, elevation, calm = how
    feet = heads[:, :2] + behind * np.stack([np.sin(azimuths), np.cos(azimuths)], 1)
    wanted = heads[:, 2] + behind * np.tan(np.radians(elevation))
    seen = [heights_to_see(setting.relief, setting.look.body, points, feet) for points in (raw, heads)]
    needed = np.maximum.reduce([wanted, *seen])
    held = maximum_filter1d(needed - heads[:, 2], 1 + 2 * round(calm), mode="nearest")
    rises = smoothed(held, calm / 2)  # the widest of it reaches less far than the filter before
    return np.column_stack([feet, heads[:, 2] + rises])


def headings(descent: Descent | None, heads: np.ndarray) -> np.ndarray:
    """Returns the azimuth (n,) in radians, clockwise from +β and without jumps, in which the path goes on from heads.

    It is the way from AHEAD behind to AHEAD before the nearest place of the path; at its ends, what there is of that.
    """
    assert descent is not None
    along = way_along(descent)
    nearest = nearest_of(descent, heads)
    way = along(nearest + AHEAD) - along(nearest - AHEAD)
    return np.unwrap(np.arctan2(way[:, 0], way[:, 1]))


def way_along(descent: Descent) -> Callable[[np.ndarray], np.ndarray]:
    """Returns where a path is (n, 2) after ways (n,) over the ground, picture widths; its ends beyond them."""
    points, walked = descent.points[:, :2], walked_over(descent)

    def at(ways: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(np.clip(ways, 0, walked[-1]), walked, points[:, k]) for k in (0, 1)], 1)

    return at


def walked_over(descent: Descent) -> np.ndarray:
    """Returns the way (N,) over the ground to each point of a path, picture widths."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(descent.points[:, :2], axis=0), axis=1))])


def nearest_of(descent: Descent, heads: np.ndarray) -> np.ndarray:
    """Returns the ways (n,) to the places of a path nearest to heads (n, 3); it is not walked backwards."""
    points = descent.points[:, :2]
    nearest = np.array([np.linalg.norm(points - head[:2], axis=1).argmin() for head in heads])
    return np.asarray(walked_over(descent)[np.maximum.accumulate(nearest)])
