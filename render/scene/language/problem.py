"""A problem: what is wrong at a location of a scene, in a plain sentence with the value and the nearest right thing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from render.scene.body import BACKGROUND, COLOUR
from render.scene.language.anatomy import choices_of, follow, is_model, keys_of, members
from render.scene.language.nearest import guess, nearest
from render.scene.lines import INK
from render.scene.part import NAME, Location

LONGEST = 60  # characters of a value that are shown
PATTERNS = {
    NAME: "is not a name; use 1 to 64 of the letters a to z and A to Z, digits, - and _",
    COLOUR: 'is not a colour; write it like "#ffd9a0", in quotes',
    BACKGROUND: 'is not a colour; write it like "#ffd9a0", in quotes, or transparent',
    INK: 'is not a colour; write it like "#ffd9a0", in quotes, or ground',
}


@dataclass(frozen=True)
class SceneProblem:
    """What is wrong at a location; about the key there, or about its value."""

    location: Location
    sentence: str
    of_key: bool = False

    def __str__(self) -> str:
        dotted = ".".join(_cut(str(step)) for step in self.location)
        return f"{dotted}: {self.sentence}" if dotted else self.sentence


@dataclass(frozen=True)
class _Finding:
    """What pydantic found, with the type that the location asks for."""

    location: Location
    value: Any
    context: dict[str, Any]
    kind: Any


def problems_of(error: ValidationError, root: type) -> list[SceneProblem]:
    """Returns the problems of a validation; a key that is missing because it was mistyped counts once."""
    details = error.errors(include_url=False)
    meant = {location for detail in details for location in _meant(detail, root)}
    found = [problem for detail in details for problem in _problems(detail, root)]
    return [problem for problem in found if not (problem.of_key and problem.location in meant)]


def _problems(detail: ErrorDetails, root: type) -> Iterator[SceneProblem]:
    location, kind = follow(root, detail["loc"])
    finding = _Finding(location, detail["input"], dict(detail.get("ctx", {})), kind)
    if detail["type"] == "extra_forbidden":
        yield SceneProblem(
            location, f"is not a key here; {nearest(str(location[-1]), _siblings(detail, root))}", of_key=True
        )
    elif detail["type"] == "missing":
        yield _missing(detail, finding, root)
    elif detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        yield _untold(finding)
    else:
        yield SceneProblem(location, SENTENCES[detail["type"]](finding), of_key="[key]" in detail["loc"])


def _siblings(detail: ErrorDetails, root: type) -> list[str]:
    return keys_of(follow(root, detail["loc"][:-1])[1])


def _meant(detail: ErrorDetails, root: type) -> list[Location]:
    """Returns the location that an unknown key was probably meant for."""
    if detail["type"] != "extra_forbidden":
        return []
    location = follow(root, detail["loc"])[0]
    found = guess(str(location[-1]), _siblings(detail, root))
    return [(*location[:-1], found)] if found else []


def _missing(detail: ErrorDetails, finding: _Finding, root: type) -> SceneProblem:
    parent = follow(root, detail["loc"][:-1])[1]
    if not is_model(parent):  # one entry of a pair
        return SceneProblem(finding.location[:-1], f"{show(finding.value)} is too short; write two values")
    description = parent.model_fields[finding.location[-1]].description
    return SceneProblem(finding.location, f"is missing; add it ({description})", of_key=True)


def _untold(finding: _Finding) -> SceneProblem:
    """Returns the problem of a member of a family whose kind is absent or unknown."""
    tags = list(members(finding.kind))
    if not isinstance(finding.value, dict):
        return SceneProblem(finding.location, _no_mapping(finding))
    if finding.context["discriminator"] != "'kind'":
        return _untold_step(finding, tags)
    if "kind" not in finding.value:
        return SceneProblem(finding.location, f"needs a kind: {', '.join(tags)}")
    return SceneProblem((*finding.location, "kind"), _unknown(finding.value["kind"], tags))


def _untold_step(finding: _Finding, tags: list[str]) -> SceneProblem:
    keys = list(finding.value)
    if len(keys) == 1:
        return SceneProblem((*finding.location, keys[0]), f"is not a step here; {nearest(keys[0], tags)}", of_key=True)
    return SceneProblem(finding.location, f"holds {len(keys)} keys; a step is one of {', '.join(tags)}")


def _unknown(value: Any, choices: list[Any]) -> str:
    return f"{show(value)} is not known; {nearest(str(value), [str(choice) for choice in choices])}"


def _no_choice(finding: _Finding) -> str:
    choices = choices_of(finding.kind)
    if choices == ["auto"]:
        return f"{show(finding.value)} is neither auto nor a number"
    return _unknown(finding.value, choices)


def _no_mapping(finding: _Finding) -> str:
    keys = keys_of(finding.kind)
    remedy = f"its keys are {', '.join(keys)}" if keys else "write keys with values"
    return f"{show(finding.value)} is not a mapping; {remedy}"


def _no_number(words: str) -> Callable[[_Finding], str]:
    def explain(finding: _Finding) -> str:
        quoted = isinstance(finding.value, str) and finding.value.strip().replace(".", "", 1).lstrip("+-").isdecimal()
        return f"{show(finding.value)} is not {words}" + ("; remove the quotes" if quoted else "")

    return explain


def _limit(words: str, bound: str) -> Callable[[_Finding], str]:
    return lambda finding: f"{show(finding.value)} is too {words} {finding.context[bound]:,.10g}"


def _length(words: str, bound: str) -> Callable[[_Finding], str]:
    return lambda finding: f"{show(finding.value)} has too {words} {finding.context[bound]}"


SENTENCES: dict[str, Callable[[_Finding], str]] = {
    "int_type": _no_number("a whole number"),
    "float_type": _no_number("a number"),
    "finite_number": _no_number("a finite number"),
    "bool_type": lambda finding: f"{show(finding.value)} is neither true nor false",
    "string_type": lambda finding: f"{show(finding.value)} is not text; put it in quotes",
    "string_unicode": lambda finding: f"{show(finding.value)} holds half a character; write the whole one",
    "string_pattern_mismatch": lambda finding: f"{show(finding.value)} {PATTERNS[finding.context['pattern']]}",
    "string_too_long": _length("many characters; at most", "max_length"),
    "string_too_short": _length("few characters; at least", "min_length"),
    "too_long": _length("many entries; at most", "max_length"),
    "too_short": _length("few entries; at least", "min_length"),
    "list_type": lambda finding: f"{show(finding.value)} is not a list; write [a, b]",
    "tuple_type": lambda finding: f"{show(finding.value)} is not a pair; write [a, b]",
    "dict_type": _no_mapping,
    "model_type": _no_mapping,
    "model_attributes_type": _no_mapping,
    "literal_error": _no_choice,
    "greater_than": _limit("small; more than", "gt"),
    "greater_than_equal": _limit("small; at least", "ge"),
    "less_than": _limit("large; less than", "lt"),
    "less_than_equal": _limit("large; at most", "le"),
    "multiple_of": lambda finding: f"{finding.value} is odd; take {finding.value - 1} or {finding.value + 1}",
    "value_error": lambda finding: str(finding.context["error"]),
    "rule": lambda finding: finding.context["sentence"],
}


def show(value: Any) -> str:
    """Returns a value as a file would hold it, cut to a line."""
    if value is None:
        return "an empty value"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
