"""The turntable."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import DISTANCE, ELEVATION, Azimuth, Distance, Elevation
from render.scene.time.blend import Blending


class Turntable(Rig):
    """Turns around the terrain at one speed, and ends one step before where it began: a seamless loop."""

    kind: Literal["turntable"] = "turntable"
    azimuth: Azimuth = Field(
        default="auto",
        description="where the first frame is taken from, degrees clockwise from +β seen from above; auto is the open "
        "side, from which the path and its end are seen best",
    )
    turns: Annotated[Literal[-8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8], Blending.ONCE] = Field(
        default=1, description="whole turns in the shot, clockwise; below 0 the other way"
    )
    elevation: Elevation = Field(default="auto", description=ELEVATION)
    distance: Distance = Field(default="auto", description=DISTANCE)
