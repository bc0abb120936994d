"""Many descents: points that roll down the surface of a shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from render.scene.part import Auto, Part, Seed, auto_or_number, refusal
from render.scene.surface import Range

MOST_DESCENTS = 2000
MOST_MOVES = 4_000_000  # descents × steps; each is kept while the shot is drawn


def _named_or_places(value: Any) -> str:
    return "named" if isinstance(value, str) else "places"


AnyStarts = Annotated[
    Annotated[Literal["random", "grid"], Tag("named")]
    | Annotated[
        list[Annotated[tuple[float, float], Field(strict=False)]],
        Field(min_length=1, max_length=MOST_DESCENTS),
        Tag("places"),
    ],
    Discriminator(_named_or_places),
]
AnyRate = Annotated[Auto | Annotated[float, Field(gt=0), Tag("number")], Discriminator(auto_or_number)]


class Descents(Part):
    """Points that roll down the measured surface by gradient descent on its own smooth fill; no trainings."""

    count: int = Field(default=200, ge=1, le=MOST_DESCENTS, description="starting points; of a grid, at most so many")
    starts: AnyStarts = Field(
        default="random",
        examples=["grid"],
        description="where they start: random on the ground that is drawn, an even grid over it, or a list of [α, β]",
    )
    seed: Seed = Field(default=0, description="seed of random starts")
    rate: AnyRate = Field(
        default="auto",
        description="step for a slope of 1, in units of α and β; auto is 1 / the largest curvature of the surface",
    )
    momentum: float = Field(default=0.0, ge=0, lt=1, description="share of a step that goes on in the next; 0.9 swings")
    steps: int = Field(default=2000, ge=1, le=20_000, description="steps at most; a point that rests takes no more")
    merge: float = Field(
        default=0.02,
        gt=0,
        le=0.5,
        description="share of the surface's extent within which resting points are one basin",
    )
    pace: Literal["steps", "log"] = Field(
        default="log", description="what passes evenly in time: steps, or their logarithm, which shows the first ones"
    )
    width: float = Field(default=0.4, gt=0, le=3, description="width of a line / that of the look's path")

    @property
    def number(self) -> int:
        """How many there are at most."""
        return len(self.starts) if isinstance(self.starts, list) else self.count

    @model_validator(mode="after")
    def _fits_the_memory(self) -> Self:
        if self.number * self.steps > MOST_MOVES:
            most = MOST_MOVES // self.number
            sentence = f"{self.number:,} descents of {self.steps:,} steps are too many; take at most {most:,} steps"
            raise refusal((("steps",), self.steps, sentence))
        return self


def stray_starts(asked: Descents | None, ranges: Sequence[Range]) -> Iterator[tuple[int, tuple[float, float], str]]:
    """Gives the starts that lie beyond a range: which one, where, and what is to be said of it."""
    starts = asked.starts if asked is not None and isinstance(asked.starts, list) else []
    for place, (alpha, beta) in enumerate(starts):
        for each in ranges:
            (low, high), (bottom, top) = each.alpha, each.beta
            if not (low <= alpha <= high and bottom <= beta <= top):
                within = f"α {low:g} to {high:g} and β {bottom:g} to {top:g}"
                yield place, (alpha, beta), f"[{alpha:g}, {beta:g}] lies beyond the surface; start within {within}"
