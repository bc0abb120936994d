"""The camera that follows the path: behind its head, looking along the way that lies before it."""

from __future__ import annotations

import numpy as np

from render.film.moves.aim import heads_of, point_of
from render.film.moves.passage import Passage, smoothed, ticks_in
from render.film.moves.riding import (
    LOWERED,
    has_way,
    headings,
    nearest_of,
    on_ground,
    standing_behind,
    way_along,
    without_way,
)
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Follow
from render.stage.body import mesh
from render.stage.camera import View

SWEEP = 40.0  # degrees of the orbit where there is no path
BETWEEN = 0.5  # of the way from the head to what lies ahead, that is looked at: both are in the picture


def follow(settings: Follow, setting: Scenery) -> Move:
    """Returns the flight behind the head."""
    if not has_way(setting):
        return without_way(settings, setting, settings.elevation, SWEEP)
    shares, raw = heads_of(setting)
    calm = ticks_in(settings.calm, setting.duration, len(shares))
    heads = on_ground(setting, smoothed(raw, calm))
    azimuths = smoothed(headings(setting.descent, heads), calm) + np.pi
    positions = standing_behind(setting, raw, heads, azimuths, (settings.behind, settings.elevation, calm))
    looked = smoothed(_ahead(setting, heads, settings.ahead), calm)
    target = point_of(settings.target, setting, Passage(shares, looked).at)
    eye = Passage(shares, positions).at
    return lambda share: View(eye(share), target(share), settings.view_angle, (0.0, LOWERED))


def _ahead(setting: Scenery, heads: np.ndarray, ahead: float) -> np.ndarray:
    """Returns points (n, 3) between heads (n, 3) and where the path is a length further on; at its end, the heads."""
    assert setting.descent is not None
    further = way_along(setting.descent)(nearest_of(setting.descent, heads) + ahead)
    flat = heads[:, :2] + BETWEEN * (further - heads[:, :2])
    ground = mesh.height_at(setting.relief, flat[:, 0], flat[:, 1])
    return np.column_stack([flat, np.minimum(heads[:, 2], np.maximum(ground, heads[:, 2] - ahead))])
