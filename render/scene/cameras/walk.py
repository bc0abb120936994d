"""The walk."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import CALM
from render.scene.duration import Duration


class Walker(Rig):
    """Walks the path itself, at eye height, some way behind its head, and looks along it."""

    natural: ClassVar[float] = 55.0
    follows: ClassVar[bool] = True

    kind: Literal["walk"] = "walk"
    height: float = Field(default=0.06, ge=0.02, le=2, description="of the eye above the path, picture widths")
    behind: float = Field(default=0.18, ge=0, le=2, description="length of the way to the head, picture widths")
    ahead: float = Field(
        default=0.22, gt=0, le=2, description="length of the way before the eye that it looks along, picture widths"
    )
    calm: Duration = Field(default=1.2, ge=0, description=CALM)
