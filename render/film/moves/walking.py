"""The walk: along the path at eye height, some way behind its head."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from render.film.moves.aim import heads_of, point_of
from render.film.moves.passage import Passage, smoothed, ticks_in
from render.film.moves.riding import LOWERED, has_way, headings, nearest_of, way_along, without_way
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Walker
from render.stage.body import mesh
from render.stage.camera import View

ELEVATION, SWEEP = 15.0, 40.0  # degrees of the orbit where there is no path


def walk(settings: Walker, setting: Scenery) -> Move:
    """Returns the walk: the eye goes where the head has been, and looks ahead."""
    if not has_way(setting):
        return without_way(settings, setting, ELEVATION, SWEEP)
    assert setting.descent is not None
    shares, raw = heads_of(setting)
    calm = ticks_in(settings.calm, setting.duration, len(shares))
    azimuths = smoothed(headings(setting.descent, raw), calm)
    onward = np.stack([np.sin(azimuths), np.cos(azimuths)], 1)
    heads = nearest_of(setting.descent, raw)
    feet = smoothed(_on_path(setting, heads - settings.behind, onward), calm)
    gaze = smoothed(_on_path(setting, heads - settings.behind + settings.ahead, onward), calm)
    eyes = _over_ground(setting, feet, settings.height, calm)
    looked = Passage(shares, _over_ground(setting, gaze, 0.0, calm))
    target = point_of(settings.target, setting, looked.at)
    eye = Passage(shares, eyes).at
    return lambda share: View(eye(share), target(share), settings.view_angle, (0.0, LOWERED))


def _on_path(setting: Scenery, ways: np.ndarray, onward: np.ndarray) -> np.ndarray:
    """Returns places (n, 2) after ways (n,) along the path, and straight on beyond its ends, (n, 2) each."""
    assert setting.descent is not None
    along = way_along(setting.descent)
    length = float(np.linalg.norm(np.diff(setting.descent.points[:, :2], axis=0), axis=1).sum())
    beyond = ways - np.clip(ways, 0, length)
    return along(ways) + beyond[:, None] * onward


def _over_ground(setting: Scenery, places: np.ndarray, height: float, calm: float) -> np.ndarray:
    """Returns points (n, 3) at a height over places (n, 2), and over the ground just before and after."""
    ground = mesh.height_at(setting.relief, places[:, 0], places[:, 1])
    highest = maximum_filter1d(ground, 1 + 2 * round(calm / 2), mode="nearest")
    return np.column_stack([places, smoothed(highest, calm / 2) + height])
