"""A shot: a surface, a camera and the path over a span of time; or a line and the balls that go down it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from render.scene.ball import Ball
from render.scene.camera import Camera, Orbit
from render.scene.descents import Descents
from render.scene.duration import Duration
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.part import Fault, Name, Part, refusal
from render.scene.time.transition import Transition

LONGEST_HOLD = 1.5  # seconds
OF_LINES, OF_SURFACES = ("ball", "tangent", "accuracy"), ("surface", "beside", "camera", "descents")
SINCE = ("line", "descents", *OF_LINES)  # keys that older pictures know nothing of: unsaid, they are in no key


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
    """One move of one camera over one surface, or one line."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["surface"]}, {"required": ["line"]}]})

    surface: Name | None = Field(default=None, description="name of the surface under surfaces; or say line")
    line: Name | None = Field(default=None, description="name of the line under lines, in place of a surface")
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

    ball: Ball | None = Field(default=None, description="balls that go down the line")
    tangent: bool = Field(default=False, description="whether the tangent of the line is drawn at every ball")
    accuracy: bool = Field(default=False, description="whether the accuracy is drawn beside the loss of the line")
    descents: Descents | None = Field(default=None, description="many points that roll down each of its surfaces")

    @model_serializer(mode="wrap")
    def _without_what_is_unsaid(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = dump(self)
        unsaid = OF_SURFACES if self.line is not None else tuple(key for key in SINCE if data[key] in (None, False))
        return {key: value for key, value in data.items() if key not in unsaid}

    @model_validator(mode="after")
    def _shows_surfaces_or_a_line(self) -> Self:
        faults = [*(self._of_surfaces() if self.line is None else self._of_a_line())]
        if faults:
            raise refusal(*faults)
        return self

    def _of_surfaces(self) -> Iterator[Fault]:
        """Gives what is wrong with a shot that shows no line."""
        if self.surface is None:
            yield ("surface",), None, "is missing; add it (name of the surface under surfaces), or say line"
        for key in OF_LINES:
            if getattr(self, key):
                yield (key,), None, "belongs to a line; say line in place of surface, or leave it out"

    def _of_a_line(self) -> Iterator[Fault]:
        """Gives what is wrong with a shot that shows a line."""
        for key in sorted(self.model_fields_set & set(OF_SURFACES)):
            if key == "surface":
                yield ("line",), self.line, "stands in place of surface; keep one of the two"
            else:
                yield (key,), None, "belongs to a surface; a line has none; leave it out"
        if self.tangent and self.ball is None:
            yield ("tangent",), True, "is drawn at balls; say ball, or leave it out"

    @model_validator(mode="after")
    def _path_walks_before_it_rests(self) -> Self:
        hold, duration = self.path.hold, self.duration
        if hold is not None and hold >= duration:
            sentence = f"{hold:g} s is not shorter than the shot, {duration:g} s; shorten hold or lengthen the shot"
            raise refusal((("path", "hold"), hold, sentence))
        return self

    @property
    def surfaces(self) -> list[str]:
        """The names of its surfaces, from left to right; none where it shows a line."""
        return [] if self.surface is None else [self.surface, *self.beside]

    @property
    def along(self) -> list[str]:
        """What its line and its balls are called among all that pictures show; nothing where it shows surfaces."""
        balls = [self.balls_name] if self.ball else []
        return [] if self.line is None else [self.line_name, *balls]

    @property
    def line_name(self) -> str:
        """What its line is called among all that pictures show; no surface can be called so."""
        return f"line {self.line}"

    @property
    def balls_name(self) -> str:
        """What its balls are called among all that pictures show."""
        return f"balls {self.line} {self.ball.model_dump_json() if self.ball else ''}"

    @property
    def hold(self) -> float:
        """Seconds at the end when the head rests."""
        return min(LONGEST_HOLD, self.duration / 5) if self.path.hold is None else self.path.hold
