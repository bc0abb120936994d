"""Examples of the keys of a scene: from the scenes and looks that come with the package, else from the models.

A key that stands nowhere gets what its model gives as an example, another choice than its default, or something of its
type; each is checked against its model.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from render.scene import shipped
from render.scene.language.flow import flow
from render.scene.language.load import load_placed
from render.scene.look import PRESET, Look, preset, preset_names
from render.scene.part import Part
from render.scene.time.lifting import is_track, lift

SHORT = 70  # letters of an example that stands in one line
PartType = type[BaseModel]


class NoExampleError(Exception):
    """A key for which nothing was found that its model takes."""


def example(model: PartType, key: str, node: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """Returns a value for a key, whose node of the schema is given."""
    for value in _candidates(model, key, node, definitions):
        if is_taken(model, key, value):
            return value
    raise NoExampleError(f"{model.__name__}.{key}: no example; add examples=[...] to its field")


def least(model: PartType, definitions: dict[str, Any]) -> dict[str, Any]:
    """Returns a part with its kind and what it cannot do without, and nothing else."""
    properties = definitions[model.__name__]["properties"]
    wanted = [key for key, info in model.model_fields.items() if key == "kind" or info.is_required()]
    value = {key: example(model, key, properties[key], definitions) for key in wanted}
    model.model_validate(value)
    return value


def is_taken(model: PartType, key: str, value: Any) -> bool:
    """Whether a key of a model takes a value."""
    info = model.model_fields[key]
    alone = create_model("Alone", __base__=Part, **{key: (info.annotation, info)})  # type: ignore[call-overload]
    try:
        alone.model_validate({key: value})
    except ValidationError:
        return False
    return True


def _candidates(model: PartType, key: str, node: dict[str, Any], definitions: dict[str, Any]) -> Iterator[Any]:
    info = model.model_fields[key]
    yield from info.examples or ()
    written = written_values().get((model, key), [])
    yield from sorted(written, key=lambda value: len(flow(value)) > SHORT)
    default = None if info.is_required() else node.get("default")
    made = _of_type(node, default, definitions)
    yield made
    if default is not None:
        yield default


@functools.cache
def written_values() -> dict[tuple[PartType, str], list[Any]]:
    """Returns the values that scenes and looks give to each key."""
    found: dict[tuple[PartType, str], list[Any]] = {}
    for path in shipped.scenes().values():
        for place, value in _of_scene(path):
            found.setdefault(place, []).append(lift(value)[0])
    for name in (PRESET, *preset_names()):
        for place, value in _written(Look.model_validate({"name": name}), preset(name)):
            found.setdefault(place, []).append(lift(value)[0])
    return found


def _of_scene(path: Path) -> Iterator[tuple[tuple[PartType, str], Any]]:
    """Gives the keys and values of a scene file."""
    scene, document = load_placed(path)
    yield from _written(scene, document.data)


def _written(held: Any, data: Any) -> Iterator[tuple[tuple[PartType, str], Any]]:
    """Gives each key of a part that stands in the plain data, and of the parts within it."""
    if isinstance(held, BaseModel) and isinstance(data, dict):
        for key, value in data.items():
            if key in type(held).model_fields and not is_track(value):
                yield (type(held), key), value
                yield from _written(getattr(held, key), value)
    elif isinstance(held, dict) and isinstance(data, dict):
        for key, value in data.items():
            yield from _written(held[key], value)
    elif isinstance(held, list | tuple) and isinstance(data, list):
        for one, value in zip(held, data, strict=False):
            yield from _written(one, value)


def _of_type(node: dict[str, Any], default: Any, definitions: dict[str, Any]) -> Any:
    """Returns something that a node of the schema allows, other than its default where there are few choices."""
    if node.get("examples"):
        return node["examples"][0]
    if "$ref" in node:
        return _of_model(definitions[node["$ref"].rpartition("/")[2]], definitions)
    members = [member for member in node.get("anyOf", node.get("oneOf", ())) if member.get("type") != "null"]
    if members:
        made = [_of_type(member, default, definitions) for member in members]
        return next((value for value in made if value != default), made[0])
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return next(value for value in node["enum"] if value != default)
    kind = node.get("type")
    if kind == "boolean":
        return default is not True
    if kind in ("integer", "number"):
        return default or _number(node)
    if kind == "array":
        items = node.get("prefixItems") or [node["items"]]
        return default or [_of_type(item, None, definitions) for item in items]
    return default or ("#e8b04b" if "#" in node.get("pattern", "") else "main")


def _number(node: dict[str, Any]) -> float:
    """Returns a number between the bounds of a node."""
    low = node.get("minimum", node.get("exclusiveMinimum", 0))
    high = node.get("maximum", node.get("exclusiveMaximum", low + 2))
    if node["type"] == "integer":
        return int(min(high, max(low, 1)))
    return 0.5 if low < 0.5 < high else round((low + high) / 2, 3)


def _of_model(definition: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Returns a part with its kind and what it cannot do without."""
    properties = definition.get("properties", {})
    wanted = [key for key in properties if key == "kind" or key in definition.get("required", ())]
    return {key: _of_type(properties[key], None, definitions) for key in wanted or list(properties)[:1]}


def first_scene() -> str:
    """Returns the text of the first scene, without its comments at the top."""
    text = shipped.scenes()["first-descent"].read_text(encoding="utf-8")
    return text[text.index("thalweg:") :].rstrip()
