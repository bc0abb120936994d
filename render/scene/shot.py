"""A shot: a surface, a camera and the path over a span of time."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from render.scene.camera import Camera, Orbit
from render.scene.duration import Duration
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.part import Name, Part, refusal
from render.scene.time.transition import Transition

LONGEST_HOLD = 1.5  # seconds


class PathStyle(Part):
    """How the path is drawn and walked."""

    pace: Literal["steps", "log", "arc"] = Field(
        default="arc", description="what passes evenly in time: steps, their logarithm, or arc length of the drawn path"
    )
    height: Literal["surface", "loss"] = Field(
        default="surface",
        description="surface glues the path to the terrain; loss lifts it to its own true loss, off the plane",
    )
    hold: Duration | None = Field(
        default=None,
        description="time at the end when the head rests, seconds or with a unit; else a fifth, at most 1.5 s",
    )
    show: bool = Field(default=True, description="whether the path is drawn")


class Shot(Part):
    """One move of one camera over one surface."""

    surface: Name = Field(description="name of the surface under surfaces")
    beside: list[Name] = Field(
        default=[],
        max_length=8,
        description="further surfaces, drawn to its right with the same camera, colours and scale of height",
    )
    duration: Duration = Field(gt=0, description="seconds, or with a unit: 8s, 500ms, 2min")
    camera: Camera = Field(default=Orbit(), description=f"where the camera stands and how it moves: {kinds_of(Camera)}")
    path: PathStyle = Field(default=PathStyle(), description="how the path is drawn and walked")
    name: Annotated[Name | None, InKey.LABEL] = Field(
        default=None, description="name by which films and commands choose the shot; its number, from 1, when absent"
    )
    transition: Annotated[Transition, InKey.APART] = Field(
        default=Transition(), description="how the shot takes over from the one before it"
    )

    @model_validator(mode="after")
    def _path_walks_before_it_rests(self) -> Self:
        hold, duration = self.path.hold, self.duration
        if hold is not None and hold >= duration:
            sentence = f"{hold:g} s is not shorter than the shot, {duration:g} s; shorten hold or lengthen the shot"
            raise refusal((("path", "hold"), hold, sentence))
        return self

    @property
    def surfaces(self) -> list[str]:
        """The names of its surfaces, from left to right."""
        return [self.surface, *self.beside]

    @property
    def hold(self) -> float:
        """Seconds at the end when the head rests."""
        return min(LONGEST_HOLD, self.duration / 5) if self.path.hold is None else self.path.hold
