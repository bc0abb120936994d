"""The crane: up or down over what is looked at, at one distance."""

from __future__ import annotations

from render.film.easing import EASINGS
from render.film.moves.around import Circling, circling, stand_of
from render.film.moves.scenery import Move, Scenery
from render.scene.camera import Crane
from render.scene.cameras.span import span_of

MOST_MOMENTS = 9


def crane(settings: Crane, setting: Scenery) -> Move:
    """Returns the move from one elevation to another; the side is chosen for the one at which it ends."""
    low, high = span_of(settings)
    stand = stand_of(settings, setting, (settings.azimuth, high), lambda share: 0.0)
    ease = EASINGS[settings.ease]

    def elevation(share: float) -> float:
        return low + (high - low) * float(ease(share))

    way = Circling(lambda share: stand.azimuth, elevation, stand.azimuth, MOST_MOMENTS * abs(high - low))
    return circling(settings, setting, way, settings.distance)
