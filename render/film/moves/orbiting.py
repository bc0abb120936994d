"""The orbit, and the camera that stands still, which is an orbit of no angle."""

from __future__ import annotations

from render.film.easing import EASINGS
from render.film.moves.around import Circling, circling, stand_of
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Fixed, Orbit


def orbit(settings: Orbit, setting: Scenery) -> Move:
    """Returns the move around the terrain at one height."""
    ease = EASINGS[settings.ease]

    def turn(share: float) -> float:
        return settings.sweep * (float(ease(share)) - 0.5)

    stand = stand_of(settings, setting, (settings.azimuth, settings.elevation), turn)
    way = Circling(
        lambda share: stand.azimuth + turn(share), lambda share: stand.elevation, stand.azimuth, abs(settings.sweep)
    )
    return circling(settings, setting, way, settings.distance)


def fixed(settings: Fixed, setting: Scenery) -> Move:
    """Returns the view of a camera that stands still."""
    stand = stand_of(settings, setting, settings.stand, lambda share: 0.0)
    way = Circling(lambda share: stand.azimuth, lambda share: stand.elevation, stand.azimuth)
    return circling(settings, setting, way, settings.distance)
