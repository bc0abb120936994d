"""The camera of a shot: where it stands and how it moves."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from render.scene.duration import Duration
from render.scene.part import Auto, Part, auto_or_number, refusal

Degrees = Annotated[float, Field(ge=-360, le=360), Tag("number")]
Widths = Annotated[float, Field(gt=0, le=1000), Tag("number")]
Azimuth = Annotated[Auto | Degrees, Discriminator(auto_or_number)]
Elevation = Annotated[Auto | Annotated[float, Field(ge=5, le=89), Tag("number")], Discriminator(auto_or_number)]
Distance = Annotated[Auto | Widths, Discriminator(auto_or_number)]

Angle = Annotated[Auto | Annotated[float, Field(ge=5, le=90), Tag("number")], Discriminator(auto_or_number)]

NATURAL_ANGLE, PLAN_ANGLE = 22.0, 8.0  # degrees; a wider plan would show the walls around it
AZIMUTH = (
    "where the camera stands, degrees clockwise from +β seen from above (mid-shot); auto is the open side, from which "
    "the path and its end are seen best"
)
ELEVATION = (
    "height of the camera above the ground, degrees: 24 to 38 for the whole, 8 to 15 for close work; auto is what "
    "shows the path best, steeper in upright pictures"
)
ANGLE = "vertical view angle, degrees: 20 to 23 is a lens of 60 to 70 mm, 27 to 34 one of 40 to 50 mm"
DISTANCE = "from the middle of the terrain, picture widths; auto fits the terrain into the picture"
VIEWS: dict[str, tuple[float | Literal["auto"], float | Literal["auto"]]] = {  # azimuth and elevation, degrees
    "side": (180.0, 3.0),
    "three-quarter": ("auto", "auto"),
    "top": (180.0, 90.0),
    "underside": ("auto", -32.0),
}


class Orbit(Part):
    """Moves around the terrain at one height."""

    kind: Literal["orbit"] = "orbit"
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    sweep: float = Field(
        default=50.0, ge=-3600, le=3600, description="angle of the move, degrees clockwise; 40 to 70 is calm"
    )
    elevation: Elevation = Field(default="auto", description=ELEVATION)
    angle: float = Field(default=NATURAL_ANGLE, ge=5, le=90, description=ANGLE)
    distance: Distance = Field(default="auto", description=DISTANCE)
    ease: Literal["linear", "smooth", "smoother"] = Field(
        default="smoother", description="start and stop of the move; linear is for loops"
    )

    @property
    def lens(self) -> float:
        """Vertical view angle, degrees."""
        return self.angle


class Fixed(Part):
    """Stands still."""

    kind: Literal["fixed"] = "fixed"
    view: Literal["side", "three-quarter", "top", "underside"] | None = Field(
        default=None,
        description="one of the canonical views, in place of azimuth and elevation: side looks at the cut towards +β, "
        "three-quarter is the open side, top a plan with +β up, underside a sheet from below",
    )
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    elevation: Elevation = Field(default="auto", description=ELEVATION)
    angle: Angle = Field(default="auto", description=f"{ANGLE}; auto is 22, and 8 for a plan, whose walls stay upright")
    distance: Distance = Field(default="auto", description=DISTANCE)

    @model_validator(mode="after")
    def _stands_at_one_place(self) -> Self:
        if self.view is None:
            return self
        if self.elevation != "auto":
            sentence = f"the {self.view} view has an elevation of its own; leave out view or elevation"
            raise refusal((("elevation",), self.elevation, sentence))
        if self.view == "top" and self.azimuth != "auto":
            raise refusal((("azimuth",), self.azimuth, "a plan has +β up; leave out azimuth, or choose another view"))
        return self

    @property
    def lens(self) -> float:
        """Vertical view angle, degrees."""
        return (PLAN_ANGLE if self.view == "top" else NATURAL_ANGLE) if self.angle == "auto" else self.angle

    @property
    def stand(self) -> tuple[float | Literal["auto"], float | Literal["auto"]]:
        """Azimuth and elevation, degrees or auto."""
        azimuth, elevation = VIEWS[self.view] if self.view else (self.azimuth, self.elevation)
        return (self.azimuth if self.azimuth != "auto" else azimuth), elevation


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
