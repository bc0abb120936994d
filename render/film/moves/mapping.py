"""The map: straight down, with +β up."""

from __future__ import annotations

from render.film.moves.around import Circling, circling
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Map

SOUTH, DOWN = 180.0, 90.0  # degrees


def plan(settings: Map, setting: Scenery) -> Move:
    """Returns the view straight down, on what the camera is to look at."""
    way = Circling(lambda share: SOUTH, lambda share: DOWN, SOUTH)
    return circling(settings, setting, way, settings.distance)
