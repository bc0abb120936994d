"""The crane."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.span import spanning
from render.scene.cameras.stand import AZIMUTH, DISTANCE, EASE, Azimuth, Distance, EaseName

Rise = Annotated[float, Field(ge=2, le=89)]


class Crane(Rig):
    """Rises over what it looks at, or sinks, at one distance."""

    kind: Literal["crane"] = "crane"
    azimuth: Azimuth = Field(default="auto", description=AZIMUTH)
    spanning(
        locals(),
        Rise,
        (10.0, "elevation where it begins, degrees above the ground"),
        (42.0, "elevation where it ends, degrees above the ground"),
    )
    distance: Distance = Field(default="auto", description=DISTANCE)
    ease: EaseName = Field(default="smoother", description=EASE)
