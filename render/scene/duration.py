"""A duration: a number with its unit in a file, seconds in the program.

Text of several units is their sum, 1m30s. Text of frames, 120f, is counted where the whole scene is known, since only
there is a frame rate: see `language/framecount.py`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

UNITS = (3600.0, 60.0, 1.0, 0.001)  # seconds, as they follow one another in a text
DAY = 86_400.0
NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
TEXT = rf"(?=\d)(?:{NUMBER} ?h)? ?(?:{NUMBER} ?(?:min|m(?!s)))? ?(?:{NUMBER} ?s)? ?(?:{NUMBER} ?ms)?"
COUNT = r"(\d{1,9}) ?f"
PATTERN = re.compile(rf"(?:{TEXT}|{COUNT})", re.ASCII)
EXAMPLES = "write it like 8s, 500ms, 1.5s, 2min or 1m30s"
NO_RATE = "counts frames, and the scene has no one frame rate; write seconds, or say fps at the top of the scene"


def seconds(value: Any) -> Any:
    """Returns a duration in seconds; a number is seconds already. Raises ValueError where text is no duration."""
    if not isinstance(value, str):
        return value
    match = PATTERN.fullmatch(value.strip())
    if match is None:
        raise ValueError(f'"{value}" is not a duration; {EXAMPLES}')
    *amounts, frames = match.groups()
    if frames is not None:
        raise ValueError(f'"{value}" {NO_RATE}')
    return sum(float(amount) * unit for amount, unit in zip(amounts, UNITS, strict=True) if amount is not None)


def counted_frames(value: Any) -> int | None:
    """Returns the frames that text counts, or None for anything else."""
    match = PATTERN.fullmatch(value.strip()) if isinstance(value, str) else None
    frames = match[len(UNITS) + 1] if match else None
    return None if frames is None else int(frames)


def counted(value: Any, rate: Fraction) -> Any:
    """Returns the seconds of text that counts frames at a rate; anything else as it is."""
    frames = counted_frames(value)
    return value if frames is None else float(frames / rate)


def is_duration(metadata: Any) -> bool:
    """Whether a type with such metadata is a duration."""
    return any(isinstance(each, BeforeValidator) and each.func is seconds for each in metadata)


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
