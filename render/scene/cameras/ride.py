"""The ride."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import CALM
from render.scene.duration import Duration


class Ride(Rig):
    """Follows the head of the path, from behind and above, over the ground that it walks."""

    natural: ClassVar[float] = 42.0
    follows: ClassVar[bool] = True

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
    calm: Duration = Field(default=1.6, ge=0, description=CALM)
