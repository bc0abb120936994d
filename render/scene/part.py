"""A part of a scene: a frozen record that refuses keys it does not know and values of another type."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, Tag, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Location = tuple[str | int, ...]
Fault = tuple[Location, Any, str]  # the value there, and what is wrong with it
PLAIN = "[plain]"  # begins a location as a file has it, without the tags that pydantic puts behind its unions
NAME = "^[A-Za-z0-9_-]{1,64}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]  # also a file's name: it never climbs out of a folder
Seed = Annotated[int, Field(ge=0, lt=2**32)]


def auto_or_number(value: Any) -> str:
    """Returns which of the two a value is meant as."""
    return "auto" if isinstance(value, str) else "number"


Auto = Annotated[Literal["auto"], Tag("auto")]  # one side of a union that is told apart by auto_or_number


class Part(BaseModel):
    """What all models of a scene have in common."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def refusal(*faults: Fault, also: ValidationError | None = None) -> ValidationError:
    """Returns the error for what is wrong between values, each fault a location, the value there, and a sentence.

    also: what else was found wrong, which the error then tells of too.
    """
    details = [
        InitErrorDetails(
            type=PydanticCustomError("rule", "{sentence}", {"sentence": sentence}), loc=location, input=value
        )
        for location, value, sentence in faults
    ]
    return ValidationError.from_exception_data("scene", [*details, *map(again, also.errors() if also else [])])


def again(found: ErrorDetails) -> InitErrorDetails:
    """Returns what an error tells as another one can be made of it."""
    context = found.get("ctx", {})
    kind = PydanticCustomError("rule", "{sentence}", context) if found["type"] == "rule" else found["type"]
    return InitErrorDetails(type=kind, loc=found["loc"], input=found["input"], ctx=context)
