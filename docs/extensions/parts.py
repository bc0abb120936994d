"""The parts of a scene, found by walking its models: which key holds which part, and on which page each stands.

A part of one or two keys stands on the page of the key that holds it; every other has a page. Where a key holds one of
several kinds, they stand on one page.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from render.scene.spec import Scene

FEW = 2  # keys of a part that has no page of its own
NAMED, COUNTED = "NAME", "N"  # steps of a location: a name that the scene chooses, a place in a list

Model = type[BaseModel]
Where = tuple[str, ...]


@dataclass
class Family:
    """One part, or the kinds of one, that a key may hold."""

    where: Where  # of the key that holds it, where it was met first
    kinds: dict[str, Model]  # by the name of the kind; of one part alone by ""
    page: str = ""
    others: list[Where] = field(default_factory=list)  # further keys that hold it

    @property
    def anchor(self) -> str:
        """The name by which pages link here."""
        return anchor_of(self, "")

    @property
    def title(self) -> str:
        """The key as a path of keys."""
        return ".".join(self.where)


def families() -> dict[Model, Family]:
    """Returns the family of every model, in the order in which a reader meets them."""
    found: dict[Model, Family] = {}
    root = Family((), {"": Scene}, "index")
    waiting = [root]
    while waiting:
        family = waiting.pop(0)
        found.update(dict.fromkeys(family.kinds.values(), family))
        for model, (key, info) in _keys(family):
            for steps, kinds in _held(info):
                where = (*family.where, key, *steps)
                first = next(iter(kinds.values()))
                known = found.get(first) or next((each for each in waiting if first in each.kinds.values()), None)
                if known is not None:
                    known.others += [where] if where not in (known.where, *known.others) else []
                met = {*found, *(each for one in waiting for each in one.kinds.values())}
                # a key may take more kinds than one before it
                kinds = {tag: each for tag, each in kinds.items() if each not in met}
                if not kinds:
                    continue
                new = Family(where, kinds)
                new.page = family.page if _is_small(kinds) and model is not Scene else "-".join(_words(where))
                waiting.append(new)
    return found


def anchor_of(family: Family, kind: str, key: str = "") -> str:
    """Returns the name by which pages link to a kind of a family, or to a key of it."""
    rank = "key" if key else "kind" if kind else "scene"
    return "-".join(filter(None, [rank, *_words(family.where), kind, key]))


def _words(where: Where) -> list[str]:
    return [step for step in where if step not in (NAMED, COUNTED)]


def _keys(family: Family) -> Iterator[tuple[Model, tuple[str, FieldInfo]]]:
    for model in family.kinds.values():
        for key in model.model_fields.items():
            yield model, key


def _is_small(kinds: dict[str, Model]) -> bool:
    return len(kinds) == 1 and all(
        len(model.model_fields) <= FEW and not any(True for info in model.model_fields.values() for _ in _held(info))
        for model in kinds.values()
    )


def _held(info: FieldInfo) -> Iterator[tuple[Where, dict[str, Model]]]:
    """Gives the parts that a key may hold, by their kinds, and the steps that lead to them."""
    members = list(_models(info.annotation, ()))
    for steps, group in itertools.groupby(members, key=lambda member: member[0]):
        kinds = [(tag, model) for _, tag, model in group]
        alone = len(kinds) == 1
        yield steps, {"" if alone else tag: model for tag, model in kinds}


def _models(kind: Any, steps: Where, tag: str = "") -> Iterator[tuple[Where, str, Model]]:
    """Gives the models of a type, with their tags and the steps that lead to them."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield steps, tag or _kind_of(kind), kind
        return
    arguments = get_args(kind)
    if hasattr(kind, "__metadata__"):
        tags = [each.tag for each in kind.__metadata__ if isinstance(each, Tag)]
        yield from _models(arguments[0], steps, tags[0] if tags else tag)
        return
    if get_origin(kind) is dict:
        yield from _models(arguments[1], (*steps, NAMED), tag)
        return
    inner = (*steps, COUNTED) if get_origin(kind) in (list, tuple) else steps
    for argument in arguments:
        yield from _models(argument, inner, tag)


def _kind_of(model: Model) -> str:
    """Returns the name of the kind of a model, which its key `kind` says."""
    info = model.model_fields.get("kind")
    choices = get_args(info.annotation) if info else ()
    return str(choices[0]) if len(choices) == 1 else ""
