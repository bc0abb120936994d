"""What a key of a scene means: in a sentence, with its type and bounds, default, and an example, from the models."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from render.scene.language.allowed import joined, said
from render.scene.language.example import example
from render.scene.language.flow import flow
from render.scene.language.schema import models_schema, scene_schema
from render.scene.language.whereabouts import Whereabouts, find
from render.scene.look import PRESET, Look, preset
from render.scene.spec import Scene

WIDTH = 100  # letters of a line
TRACK = {"$ref": "#/$defs/Track"}
MOVING = "{keys: [{t: 0s, v: ...}, {t: 4s, v: ..., ease: in-out-cubic}]}"
BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


@dataclass(frozen=True)
class Explanation:
    """What is said of a key, or of a part with keys of its own."""

    key: str
    kind: str  # of the part that it belongs to; "" where there is one only
    meaning: str
    type: str = ""
    bounds: dict[str, float] = field(default_factory=dict)
    default: str = ""
    moves: bool = False  # whether it may change in time, by a track of keys
    example: str = ""
    keys: dict[str, str] = field(default_factory=dict)  # of the part that stands there, with their meanings
    kinds: dict[str, str] = field(default_factory=dict)  # of parts that may stand there

    def as_text(self) -> str:
        """Returns it for a person."""
        title = f"{self.key}, {'of ' if self.type else ''}{self.kind}" if self.kind else self.key or "a scene"
        track = f"may change: {MOVING}" if self.moves else ""
        told = [("type", self.type), ("default", self.default), ("example", self.example), ("in time", track)]
        lines = [title, *_wrapped(self.meaning, "  ")]
        lines += [line for name, text in told if text for line in _wrapped(text, f"  {name + ':':<10}")]
        for name, listed in (("kinds", self.kinds), ("keys", self.keys)):
            lines += [f"  {name}:", *_listed(listed)] if listed else []
        return "\n".join(lines)


def explain(path: str) -> list[Explanation]:
    """Returns what is said of a path of keys; several where it is a key of several kinds of part.

    Raises UsageError with the nearest key where it leads nowhere.
    """
    found = find(path)
    if len(found) > 1 and all(each.key == "kind" for each in found):
        return [_explained_kinds(found)]
    return [_explained(each) for each in found]


def _explained_kinds(found: Sequence[Whereabouts]) -> Explanation:
    """Returns what is said of the key that says which of several kinds a part is."""
    kinds = {each.kind: _sentence(each.model) for each in found if each.model}
    return Explanation(
        ".".join(found[0].where),
        "",
        "Says which kind it is.",
        f"one of {joined(list(kinds))}",
        default="none, it must be given",
        example=f"kind: {found[0].kind}",
        kinds=kinds,
    )


def _explained(here: Whereabouts) -> Explanation:
    parts = here.parts
    kinds = {kind: _sentence(model) for kind, model in parts.items() if kind}
    keys = {} if kinds or not parts else _keys_of(*parts.values())
    name = ".".join(here.where)
    if here.model is None or here.info is None:
        only = next(iter(parts.values()), None)
        return Explanation(name, here.kind, _sentence(only) if only else "", keys=keys, kinds=kinds)
    definitions = _definitions()
    node = definitions[here.model.__name__]["properties"][here.key]
    value = example(here.model, here.key, node, definitions)
    return Explanation(
        name,
        here.kind,
        _capital(here.info.description or "says which kind it is"),
        said(node, _named).replace("`", ""),
        _bounds(node),
        _default(here),
        here.key in _moving(here.model.__name__),
        flow({here.key: value}).removeprefix("{").removesuffix("}"),
        keys,
        kinds,
    )


@functools.cache
def _definitions() -> dict[str, Any]:
    schema = models_schema()
    return {**schema["$defs"], Scene.__name__: schema}


@functools.cache
def _moving(part: str) -> frozenset[str]:
    """Returns the keys of a part, by the name of its definition, that may change in time."""
    properties = scene_schema()["$defs"].get(part, {}).get("properties", {})
    return frozenset(key for key, node in properties.items() if TRACK in node.get("anyOf", ()))


def _named(definition: str) -> str:
    """Returns what a part is called, by the name of its definition: its kind, or a mapping of its keys."""
    properties = _definitions()[definition].get("properties", {})
    kind = properties.get("kind", {}).get("const")
    return kind or f"a mapping with {joined(list(properties)).replace(' or ', ' and ')}"


def _bounds(node: dict[str, Any]) -> dict[str, float]:
    """Returns the bounds of a number, by their names in the schema."""
    nodes = [node, *node.get("anyOf", ()), *node.get("oneOf", ())]
    return {name: each[name] for each in nodes for name in BOUNDS if name in each}


def _default(here: Whereabouts) -> str:
    assert here.info is not None
    if here.where[0] == "look" and (told := _of_look(here.where[1:])):
        return told
    if here.info.is_required():
        return "none, it must be given"
    value = here.info.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return "nothing" if value is None else flow(value) if not _is_long(value) else "that of its keys"


def _of_look(where: tuple[str, ...]) -> str:
    """Returns what a key of a look is where a scene leaves it open, or "" where a look has it not at once."""
    value = _at(Look.model_validate({}).model_dump(mode="json"), where)
    if value is None or _is_long(value):
        return ""
    return f"as the look says; in {PRESET} {flow(value)}" if _at(preset(PRESET), where) is not None else flow(value)


def _at(data: Any, where: tuple[str, ...]) -> Any:
    for key in where:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _is_long(value: Any) -> bool:
    return isinstance(value, dict) and len(flow(value)) > WIDTH


def _keys_of(*models: type[BaseModel]) -> dict[str, str]:
    return {
        key: info.description or "says which kind it is" for model in models for key, info in model.model_fields.items()
    }


def _sentence(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False)


def _listed(listed: dict[str, str]) -> Iterator[str]:
    widest = max(map(len, listed))
    for name, meaning in listed.items():
        first = f"    {name:<{widest}}  "
        yield textwrap.shorten(meaning, WIDTH - len(first), placeholder=" …").join([first, ""])
