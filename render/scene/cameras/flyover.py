"""The flyover."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import EASE, EaseName
from render.scene.time.blend import Blending


class Flyover(Rig):
    """Flies along a valley of the surface, from one edge to another, over every ridge in its way."""

    natural: ClassVar[float] = 50.0
    follows: ClassVar[bool] = True

    kind: Literal["flyover"] = "flyover"
    height: float = Field(
        default=0.1, ge=0.02, le=5, description="least height above the ground under it and around it, picture widths"
    )
    ahead: float = Field(
        default=0.35, ge=0.05, le=2, description="length of the valley before it that it looks along, picture widths"
    )
    reverse: Annotated[bool, Blending.ONCE] = Field(
        default=False, description="whether it flies the other way; else from the path's start"
    )
    ease: EaseName = Field(default="smooth", description=EASE)
