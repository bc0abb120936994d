"""Transitions: how a shot takes over from the one before it.

A dissolve overlaps the two shots, so that both go on while it lasts, and the film is that much shorter. A dip goes to a
colour in its first half and comes back in its second; a cut takes no time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from render.scene.body import Colour
from render.scene.duration import Duration
from render.scene.part import Part


class Transition(Part):
    """How a shot begins."""

    kind: Literal["cut", "dissolve", "dip"] = Field(
        default="cut",
        description="cut changes at once; dissolve blends both shots, which overlap; dip goes through a colour",
    )
    duration: Annotated[Duration, Field(gt=0)] = Field(
        default=0.5, description="time that it takes, seconds or with a unit; a cut takes none"
    )
    colour: Colour = Field(default="#000000", description="colour that a dip goes through, sRGB")

    @property
    def overlap(self) -> float:
        """Seconds that the shot is on together with the one before it."""
        return self.duration if self.kind == "dissolve" else 0.0

    @property
    def taken(self) -> float:
        """Seconds that it takes of each of the two shots."""
        return {"cut": 0.0, "dissolve": self.duration, "dip": self.duration / 2}[self.kind]


def starts_of(durations: Sequence[float], transitions: Sequence[Transition]) -> Iterator[float]:
    """Gives when each of some shots begins, seconds; the first has nothing to take over from."""
    start = 0.0
    for shot, duration in enumerate(durations):
        if shot and shot < len(transitions):
            start -= transitions[shot].overlap
        yield start
        start += duration
