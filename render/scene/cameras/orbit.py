"""The orbit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import AZIMUTH, DISTANCE, EASE, ELEVATION, Azimuth, Distance, EaseName, Elevation


class Orbit(Rig):
    """Moves around the terrain at one height."""

    kind: Literal["orbit"] = "orbit"
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    sweep: float = Field(
        default=50.0, ge=-3600, le=3600, description="angle of the move, degrees clockwise; 40 to 70 is calm"
    )
    elevation: Elevation = Field(default="auto", description=ELEVATION)
    distance: Distance = Field(default="auto", description=DISTANCE)
    ease: EaseName = Field(default="smoother", description=EASE)
