"""Transitions: how a shot takes over from the one before it.

A dissolve overlaps the two shots, so that both go on while it lasts, and the film is that much shorter. A dip goes to a
colour in its first half and comes back in its second; a cut takes no time. An unfolding is of the shot that begins
alone: while it lasts, its terrain grows out of the line that the shot before has shown.
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

    kind: Literal["cut", "dissolve", "dip", "unfold"] = Field(
        default="cut",
        description="cut changes at once; dissolve blends both shots, which overlap; dip goes through a colour; unfold "
        "lets the terrain grow out of the line that the shot before has shown",
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
        """Seconds that it takes of the shot that begins."""
        return {"cut": 0.0, "dissolve": self.duration, "dip": self.duration / 2, "unfold": self.duration}[self.kind]

    @property
    def taken_before(self) -> float:
        """Seconds that it takes of the shot before."""
        return 0.0 if self.kind == "unfold" else self.taken


def starts_of(durations: Sequence[float], transitions: Sequence[Transition]) -> Iterator[float]:
    """Gives when each of some shots begins, seconds; the first has nothing to take over from."""
    start = 0.0
    for shot, duration in enumerate(durations):
        if shot and shot < len(transitions):
            start -= transitions[shot].overlap
        yield start
        start += duration


def too_long(shots: Sequence[tuple[float, Transition]]) -> Iterator[tuple[int, float, str]]:
    """Gives the transitions that take longer than their shots are on: number, duration in seconds, and a sentence.

    shots: the duration, seconds, and the transition of each, in their order.
    """
    after = [*(transition.taken_before for _, transition in shots[1:]), 0.0]
    for number, (duration, transition) in enumerate(shots):
        begins, ends = transition.taken if number else 0.0, after[number]
        if begins + ends > duration + 1e-9:
            fault = number if begins >= ends else number + 1
            asked = shots[fault][1].duration
            sentence = (
                f"{asked:g} s is too long; transitions take {begins + ends:g} s of shot {number + 1}, which is on"
            )
            yield fault, asked, f"{sentence} for {duration:g} s"
