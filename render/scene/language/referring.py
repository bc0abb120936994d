"""What of the JSON schema may be written with a parameter: every value, as text such as ${params.width}."""

from __future__ import annotations

from typing import Any

REFERENCE = {
    "description": "the value of a param: ${params.NAME}",
    "pattern": r"\$\{params\.[A-Za-z0-9_-]{1,64}\}",
    "title": "Reference",
    "type": "string",
}
REF = {"$ref": "#/$defs/Reference"}
TOLD = ("default", "description", "title", "examples")
APART = ("Param", "Track", "Reference")  # definitions that say what is put in, or take any value
SCALARS = ("integer", "number", "boolean")


def with_references(schema: dict[str, Any]) -> None:
    """Adds references to the JSON schema of a scene, in place."""
    parts = {name: part for name, part in schema["$defs"].items() if name not in APART}
    for part in (schema, *parts.values()):
        for key, value in part.get("properties", {}).items():
            part["properties"][key] = value if key in ("kind", "params", "matrix") else _referable(value)
    schema["$defs"]["Reference"] = REFERENCE


def _referable(value: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a value that may be a reference, or of one whose parts may."""
    value = _within(value)
    union = next((key for key in ("anyOf", "oneOf") if key in value), None)
    if union is None:
        return _or_reference(value, [value]) if _is_scalar(value) else value
    members = [_within(member) if _is_scalar(member) else _referable(member) for member in value[union]]
    if any(map(_is_scalar, members)):  # a reference is of all members, so one of them may take it
        return _or_reference(value, members)
    return {**value, union: members}


def _or_reference(value: dict[str, Any], members: list[dict[str, Any]]) -> dict[str, Any]:
    told = {key: value[key] for key in TOLD if key in value}
    plain = [{key: each for key, each in member.items() if key not in told} for member in members]
    return {"anyOf": [*plain, REF], **told}


def _within(value: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a list whose entries may be references; anything else as it is."""
    found: dict[str, Any] = {"items": _referable(value["items"])} if value.get("items") else {}
    found |= {"prefixItems": [_referable(each) for each in value["prefixItems"]]} if "prefixItems" in value else {}
    return {**value, **found}


def _is_scalar(value: dict[str, Any]) -> bool:
    """Whether a schema is of one value that text of any form is none of."""
    formed = value.get("type") == "string" and "pattern" in value
    return value.get("type") in SCALARS or "enum" in value or "const" in value or formed
