"""Furniture: labels, scales and legends on a picture, each of which can be switched."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.body import LookPart


class Furniture(LookPart):
    """What tells the picture's measures; few and quiet unless more is asked for."""

    labels: list[Literal["start", "turn", "end"]] = Field(
        default=["start", "end"],
        max_length=3,
        description="points of each path that are named with their step and loss, in the order of their weight",
    )
    interval: bool = Field(default=True, description='whether the caption says what parts two contours: "1 line = x"')
    height: bool = Field(default=False, description="whether an upright edge has a rule with ticks at losses")
    legend: bool = Field(default=False, description="whether a bar tells which colour is which loss")
    scale: bool = Field(default=False, description="whether a bar tells lengths on the plane in units of the weights")

    @property
    def drawn(self) -> bool:
        """Whether there is anything to draw beside the caption."""
        return bool(self.labels) or self.height or self.legend or self.scale
