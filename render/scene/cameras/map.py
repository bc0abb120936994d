"""The map."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from render.scene.cameras.rig import Rig
from render.scene.cameras.stand import DISTANCE, Distance


class Map(Rig):
    """Looks straight down, with +β up and α to the right."""

    natural: ClassVar[float] = 8.0  # degrees; a wider plan would show the walls around it

    kind: Literal["map"] = "map"
    distance: Distance = Field(default="auto", description=DISTANCE)
