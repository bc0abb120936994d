"""The camera of a shot: where it stands, how it moves, and what it looks at; one of several kinds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from render.scene.cameras.crane import Crane
from render.scene.cameras.dolly import Dolly
from render.scene.cameras.fixed import Fixed
from render.scene.cameras.flyover import Flyover
from render.scene.cameras.follow import Follow
from render.scene.cameras.keyframes import Keyframe, Keyframes
from render.scene.cameras.map import Map
from render.scene.cameras.orbit import Orbit
from render.scene.cameras.ride import Ride
from render.scene.cameras.turntable import Turntable
from render.scene.cameras.walk import Walker

__all__ = [
    "Camera",
    "Crane",
    "Dolly",
    "Fixed",
    "Flyover",
    "Follow",
    "Keyframe",
    "Keyframes",
    "Map",
    "Orbit",
    "Ride",
    "Turntable",
    "Walker",
]

Camera = Annotated[
    Orbit | Fixed | Ride | Keyframes | Dolly | Crane | Follow | Flyover | Turntable | Map | Walker,
    Field(discriminator="kind"),
]
