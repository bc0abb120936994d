"""A shot: a surface, a camera and the path over a span of time; or a line and the balls that go down it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from render.scene.ball import Ball
from render.scene.camera import Camera, Keyframes, Orbit, Turntable
from render.scene.cameras.span import span_of, spanning
from render.scene.descents import Descents
from render.scene.duration import Duration
from render.scene.insets import CounterKind, Inset, inset_faults
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.part import Fault, Name, Part, refusal
from render.scene.reach import Reach
from render.scene.time.blend import Blending
from render.scene.time.transition import Transition
from render.scene.titles import Title, TitleText, title_faults

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
    spanning(
        locals(),
        Reach | None,
        (
            None,
            "where the head is when the shot begins: a share of the way, 0 to 1, or {step: n} or {epoch: n}; 1 is the "
            "finished path; else its start, and on a turntable its end",
        ),
        (None, "where the head is when the shot ends: a share, {step: n} or {epoch: n}; else the end of the path"),
    )
    locals()["__annotations__"]["continue"] = Annotated[bool, Blending.ONCE]
    locals()["continue"] = Field(
        default=False, description="whether the head goes on from where the last shot of this surface has left it"
    )

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        begin, end = span_of(self)
        if self.goes_on and begin is not None:
            raise refusal((("continue",), True, "from says already where the head begins; leave out from or continue"))
        if type(begin) is type(end) and begin is not None and _number(begin) > _number(end):
            sentence = f"{_number(begin):g} is after to, {_number(end):g}; a path is walked forwards"
            raise refusal((("from",), begin, sentence))
        return self

    @property
    def goes_on(self) -> bool:
        """Whether the head goes on from where the last shot has left it."""
        return bool(getattr(self, "continue"))


def _number(reach: Any) -> float:
    """Returns the number of a place of the path."""
    return float(getattr(reach, "step", getattr(reach, "epoch", reach)))


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
    chapter: Annotated[TitleText | None, InKey.APART] = Field(
        default=None, examples=["The descent"], description="title of the chapter that begins with the shot, large"
    )
    titles: Annotated[list[Title], InKey.APART] = Field(
        default=[], max_length=100, description="texts that come and go while the shot runs"
    )
    insets: Annotated[list[Inset], InKey.APART] = Field(
        default=[],
        max_length=8,
        description=f"small pictures of what the network does at the current step: {kinds_of(Inset)}",
    )
    counters: Annotated[list[CounterKind] | None, InKey.APART] = Field(
        default=None, max_length=5, description="values that count along; those of the film or still when absent"
    )

    @model_validator(mode="after")
    def _words_are_in_its_time(self) -> Self:
        faults = [
            *title_faults((), self.titles, self.duration, "the shot"),
            *inset_faults((), self.insets, self.surfaces, self.duration),
        ]
        if faults:
            raise refusal(*faults)
        return self

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

    @model_validator(mode="after")
    def _keys_lie_in_it(self) -> Self:
        for number, key in enumerate(self.camera.keys if isinstance(self.camera, Keyframes) else []):
            if key.t > self.duration:
                sentence = f"{key.t:g} s is after the end of the shot, {self.duration:g} s"
                raise refusal((("camera", "keyframes", "keys", number, "t"), key.t, sentence))
        return self

    @model_validator(mode="after")
    def _loop_has_no_seam(self) -> Self:
        begin, end = span_of(self.path)
        if isinstance(self.camera, Turntable) and (begin != end or self.path.goes_on):
            key = "continue" if self.path.goes_on else "to" if begin is None else "from"
            sentence = (
                "the path would jump at the seam of a turntable; give from and to the same place, or take an orbit"
            )
            raise refusal((("path", key), getattr(self.path, key), sentence))
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
        """Seconds at the end when the head rests; by itself it does so at the end of the path alone."""
        if self.path.hold is not None:
            return self.path.hold
        return min(LONGEST_HOLD, self.duration / 5) if self.span[1] == 1.0 else 0.0

    @property
    def span(self) -> tuple[Any, Any]:
        """Where the head is when the shot begins and when it ends; that of a turntable is at rest."""
        begin, end = span_of(self.path)
        if isinstance(self.camera, Turntable):
            begin = end = 1.0 if begin is None else begin
        return 0.0 if begin is None else begin, 1.0 if end is None else end


def taken_up(shots: Sequence[Shot], index: int) -> Shot:
    """Returns a shot of a film; one that goes on begins where the last shot of its surface has left the path."""
    shot = shots[index]
    if not shot.path.goes_on:
        return shot
    before = _before(shots, index)
    begin = 0.0 if before is None else before.span[1]
    return shot.model_copy(update={"path": shot.path.model_copy(update={"from": begin, "continue": False})})


def _before(shots: Sequence[Shot], index: int) -> Shot | None:
    """Returns the last shot of the same surface before one of a film."""
    return next((shot for shot in reversed(shots[:index]) if shot.surface == shots[index].surface), None)


def broken_ways(shots: Sequence[Shot]) -> Iterator[Fault]:
    """Gives the shots that go on from nowhere, or along another count of the way, or are past their own end."""
    for index, shot in enumerate(shots):
        if not shot.path.goes_on:
            continue
        before, place = _before(shots, index), ("shots", index, "path", "continue")
        if before is None:
            yield place, True, f'no shot before this one shows surface "{shot.surface}"; leave out continue'
            continue
        begin, end = before.span[1], shot.span[1]
        if isinstance(begin, float) and begin < 1 and before.path.pace != shot.path.pace:
            sentence = (
                f"the shot before it goes by {before.path.pace}, this one by {shot.path.pace}; give both one pace"
            )
            yield ("shots", index, "path", "pace"), shot.path.pace, sentence
        if type(begin) is type(end) and _number(begin) > _number(end):
            sentence = f"{_number(end):g} is before {_number(begin):g}, where the last shot has left the path"
            yield ("shots", index, "path", "to"), end, sentence


def shot_called(name: str, shots: Sequence[Shot]) -> int | None:
    """Returns the number, from 0, of the shot of a name, or of a number from 1; None where there is none."""
    for number, shot in enumerate(shots):
        if shot.name == name or (shot.name is None and str(number + 1) == name):
            return number
    return None
