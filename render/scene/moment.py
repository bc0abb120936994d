"""A moment of a path: one of its logged points, by step, by share of the points or by share of the way."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from render.scene.part import Part, refusal


class PathMoment(Part):
    """The logged point of a path that is nearest to a step, a share of its points, or a share of its way."""

    step: Annotated[int, Field(ge=0)] | None = Field(default=None, examples=[120], description="step of the optimiser")
    share: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, examples=[0.5], description="share of the logged points; 1 is the last"
    )
    arc: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, examples=[0.5], description="share of the way through parameter space from first to last point"
    )

    @model_validator(mode="after")
    def _is_said_one_way(self) -> Self:
        if sum(value is not None for value in (self.step, self.share, self.arc)) != 1:
            raise refusal(((), None, "a moment of the path needs one of step, share and arc"))
        return self
