"""The data that a network learns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from render.scene.part import Part


class Digits(Part):
    """Handwritten digits of 8 × 8 pixels in ten classes, which need no download."""

    kind: Literal["digits"] = "digits"


class Spirals(Part):
    """Interleaved spirals of points in the plane, one arm for each class."""

    kind: Literal["spirals"] = "spirals"
    classes: int = Field(default=3, ge=2, le=10, description="number of arms, one class each")
    per_class: int = Field(default=200, ge=1, le=100_000, description="points of each class")
    turns: float = Field(default=1.0, ge=0, le=20, description="turns of each arm around the centre")
    noise: float = Field(
        default=0.1, ge=0, le=10, description="spread of the points around their arm, tenths of the radius"
    )


Data = Annotated[Digits | Spirals, Field(discriminator="kind")]
