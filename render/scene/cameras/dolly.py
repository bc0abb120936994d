"""The dolly."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.span import spanning
from render.scene.cameras.stand import AZIMUTH, EASE, ELEVATION, Azimuth, Distance, EaseName, Elevation


class Dolly(Rig):
    """Moves straight towards what it looks at, or away from it; by itself from the whole to the end of the path."""

    kind: Literal["dolly"] = "dolly"
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    elevation: Elevation = Field(default="auto", description=ELEVATION)
    spanning(
        locals(),
        Distance,
        ("auto", "distance from what it looks at where it begins, picture widths; auto fits the terrain"),
        (0.9, "distance where it ends; auto fits the terrain"),
    )
    ease: EaseName = Field(default="smoother", description=EASE)
