"""Where a key leads among the models of a scene: shots.camera.sweep is a key of two kinds of camera.

Names that a scene chooses and places in lists may be left out, written as NAME and N, or filled in, as in
surfaces.main.points. A kind stands among the keys, as in shots.camera.orbit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from render.errors import UsageError
from render.scene.language.anatomy import bare, is_model, is_union
from render.scene.language.nearest import guess, nearest, slips_between
from render.scene.spec import Scene

NAMED, COUNTED = "NAME", "N"  # steps of a location: a name that the scene chooses, a place in a list


@dataclass(frozen=True)
class Whereabouts:
    """A place in a scene: what may stand there, and the key that holds it, where it is one."""

    type: Any
    where: tuple[str, ...] = ()
    kind: str = ""  # of the part that it is a key of, or that it is
    model: type[BaseModel] | None = None
    key: str = ""

    @property
    def info(self) -> FieldInfo | None:
        """The field of the key."""
        return self.model.model_fields[self.key] if self.model else None

    @property
    def parts(self) -> dict[str, type[BaseModel]]:
        """The models that may stand here, in lists and under names too, by kind; "" is the only one."""
        found = {tag: kind for tag, kind in _members(_held(self.type)) if is_model(kind)}
        return found if len(found) > 1 else dict.fromkeys([""], next(iter(found.values()))) if found else {}


SHORT = 2  # letters of a word that is a name like any other, and nobody's slip
ROOT = Whereabouts(Scene)


def find(path: str) -> list[Whereabouts]:
    """Returns where a path of keys leads, several places where it goes through several kinds.

    Raises UsageError with the nearest key where it leads nowhere.
    """
    here = [ROOT]
    steps = [step for step in path.strip().split(".") if step] if path.strip() else []
    for index, step in enumerate(steps):
        further = [found for each in here for found in _enter(each, step)]
        last = index == len(steps) - 1
        if not further or (last and _is_slip(step, here)):
            raise UsageError(f"{path}: {_lost(step, steps[:index], here)}")
        here = list(dict.fromkeys(further))
    return here


def every_key() -> Iterator[Whereabouts]:
    """Gives every key of a scene once for each place where it stands."""
    waiting = [ROOT]
    while waiting:
        here = waiting.pop(0)
        for kind, model in here.parts.items():
            if here.where.count(COUNTED) + here.where.count(NAMED) > 4:
                continue
            for key in model.model_fields:
                found = _key(replace(here, where=_inside(here)), kind, model, key)
                yield found
                waiting.append(found)


def _enter(here: Whereabouts, step: str) -> list[Whereabouts]:
    """Returns what a step leads to: a key of a model, a kind, a name or a place in a list; nothing where to nowhere."""
    kind = bare(here.type)
    if is_model(kind):
        return [_key(here, here.kind, kind, step)] if step in kind.model_fields else []
    if is_union(kind):
        return _enter_union(here, kind, step)
    inner = _within(kind)
    if inner is None:
        return []
    named = get_origin(kind) is dict
    below = replace(here, type=inner, where=(*here.where, NAMED if named else COUNTED))
    found = _enter(below, step)
    if found or not (named or step == COUNTED or step.isdecimal()):
        return found
    return [replace(below, model=None, key="", kind="")]


def _enter_union(here: Whereabouts, union: Any, step: str) -> list[Whereabouts]:
    members = list(_members(union))
    found = [each for tag, member in members for each in _enter(replace(here, type=member, kind=tag), step)]
    if found:
        return found
    return [
        replace(here, type=member, kind=tag, model=None, key="", where=here.where)
        for tag, member in members
        if tag == step
    ]


def _key(here: Whereabouts, kind: str, model: type[BaseModel], key: str) -> Whereabouts:
    return Whereabouts(model.model_fields[key].annotation, (*here.where, key), kind, model, key)


def _within(kind: Any) -> Any:
    """Returns the type of what a mapping, list or pair holds; None for what holds nothing."""
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if get_origin(kind) in (list, tuple) and arguments else None


def _held(kind: Any) -> Any:
    """Returns the type of what stands at the bottom of mappings and lists."""
    inner = _within(bare(kind))
    return bare(kind) if inner is None else _held(inner)


def _inside(here: Whereabouts) -> tuple[str, ...]:
    where, kind = here.where, bare(here.type)
    while (inner := _within(kind)) is not None:
        where, kind = (*where, NAMED if get_origin(kind) is dict else COUNTED), bare(inner)
    return where


def _members(kind: Any) -> Iterator[tuple[str, Any]]:
    """Gives the members of a union by their tags, those in mappings and lists too; any other type alone."""
    if not is_union(kind):
        yield "", kind
        return
    for member in get_args(kind):
        tags = [data.tag for data in get_args(member)[1:] if isinstance(data, Tag)]
        inner = bare(member)
        own = inner.model_fields.get("kind") if is_model(inner) else None
        yield (tags[0] if tags else str(own.default) if own else ""), inner


def _known(here: Sequence[Whereabouts]) -> list[str]:
    """Returns the keys that may follow."""
    return list(dict.fromkeys(key for each in here for model in each.parts.values() for key in model.model_fields))


def _is_slip(step: str, here: Sequence[Whereabouts]) -> bool:
    """Whether a step that was taken for a name was probably meant for a key."""
    own = [*_known(here), *(kind for each in here for kind in each.parts), NAMED, COUNTED]
    near = (key for key in own if len(key) > SHORT and slips_between(step, key) == 1)
    return step not in own and not step.isdecimal() and len(step) > SHORT and any(near)


def _lost(step: str, before: Sequence[str], here: Sequence[Whereabouts]) -> str:
    """Returns why a step leads nowhere, with the nearest that would."""
    known, kinds = _known(here), [kind for each in here for kind in each.parts if kind]
    where = ".".join(before)
    if not known:
        return f"{where} holds no keys; leave {step} out"
    elsewhere = list(dict.fromkeys(".".join(_plain(each)) for each in every_key() if each.key == step))
    if elsewhere and guess(step, known) is None:
        return f"{step} is not a key {_of(where)}; did you mean {' or '.join(elsewhere[:3])}?"
    remedy = nearest(step, known) if guess(step, kinds) is None else nearest(step, kinds)
    return f"{step} is not a key {_of(where)}; {remedy}"


def _of(where: str) -> str:
    return f"of {where}" if where else "at the top of a scene"


def _plain(each: Whereabouts) -> list[str]:
    return [step for step in each.where if step not in (NAMED, COUNTED)]
