"""What of the JSON schema may change in time: a track may stand wherever a look, a camera or a path has a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from render.scene.time.track import EASE

REF = "#/$defs/"
FIXED = ("kind", "name", "font", "palette_kind", "body")
TRACK = {
    "additionalProperties": False,
    "description": "a value that changes in time, by keys in their order",
    "properties": {
        "keys": {
            "description": "values at times, in their order",
            "items": {
                "additionalProperties": False,
                "properties": {
                    "t": {
                        "description": "time of the key: in a look on the scene's clock, else on the shot's",
                        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}],
                    },
                    "v": {"description": "value at that time"},
                    "ease": {
                        "default": EASE,
                        "description": "how the value comes there: a name of CSS or easings.net, cubic-bezier(a, b, c, "
                        "d), steps(n), hold or spring",
                        "type": "string",
                    },
                },
                "required": ["t", "v"],
                "type": "object",
            },
            "minItems": 1,
            "type": "array",
        }
    },
    "required": ["keys"],
    "title": "Track",
    "type": "object",
}


def with_tracks(schema: dict[str, Any]) -> None:
    """Adds tracks to the JSON schema of a scene, in place."""
    parts = schema["$defs"]
    shot = parts["Shot"]["properties"]
    moving = (schema["properties"]["look"], shot["camera"], shot["path"])
    for name in sorted(set().union(*(_reached(part, parts) for part in moving))):
        for key, value in parts[name].get("properties", {}).items():
            if key not in FIXED and not _is_part(value, parts):
                parts[name]["properties"][key] = _or_track(value)
    parts["Track"] = TRACK


def _or_track(value: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {key: value[key] for key in ("default", "description", "title", "examples") if key in value}
    plain: dict[str, Any] = {key: inner for key, inner in value.items() if key not in told}
    return {"anyOf": [plain, {"$ref": f"{REF}Track"}], **told}


def _is_part(value: dict[str, Any], parts: dict[str, Any]) -> bool:
    """Whether a schema is that of a part with keys of its own, which do the changing."""
    return "$ref" in value and "properties" in parts[value["$ref"].removeprefix(REF)]


def _reached(schema: Any, parts: dict[str, Any]) -> set[str]:
    """Returns the names of all parts that a schema leads to."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        for name in _named(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(parts[name])
    return found


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if str(schema.get("$ref", "")).startswith(REF):
            yield schema["$ref"].removeprefix(REF)
        for value in schema.values():
            yield from _named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named(value)
