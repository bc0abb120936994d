"""What may stand at a key, in words, from the JSON schema of a scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from render.scene.body import BACKGROUND, COLOUR
from render.scene.duration import PATTERN as DURATION
from render.scene.framerate import FRACTION
from render.scene.lines import INK
from render.scene.part import NAME

Node = dict[str, Any]
Naming = Callable[[str], str]  # of a definition of the schema, by its name

NUMERALS = ("no", "one", "two", "three", "four")
COLOUR_WORDS = "a colour, `#rrggbb`"
PATTERNS = {
    COLOUR: COLOUR_WORDS,
    BACKGROUND: f"{COLOUR_WORDS}, or `transparent`",
    INK: f"{COLOUR_WORDS}, or `ground`",
    f"^{DURATION.pattern}$": "text with a unit, such as `8s`, `500ms` or `1m30s`, or frames, such as `120f`",
    f"^{FRACTION.pattern}$": "a fraction, such as `24000/1001`",
    NAME: "a name of 1 to 64 letters, digits, `_` and `-`",
}
SWITCH = ["`true`", "`false`"]
TYPES = {"integer": "a whole number", "number": "a number", "boolean": "`true` or `false`", "null": "nothing"}


def said(node: Node, link: Naming) -> str:
    """Returns what a node of the schema allows."""
    if "$ref" in node:
        return link(node["$ref"].rpartition("/")[2])
    members = node.get("anyOf") or node.get("oneOf")
    if members:
        return _choice(members, link)
    if "const" in node:
        return _literal(node["const"])
    if "enum" in node:
        return f"one of {joined([_literal(value) for value in node['enum']])}"
    kind = node["type"]
    if kind == "array":
        return _list(node, link)
    if kind == "object":
        return _mapping(node, link)
    return _text(node) if kind == "string" else f"{TYPES[kind]}{bounds(node)}"


def joined(parts: Sequence[str]) -> str:
    """Returns parts in one sentence: a, b or c."""
    return " or ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _literal(value: Any) -> str:
    return f"`{'true' if value is True else 'false' if value is False else value}`"


def _choice(members: Sequence[Node], link: Naming) -> str:
    some = [member for member in members if member.get("type") != "null"]
    words = [word for member in some for word in (SWITCH if member.get("type") == "boolean" else [said(member, link)])]
    return f"{joined(words)}{', or nothing' if len(some) < len(members) else ''}"


def bounds(node: Node) -> str:
    """Returns the bounds of a number."""
    low, above = node.get("minimum"), node.get("exclusiveMinimum")
    high, below = node.get("maximum"), node.get("exclusiveMaximum")
    lower = f"from {_number(low)}" if low is not None else f"above {_number(above)}" if above is not None else ""
    upper = f"to {_number(high)}" if high is not None else f"below {_number(below)}" if below is not None else ""
    if low is not None and high is None and below is None:
        lower = f"of at least {_number(low)}"
    if high is not None and low is None:
        upper = f"{'and ' if lower else ''}at most {_number(high)}"
    if below is not None and lower:
        upper = f"{'to' if low is not None else 'and'} {upper}"
    step = f"a multiple of {node['multipleOf']}" if "multipleOf" in node else ""
    parts = " ".join(filter(None, [lower, upper]))
    return (f" {parts}" if parts else "") + (f", {step}" if step else "")


def _number(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


def _text(node: Node) -> str:
    pattern = node.get("pattern")
    if pattern in PATTERNS:
        return PATTERNS[pattern]
    if pattern:
        return f"text of the form `{pattern}`"
    least, most = node.get("minLength", 0), node.get("maxLength")
    return "text" if most is None else f"text of {f'{least} to ' if least else 'at most '}{most:,} letters"


def _list(node: Node, link: Naming) -> str:
    items = node.get("prefixItems")
    if items:
        words = [said(item, link) for item in items]
        alike = len(set(words)) == 1
        count = NUMERALS[len(items)]
        return f"a list of {count}, {'each ' + words[0] if alike else ' and '.join(words)}"
    least, most = node.get("minItems"), node.get("maxItems")
    count = f"{least} to {most:,}" if least and most else f"at most {most:,}" if most else ""
    each = said(node["items"], link) if node.get("items") else "anything"
    return f"a list{f' of {count}' if count else ''}, each {each}"


def _mapping(node: Node, link: Naming) -> str:
    if "required" in node:
        return f"a mapping with {' and '.join(_literal(key) for key in node['required'])}"
    patterns = node.get("patternProperties")
    if patterns:
        pattern, held = next(iter(patterns.items()))
        return f"a mapping; each key {PATTERNS.get(pattern, f'of the form `{pattern}`')}, each value {said(held, link)}"
    return f"a mapping; each value {said(node['additionalProperties'], link)}"
