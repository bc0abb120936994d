"""The anatomy of a scene: which type stands at a location that pydantic names.

In the locations of errors, pydantic puts the tag of a union's member behind the field that holds it; a file knows no
such step, so it is taken out here.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from render.scene.part import PLAIN, Location


def follow(root: Any, location: Location) -> tuple[Location, Any]:
    """Returns the location as it stands in a file, and the type there (None where nothing is allowed)."""
    if location[:1] == (PLAIN,):
        return location[1:], None
    path: list[str | int] = []
    here = bare(root)
    for step in location:
        if step == "[key]":
            break
        if is_union(here):
            here = bare(members(here).get(str(step)))
        else:
            path.append(step)
            here = bare(child_of(here, step))
    return tuple(path), here


def kinds_at(root: Any, keys: Sequence[str]) -> list[Any]:
    """Returns the types that may stand at keys of a file, without metadata, one for each way through its unions."""
    here = _each(root)
    for key in keys:
        here = [kind for parent in here for kind in _each(child_of(parent, int(key) if key.isdecimal() else key))]
    return here


def _each(kind: Any) -> list[Any]:
    """Returns a type, or the members of a union, without metadata."""
    kind = bare(kind)
    return [member for part in get_args(kind) for member in _each(part)] if is_union(kind) else [kind]


def bare(kind: Any) -> Any:
    """Returns a type without its metadata and without None."""
    if get_origin(kind) is Annotated:
        return bare(get_args(kind)[0])
    if is_union(kind):
        some = [member for member in get_args(kind) if member is not type(None)]
        return bare(some[0]) if len(some) == 1 else kind
    return kind


def is_union(kind: Any) -> bool:
    """Whether a type is one of several."""
    return get_origin(kind) in (Union, types.UnionType)


def members(union: Any) -> dict[str, Any]:
    """Returns the members of a tagged union by their tags."""
    return {_tag(member): member for member in get_args(union)}


def kinds_of(union: Any) -> str:
    """Returns the tags of a tagged union in words: a, b or c."""
    *names, last = members(bare(union))
    return f"{', '.join(names)} or {last}"


def keys_of(kind: Any) -> list[str]:
    """Returns the keys that a mapping of a type may have; none where they are free names."""
    return list(kind.model_fields) if is_model(kind) else []


def choices_of(kind: Any) -> list[Any]:
    """Returns the values of a Literal, or nothing."""
    return list(get_args(kind)) if get_origin(kind) is Literal else []


def is_model(kind: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def child_of(kind: Any, step: str | int) -> Any:
    """Returns the type of what a model, mapping, list or pair holds at a key or place; None where it holds nothing."""
    arguments = get_args(kind)
    if is_model(kind):
        found = kind.model_fields.get(step)
        return found.annotation if found else None
    if get_origin(kind) is dict:
        return arguments[1]
    if get_origin(kind) is tuple and isinstance(step, int):
        return arguments[min(step, len(arguments) - 1)]
    return arguments[0] if arguments else None


def _tag(member: Any) -> str:
    tags = [data.tag for data in get_args(member)[1:] if isinstance(data, Tag)]
    return tags[0] if tags else str(member.model_fields["kind"].default)
