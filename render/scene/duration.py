"""A duration: a number with its unit in a file, seconds in the program."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0}  # seconds
DAY = 86_400.0
PATTERN = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min)", re.ASCII)


def seconds(value: Any) -> Any:
    """Returns a duration in seconds; a number is seconds already. Raises ValueError where text is no duration."""
    if not isinstance(value, str):
        return value
    match = PATTERN.fullmatch(value.strip())
    if match is None:
        raise ValueError(f'"{value}" is not a duration; write it like 8s, 500ms, 1.5s or 2min')
    return float(match[1]) * UNITS[match[2]]


Duration = Annotated[
    float,
    Field(ge=0, le=DAY),
    BeforeValidator(seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": DAY},
                {"type": "string", "pattern": f"^{PATTERN.pattern}$"},
            ]
        }
    ),
]
