"""The flyover: along a valley line of the surface, over every ridge in its way."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from render.film.easing import EASINGS
from render.film.moves.aim import point_of
from render.film.moves.passage import Passage, smoothed, ticks_of
from render.film.moves.riding import LOWERED, has_way
from render.film.moves.scenery import Move, Scenery
from render.film.moves.thalweg import LINE, thalweg_of
from render.scene.camera import Flyover
from render.stage.body import mesh
from render.stage.camera import View

WINDOW = 0.14  # of the line, over which the highest ground is flown over
AROUND = 0.05  # picture widths to both sides that count as under the camera
GAZE = 0.35  # of its height over the ground ahead, that the camera looks at


def flyover(settings: Flyover, setting: Scenery) -> Move:
    """Returns the flight along the valley; its height is even, and its gaze lies ahead."""
    line = _directed(settings, setting, thalweg_of(setting.relief, setting.look.body))
    step = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()) / (LINE - 1)
    ground = _highest_beside(setting, line)
    window = max(1, round(WINDOW * LINE))
    level = smoothed(maximum_filter1d(ground, window, mode="nearest"), window / 2) + settings.height
    ahead = max(1, round(settings.ahead / step))
    shares = ticks_of(setting.duration)
    along = EASINGS[settings.ease](shares) * (LINE - 1 - ahead)
    eye = Passage(shares, np.column_stack([_at(along, line[:, 0]), _at(along, line[:, 1]), _at(along, level)]))
    before = along + ahead
    low = _at(before, mesh.height_at(setting.relief, line[:, 0], line[:, 1]))
    gaze = low + GAZE * (_at(before, level) - low)
    looked = np.column_stack([_at(before, line[:, 0]), _at(before, line[:, 1]), gaze])
    target = point_of(settings.target, setting, Passage(shares, looked).at)
    return lambda share: View(eye.at(share), target(share), settings.view_angle, (0.0, LOWERED))


def _at(places: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.interp(places, np.arange(LINE), values)


def _highest_beside(setting: Scenery, line: np.ndarray) -> np.ndarray:
    """Returns the highest ground (n,) under places (n, 2) of a line and close beside them."""
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = np.concatenate([np.zeros((1, 2)), AROUND * np.stack([np.cos(turn), np.sin(turn)], 1)])
    places = line[:, None] + ring
    heights = mesh.height_at(setting.relief, places[..., 0].ravel(), places[..., 1].ravel())
    return np.asarray(heights.reshape(len(line), -1).max(1))


def _directed(settings: Flyover, setting: Scenery, line: np.ndarray) -> np.ndarray:
    """Returns a line (n, 2) from the side where the path starts, or from its higher end; or the other way."""
    if has_way(setting):
        assert setting.descent is not None
        start = setting.descent.points[setting.descent.shown][0, :2]
        turned = np.linalg.norm(line[-1] - start) < np.linalg.norm(line[0] - start)
    else:
        ends = mesh.height_at(setting.relief, line[[0, -1], 0], line[[0, -1], 1])
        turned = bool(ends[1] > ends[0])
    return line[::-1] if turned != settings.reverse else line
