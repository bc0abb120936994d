"""Where a camera stands: the numbers that several kinds have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from render.scene.part import Auto, auto_or_number
from render.scene.time.blend import Blending

Degrees = Annotated[float, Field(ge=-360, le=360), Tag("number"), Blending.TURN]
Widths = Annotated[float, Field(gt=0, le=1000), Tag("number"), Blending.LOG]
Azimuth = Annotated[Auto | Degrees, Discriminator(auto_or_number)]
Elevation = Annotated[Auto | Annotated[float, Field(ge=5, le=89), Tag("number")], Discriminator(auto_or_number)]
Distance = Annotated[Auto | Widths, Discriminator(auto_or_number)]
EaseName = Literal["linear", "smooth", "smoother"]

AZIMUTH = (
    "where the camera stands, degrees clockwise from +β seen from above (mid-shot); auto is the open side, from which "
    "the path and its end are seen best"
)
ELEVATION = (
    "height of the camera above the ground, degrees: 24 to 38 for the whole, 8 to 15 for close work; auto is what "
    "shows the path best, steeper in upright pictures and where a rim would hide the path's end"
)
DISTANCE = "from what it looks at, picture widths; auto fits the terrain into the picture"
EASE = "start and stop of the move; linear is for loops"
CALM = "time over which the move is smoothed, seconds or with a unit; 1 to 2 is calm"
