"""What of a part of a scene a key is made from: every field, unless its own definition says that it does not count.

    run: Annotated[Name, InKey.NAME] = Field(...)

A field that says nothing counts, so that a new one can make results anew without need, but never pass for an old one.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Any

from render.scene.part import Part, Seed


class InKey(enum.Enum):
    """What a field is to a key that it does not count for as it stands."""

    NAME = "names other parts of the scene, whose keys stand in the place of their names"
    LABEL = "is written on pictures only, and makes nothing that is trained or measured another"
    APART = "is put into a key by itself, as what it comes to in the scene"
    GIVEN = "counts where it is given; absent it is left out, as before there was such a field"
    SCENE_SEED = "counts, and where it is absent the seed of the scene is drawn from, which counts then"


OwnSeed = Annotated[Seed | None, InKey.SCENE_SEED]  # the scene's own when absent


def counted(part: Part, keys: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Returns the plain data of a part that counts for a key; keys are those of what it names, by their names."""
    found: dict[str, Any] = _counted(part, part.model_dump(mode="json"), keys or {})
    return found


def draws_from_scene(part: Part) -> bool:
    """Whether a part, or one within it, lacks a seed of its own."""
    lacks = any(value is None and InKey.SCENE_SEED in _marks(part, name) for name, value in part)
    return lacks or any(isinstance(value, Part) and draws_from_scene(value) for _, value in part)


def _counted(value: Any, plain: Any, keys: Mapping[str, str]) -> Any:
    """Returns plain data without what does not count; value is what it was dumped from."""
    if isinstance(value, Part) and isinstance(plain, dict):
        marks = {name: _marks(value, name) for name in plain}
        return {
            name: _named(said, keys) if InKey.NAME in marks[name] else _counted(getattr(value, name), said, keys)
            for name, said in plain.items()
            if not {InKey.LABEL, InKey.APART} & marks[name] and (said is not None or InKey.GIVEN not in marks[name])
        }
    if isinstance(value, Mapping) and isinstance(plain, dict):
        return {name: _counted(inner, plain[name], keys) for name, inner in value.items()}
    if isinstance(value, list | tuple) and isinstance(plain, list):
        return [_counted(inner, said, keys) for inner, said in zip(value, plain, strict=True)]
    return plain


def _named(said: Any, keys: Mapping[str, str]) -> Any:
    """Returns keys in the place of names."""
    return [keys[name] for name in said] if isinstance(said, list) else keys[said] if said is not None else None


def _marks(part: Part, name: str) -> set[InKey]:
    found = type(part).model_fields.get(name)
    return {mark for mark in found.metadata if isinstance(mark, InKey)} if found else set()
