"""The camera that follows the path and looks where it goes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import CALM
from render.scene.duration import Duration


class Follow(Rig):
    """Flies behind the head of the path and looks at the way that lies before it."""

    natural: ClassVar[float] = 42.0
    follows: ClassVar[bool] = True

    kind: Literal["follow"] = "follow"
    behind: float = Field(default=0.3, gt=0.02, le=10, description="distance to the head, picture widths")
    elevation: float = Field(
        default=20.0,
        ge=3,
        le=85,
        description="height above the head's horizon, degrees; more where ground is in the way",
    )
    ahead: float = Field(
        default=0.16,
        ge=0,
        le=2,
        description="length of the way before the head that it looks along, picture widths; 0 looks at the head",
    )
    calm: Duration = Field(default=1.4, ge=0, description=CALM)
