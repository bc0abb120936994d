"""The surface to measure: whose loss, on which plane, at how many points, how far around."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from render.scene.part import Name, Part, refusal
from render.scene.plane import Pca, Plane, Random

MOST_POINTS = 100_000_000
MARGIN = 0.75
Count = Annotated[int, Field(ge=2, le=20_000)]
Span = Annotated[tuple[float, float], Field(strict=False)]


class Objective(Part):
    """The loss that is measured: on which examples."""

    examples: int | None = Field(
        default=None, ge=1, le=100_000_000, description="examples of the split, the first ones; all when absent"
    )
    split: Literal["train", "test"] = Field(default="train", description="split that the examples come from")


class Range(Part):
    """The part of the plane that is measured, in units of its directions."""

    alpha: Span = Field(description="lowest and highest α, left to right")
    beta: Span = Field(description="lowest and highest β, bottom to top")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        for axis, (low, high) in (("alpha", self.alpha), ("beta", self.beta)):
            if low >= high:
                raise refusal(((axis,), [low, high], f"[{low:g}, {high:g}] does not rise; write the lower bound first"))
        return self


class Surface(Part):
    """The loss of a run's network on a plane around its path; without margin and range, a margin of 0.75 or ±1."""

    run: Name = Field(description="name of the run under runs")
    objective: Objective = Field(default=Objective(), description="the loss that is measured")
    plane: Plane = Field(default=Pca(), description="how the two directions are chosen: pca or random")
    points: Annotated[tuple[Count, Count], Field(strict=False)] = Field(description="points along α and along β")
    margin: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="empty ground on each side of the path, fraction of its longer extent; 0.75 for a pca plane",
    )
    range: Range | None = Field(
        default=None, description="part of the plane in its own units; excludes margin; ±1 for a random plane"
    )

    @model_validator(mode="before")
    @classmethod
    def _reaches_somewhere(cls, data: Any) -> Any:
        """Fills in what a surface without margin and range reaches."""
        if not isinstance(data, dict) or data.get("margin") is not None or data.get("range") is not None:
            return data
        if _is_random(data.get("plane")):
            return {**data, "range": {"alpha": [-1.0, 1.0], "beta": [-1.0, 1.0]}}
        return {**data, "margin": MARGIN}

    @model_validator(mode="after")
    def _is_measurable(self) -> Self:
        columns, rows = self.points
        if columns * rows > MOST_POINTS:
            sentence = f"{columns} × {rows} is {columns * rows:,} points; at most {MOST_POINTS:,} are measured"
            raise refusal((("points",), self.points, sentence))
        return self

    @model_validator(mode="after")
    def _reaches_one_way(self) -> Self:
        if self.margin is not None and self.range is not None:
            raise refusal((("range",), None, "excludes margin; keep one of the two"))
        if self.margin is not None and isinstance(self.plane, Random):
            raise refusal(
                (("margin",), self.margin, "is taken around the path, which a random plane need not follow; give range")
            )
        return self


def _is_random(plane: Any) -> bool:
    return isinstance(plane, Random) or (isinstance(plane, dict) and plane.get("kind") == "random")
