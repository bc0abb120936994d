"""A frame rate: a number or a fraction in a file, exact in the program.

Video of broadcasters runs at 24000/1001, 30000/1001 or 60000/1001 frames per second, which no decimal number is: with
23.976 in its place a film of an hour is a frame off. So a fraction stays one from the scene to the header of the film.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

SLOWEST, FASTEST = Fraction(1, 1000), Fraction(240)  # frames per second
FRACTION = re.compile(r"(\d{1,9}) ?/ ?(\d{1,9})", re.ASCII)
MOST_PARTS = 1_001_000  # of a second, in which a film's header tells its rate; decimals of six places fit
EXAMPLES = "write it like 24, 23.976 or 24000/1001"


def frame_rate(value: Any) -> Fraction:
    """Returns a frame rate, frames per second; a decimal number is the one that is written.

    Raises ValueError for what is neither a number nor a fraction, and for what is too slow or too fast.
    """
    rate = _fraction(value)
    if rate <= 0 or rate < SLOWEST:
        raise ValueError(f"{_shown(value)} is too small; at least {float(SLOWEST):g} frames per second")
    if rate > FASTEST:
        raise ValueError(f"{_shown(value)} is too large; at most {FASTEST} frames per second")
    return rate


def _fraction(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{value} is not a finite number; {EXAMPLES}")
        return Fraction(str(value))
    match = FRACTION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{_shown(value)} is not a frame rate; {_remedy(value)}")
    if int(match[2]) == 0:
        raise ValueError(f"{_shown(value)} divides by 0; {EXAMPLES}")
    rate = Fraction(int(match[1]), int(match[2]))
    if rate.denominator > MOST_PARTS:
        raise ValueError(f"{_shown(value)} is finer than a film can tell; divide by {MOST_PARTS:,} at most")
    return rate


def _remedy(value: Any) -> str:
    quoted = isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value.strip(), re.ASCII)
    return "remove the quotes" if quoted else EXAMPLES


def _shown(value: Any) -> str:
    if value is None:
        return "an empty value"
    return f'"{value[:40]}"' if isinstance(value, str) else f"{value}"[:40]


def told(rate: float | Fraction) -> Fraction:
    """Returns a rate as a film's header tells it; every fraction that a scene may have stays as it is."""
    return Fraction(str(rate)).limit_denominator(MOST_PARTS)


def plain(rate: Fraction) -> float | str:
    """Returns a frame rate as JSON has it: a number where that is exact, else the fraction as text."""
    return float(rate) if Fraction(str(float(rate))) == rate else f"{rate}"


FrameRate = Annotated[
    Fraction,
    PlainValidator(frame_rate),
    PlainSerializer(plain, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": float(SLOWEST), "maximum": float(FASTEST)},
                {"type": "string", "pattern": f"^{FRACTION.pattern}$"},
            ]
        }
    ),
]
