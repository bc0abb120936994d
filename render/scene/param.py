"""A parameter of a scene: a value by a name and of a declared type, which other values are written with.

    params: {width: {type: int, in: [1, 8], value: 4}}

Its value is what stands in the place of ${params.width}, see `language/substitution.py`.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, ValidationError, WithJsonSchema, create_model, model_validator

from render.scene.body import Colour
from render.scene.duration import Duration, counted_frames, seconds
from render.scene.language.nearest import nearest
from render.scene.language.problem import problems_of, show
from render.scene.part import Part, refusal

MOST_LISTED = 100
TYPES: dict[str, Any] = {
    "int": int, "number": float, "text": str, "bool": bool, "colour": Colour, "duration": Duration,
}  # fmt: skip
BOUNDED = ("int", "number", "duration")


def _scalar(value: Any) -> Any:
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f"{show(value)} is not a number, text, true or false")


Scalar = Annotated[
    Any,
    PlainValidator(_scalar),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}]}),
]

_Listing = create_model(  # since `in`, as one says it of values, is no name in Python
    "_Listing",
    __base__=Part,
    type=(
        Literal["int", "number", "text", "bool", "choice", "colour", "duration"],
        Field(description="what its values are; a duration is a number of seconds, or text with a unit"),
    ),
    **{
        "in": (
            list[Scalar] | None,
            Field(
                default=None,
                min_length=1,
                max_length=MOST_LISTED,
                examples=[[1, 8]],
                description="of int, number and duration the least and the largest value, of choice every value; other "
                "types have none",
            ),
        )
    },  # type: ignore[call-overload]
)


class Param(_Listing):  # type: ignore[misc, valid-type]
    """A value by a name, which other values of the scene are written with."""

    value: Scalar = Field(examples=[4], description="its value, where neither --param nor matrix gives another")

    @property
    def listed(self) -> list[Any]:
        """The bounds of its values, or its choices; nothing where it has none."""
        return getattr(self, "in") or []

    @model_validator(mode="after")
    def _lists_what_its_type_has(self) -> Self:
        kind, listed = self.type, self.listed
        if kind == "choice" and not listed:
            raise refusal((("in",), None, "is missing; a choice lists its values there"))
        if kind != "choice" and kind not in BOUNDED and listed:
            raise refusal((("in",), listed, f"has no use for {kind}; leave it out, or say type: choice"))
        if kind in BOUNDED and listed:
            wrong = [
                (("in", index), each, sentence)
                for index, each in enumerate(listed)
                if (sentence := said_of(kind, each))
            ]
            if wrong:
                raise refusal(*wrong)
            if len(listed) != 2 or seconds(listed[0]) > seconds(listed[1]):
                raise refusal((("in",), listed, f"{show(listed)} is not the least and the largest value, like [1, 8]"))
        return self

    @model_validator(mode="after")
    def _has_a_value_of_its_type(self) -> Self:
        sentence = self.refused(self.value)
        if sentence:
            raise refusal((("value",), self.value, sentence))
        return self

    def refused(self, value: Any) -> str | None:
        """Returns why a value cannot be its own, or None."""
        if self.type != "choice":
            return said_of(self.type, value, self.listed)
        if any(type(each) is type(value) and each == value for each in self.listed):
            return None
        return f"{show(value)} is not among its values; {nearest(written(value), map(written, self.listed))}"


def said_of(kind: str, value: Any, bounds: Any = ()) -> str | None:
    """Returns what is wrong with a value of a type, within bounds where it has some, or None."""
    if kind == "duration" and counted_frames(value) is not None:
        return f"{show(value)} counts frames, and bounds are seconds; write seconds" if bounds else None
    low, high = (seconds(each) for each in bounds) if bounds else (None, None)
    kept: Any = Annotated[TYPES[kind], Field(ge=low, le=high)]
    alone = create_model("Alone", __base__=Part, value=(kept, ...))
    try:
        alone.model_validate({"value": value})
    except ValidationError as error:
        return problems_of(error, alone)[0].sentence
    return None


def written(value: Any) -> str:
    """Returns a value as text that holds it has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, float) else f"{value}"
