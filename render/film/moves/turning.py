"""The turntable: whole turns at one speed, of which the last frame is one step before the first."""

from __future__ import annotations

from render.film.moves.around import Circling, circling, stand_of
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Turntable

FULL = 360.0  # degrees


def turntable(settings: Turntable, setting: Scenery) -> Move:
    """Returns the turn around the terrain, from the side that shows most, at a height that suits every side."""
    whole = stand_of(
        settings, setting, (settings.azimuth, settings.elevation), lambda share: FULL * settings.turns * share
    )
    first = stand_of(settings, setting, (settings.azimuth, whole.elevation), lambda share: 0.0)

    def azimuth(share: float) -> float:
        return first.azimuth + FULL * (settings.turns * share % 1.0)

    way = Circling(azimuth, lambda share: whole.elevation, first.azimuth, FULL * abs(settings.turns), loops=True)
    return circling(settings, setting, way, settings.distance)
