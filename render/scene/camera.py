"""The camera of a shot: where it stands and how it moves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from render.scene.duration import Duration
from render.scene.part import Auto, Part, auto_or_number

Degrees = Annotated[float, Field(ge=-360, le=360), Tag("number")]
Widths = Annotated[float, Field(gt=0, le=1000), Tag("number")]
Azimuth = Annotated[Auto | Degrees, Discriminator(auto_or_number)]
Distance = Annotated[Auto | Widths, Discriminator(auto_or_number)]

AZIMUTH = "where the camera stands, degrees clockwise from +β seen from above (mid-shot); auto is the open side"
ELEVATION = "height of the camera above the ground, degrees: 25 to 40 for the whole, 8 to 15 for close work"
ANGLE = "vertical view angle, degrees: 27 to 34 looks natural"
DISTANCE = "from the middle of the terrain, picture widths; auto fits the terrain into the picture"


class Orbit(Part):
    """Moves around the terrain at one height."""

    kind: Literal["orbit"] = "orbit"
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    sweep: float = Field(
        default=50.0, ge=-3600, le=3600, description="angle of the move, degrees clockwise; 40 to 70 is calm"
    )
    elevation: float = Field(default=33.0, ge=5, le=89, description=ELEVATION)
    angle: float = Field(default=30.0, ge=5, le=90, description=ANGLE)
    distance: Distance = Field(default="auto", description=DISTANCE)
    ease: Literal["linear", "smooth", "smoother"] = Field(
        default="smoother", description="start and stop of the move; linear is for loops"
    )


class Fixed(Part):
    """Stands still."""

    kind: Literal["fixed"] = "fixed"
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    elevation: float = Field(default=33.0, ge=5, le=89, description=ELEVATION)
    angle: float = Field(default=30.0, ge=5, le=90, description=ANGLE)
    distance: Distance = Field(default="auto", description=DISTANCE)


class Ride(Part):
    """Follows the head of the path, from behind and above, over the ground that it walks."""

    kind: Literal["ride"] = "ride"
    behind: float = Field(default=0.34, gt=0.02, le=10, description="distance to the head, picture widths")
    elevation: float = Field(
        default=24.0,
        ge=3,
        le=85,
        description="height above the head's horizon, degrees; more where ground is in the way",
    )
    sweep: float = Field(
        default=40.0, ge=-720, le=720, description="slow turn around the head over the whole shot, degrees clockwise"
    )
    calm: Duration = Field(
        default=1.6, ge=0, description="time over which the move is smoothed, seconds or with a unit; 1 to 2 is calm"
    )
    angle: float = Field(default=42.0, ge=5, le=100, description="vertical view angle, degrees: 35 to 50 feels near")


Camera = Annotated[Orbit | Fixed | Ride, Field(discriminator="kind")]
