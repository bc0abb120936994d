"""The way of a camera from a profile to its own move: round, up and nearer at once, from a long lens to its own.

The blend is of azimuth and elevation, the short way round, of the logarithms of the lens and of the room that it
shows, and of what is looked at; so nothing swings out on the way, and what is looked at keeps its place.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from render.stage.camera import View, standing

UPRIGHT = 1e-6  # of the distance, aside from which a view is straight down, and has +β up
NORTH_UP = 180.0  # degrees; the azimuth of such a view


class _Stand(NamedTuple):
    """A view as an azimuth and an elevation, degrees, and the logarithms of its lens and of the room that it shows."""

    azimuth: float
    elevation: float
    lens: float  # of the tangent of half its angle
    room: float  # of half the height that it shows at its target, picture widths


def _stand_of(view: View) -> _Stand:
    """Returns where a view is taken from."""
    x, y, z = view.position - view.target
    flat, distance = math.hypot(x, y), math.hypot(x, y, z)
    azimuth = math.degrees(math.atan2(x, y)) if flat > UPRIGHT * distance else NORTH_UP
    lens = math.log(math.tan(math.radians(view.angle) / 2))
    return _Stand(azimuth, math.degrees(math.atan2(z, flat)), lens, math.log(distance) + lens)


def between(profile: View, own: View, share: float) -> View:
    """Returns the view at a share of the way from a profile to a view."""
    if share >= 1:
        return own
    here, there = _stand_of(profile), _stand_of(own)
    turn = (there.azimuth - here.azimuth + 180) % 360 - 180
    azimuth = here.azimuth + share * turn
    elevation, lens, room = (a + share * (b - a) for a, b in zip(here[1:], there[1:], strict=True))
    target = profile.target + share * (own.target - profile.target)
    shift = tuple(a + share * (b - a) for a, b in zip(profile.shift, own.shift, strict=True))
    angle = math.degrees(2 * math.atan(math.exp(lens)))
    made = standing(azimuth, elevation, math.exp(room - lens), np.asarray(target), angle)
    roll = profile.roll + share * (own.roll - profile.roll)
    return replace(made, shift=(shift[0], shift[1]), roll=roll, focus=own.focus)
