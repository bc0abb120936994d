"""The camera that stands still."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import AZIMUTH, DISTANCE, ELEVATION, Azimuth, Distance, Elevation
from render.scene.part import refusal

PLAN_ANGLE = 8.0  # degrees; a wider plan would show the walls around it
VIEWS: dict[str, tuple[float | Literal["auto"], float | Literal["auto"]]] = {  # azimuth and elevation, degrees
    "side": (180.0, 3.0),
    "three-quarter": ("auto", "auto"),
    "top": (180.0, 90.0),
    "underside": ("auto", -32.0),
}


class Fixed(Rig):
    """Stands still."""

    kind: Literal["fixed"] = "fixed"
    view: Literal["side", "three-quarter", "top", "underside"] | None = Field(
        default=None,
        description="one of the canonical views, in place of azimuth and elevation: side looks at the cut towards +β, "
        "three-quarter is the open side, top a plan with +β up, underside a sheet from below",
    )
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    elevation: Elevation = Field(default="auto", description=ELEVATION)
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
    def view_angle(self) -> float:
        """Vertical view angle, degrees."""
        plan = self.view == "top" and self.angle == "auto" and self.lens is None
        return PLAN_ANGLE if plan else super().view_angle

    @property
    def stand(self) -> tuple[float | Literal["auto"], float | Literal["auto"]]:
        """Azimuth and elevation, degrees or auto."""
        azimuth, elevation = VIEWS[self.view] if self.view else (self.azimuth, self.elevation)
        return (self.azimuth if self.azimuth != "auto" else azimuth), elevation
