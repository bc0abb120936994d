"""The balls of a line: where they start, and the steps by which they go down it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.part import Part

MOST_BALLS = 8


class Ball(Part):
    """Balls that go down a line by gradient descent on the network's own loss, its slope computed at every step."""

    starts: list[float] = Field(
        min_length=1, max_length=MOST_BALLS, examples=[[-1.5, 0.5]], description="α at which each ball starts"
    )
    lr: float = Field(gt=0, description="learning rate: a step is lr · gradient, both in units of the weights")
    momentum: float = Field(default=0.0, ge=0, lt=1, description="share of a step that goes on in the next")
    steps: int = Field(default=20, ge=1, le=10_000, description="steps that each ball takes")
    pace: Literal["steps", "log"] = Field(
        default="steps", description="what passes evenly in time: steps, or their logarithm, which shows the first ones"
    )
