"""The moves of cameras, one kind a file: from the share of a shot's duration to a view."""

from __future__ import annotations

import math
from typing import Any

from render.film.moves.clearance import CLEARANCE
from render.film.moves.craning import crane
from render.film.moves.dollying import dolly
from render.film.moves.flying import flyover
from render.film.moves.following import follow
from render.film.moves.keying import keyframes
from render.film.moves.mapping import plan
from render.film.moves.orbiting import fixed, orbit
from render.film.moves.riding import ride
from render.film.moves.rigged import Builder, rigged
from render.film.moves.scenery import Move, Scenery
from render.film.moves.turning import turntable
from render.film.moves.walking import walk
from render.scene import camera as cameras
from render.stage.camera import View

__all__ = ["CLEARANCE", "MOVES", "Move", "Scenery", "settled", "standing_at"]

BUILDERS: dict[type, Builder] = {
    cameras.Orbit: orbit,
    cameras.Fixed: fixed,
    cameras.Ride: ride,
    cameras.Keyframes: keyframes,
    cameras.Dolly: dolly,
    cameras.Crane: crane,
    cameras.Follow: follow,
    cameras.Flyover: flyover,
    cameras.Turntable: turntable,
    cameras.Map: plan,
    cameras.Walker: walk,
}
MOVES: dict[type, Builder] = {kind: rigged(build) for kind, build in BUILDERS.items()}


def standing_at(asked: cameras.Camera, view: View) -> Any:
    """Returns a camera that goes round from where a view of its middle was taken, whatever is shown."""
    x, y, z = view.position - view.target
    stand = {"azimuth": math.degrees(math.atan2(x, y)), "elevation": math.degrees(math.atan2(z, math.hypot(x, y)))}
    settled = SETTLED.get(type(asked), ())
    return asked.model_copy(update={name: stand[name] for name in settled}) if settled else asked


SETTLED: dict[type, tuple[str, ...]] = {  # what of a camera is as it is in the middle of its move
    cameras.Orbit: ("azimuth", "elevation"),
    cameras.Dolly: ("azimuth", "elevation"),
    cameras.Crane: ("azimuth",),
}


def settled(asked: cameras.Camera, move: Move) -> Any:
    """Returns a camera that leaves nothing open: what is auto is as the move has it that was framed for the shot."""
    view = move(0.0 if isinstance(asked, cameras.Turntable) else 0.5)  # of a turntable, it is where it begins
    x, y, z = view.position - view.target
    found = {
        "azimuth": math.degrees(math.atan2(x, y)),
        "elevation": math.degrees(math.atan2(z, math.hypot(x, y))),
        "distance": math.hypot(x, y, z),
    }
    return asked.model_copy(
        update={name: value for name, value in found.items() if getattr(asked, name, None) == "auto"}
    )
