"""Blending: what lies between two values of a track.

Numbers are blended evenly, distances in their logarithm, angles the short way round, colours in OKLab, pairs and rows
of numbers part by part; switches and words change when their key is reached.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from render.scene.body import COLOUR
from render.scene.colours.oklab import mixed
from render.scene.part import Part


class Blending(enum.Enum):
    """How a field is blended, where that is not evenly; it stands among the field's metadata."""

    TURN = "degrees, the short way round"
    LOG = "by its logarithm"
    ONCE = "not at all: it is chosen once for the film"


@dataclass(frozen=True)
class Nature:
    """How the values of a field are blended, and what they are held within."""

    blending: Blending | None = None
    low: float = -math.inf
    high: float = math.inf

    def blend(self, one: Any, other: Any, share: float) -> Any:
        """Returns the value at a share of the way from one to another; a share beyond 0 or 1 goes on."""
        if share == 0.0 or isinstance(one, bool) or type_of(one) != type_of(other):
            return one if share < 1 else other
        if type_of(one) == "row" and len(one) == len(other):
            return type(one)(self.blend(a, b, share) for a, b in zip(one, other, strict=True))
        if type_of(one) == "colour":
            return mixed(one, other, min(max(share, 0.0), 1.0))
        if type_of(one) != "number":
            return one if share < 1 else other
        value = self._between(float(one), float(other), share)
        turns = self.blending is Blending.TURN  # a way through north may pass a bound, and is the same angle
        held = value if turns else min(max(value, self.low), self.high)
        return round(held) if isinstance(one, int) and isinstance(other, int) else held

    def _between(self, one: float, other: float, share: float) -> float:
        if self.blending is Blending.TURN:
            return one + share * ((other - one + 180.0) % 360.0 - 180.0)
        if self.blending is Blending.LOG and one > 0 and other > 0:
            return math.exp((1 - share) * math.log(one) + share * math.log(other))
        return (1 - share) * one + share * other


def type_of(value: Any) -> str:
    """Returns whether a value is a number, a colour, a row of values, or something that is not blended."""
    if isinstance(value, bool):
        return "switch"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "colour" if re.fullmatch(COLOUR, value) else "word"
    return "row" if isinstance(value, list | tuple) else "whole"


def nature_of(part: Part, name: str) -> Nature:
    """Returns the nature of a field of a part."""
    field = type(part).model_fields[name]
    found = [*field.metadata, *_within(field.annotation)]
    blending = next((mark for mark in found if isinstance(mark, Blending)), None)
    return Nature(blending, _bound(found, ("ge", "gt"), max, -math.inf), _bound(found, ("le", "lt"), min, math.inf))


def _within(annotation: Any) -> Iterator[Any]:
    """Gives the metadata in a type, of the members of a union and of the parts of a pair too."""
    for part in get_args(annotation):
        constraints = getattr(part, "metadata", None)
        yield from [part, *(constraints or [])]
        yield from _within(part)


def _bound(found: list[Any], names: tuple[str, str], tightest: Any, none: float) -> float:
    bounds = [float(getattr(mark, name)) for mark in found for name in names if getattr(mark, name, None) is not None]
    return float(tightest(bounds)) if bounds else none
