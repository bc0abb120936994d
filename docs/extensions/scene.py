"""The reference of scene files: every key with its meaning, type, bounds, default and an example, from the models."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sphinx.application import Sphinx

from extensions import pages
from extensions.parts import COUNTED, NAMED, Family, Model, anchor_of, families
from render.scene.language.allowed import said
from render.scene.language.example import SHORT, example, first_scene, least
from render.scene.language.flow import block, flow
from render.scene.language.schema import models_schema
from render.scene.look import PRESET, Look, preset, preset_names
from render.scene.spec import Scene

FOLDER = "reference/scene"
REQUIRED = "none, it must be given"
ADDRESS = f"""\
A key is addressed by the keys that lead to it, joined by points: `{NAMED}` stands for a name that the scene chooses,
`{COUNTED}` for a place in a list, counted from 0. So `--set surfaces.main.margin=0.5` on the command line sets
`surfaces.{NAMED}.margin` of the surface `main`, and `--set shots.0.duration=4s` the `shots.{COUNTED}.duration` of the
first shot.
"""


def write(app: Sphinx) -> None:
    """Writes the pages into the sources of the book."""
    pages.write(Path(app.srcdir) / FOLDER, scene_pages())


def scene_pages() -> dict[str, str]:
    """Returns the text of every page by its name."""
    reference = _Reference(families(), models_schema())
    names = dict.fromkeys(family.page for family in reference.ordered)
    return {name: reference.page(name) for name in names}


class _Reference:
    """What the pages are written from."""

    def __init__(self, known: dict[Model, Family], schema: dict[str, Any]):
        self.families = known
        self.definitions = {**schema["$defs"], Scene.__name__: schema}
        self.models = {model.__name__: model for model in known}
        self.ordered = sorted({id(family): family for family in known.values()}.values(), key=self._place)
        if len(self.models) != len(known):
            raise ValueError("two models of a scene have one name; the schema cannot tell them apart")

    @staticmethod
    def _place(family: Family) -> tuple[int, ...]:
        """Returns where a family stands in the order of keys in the models."""
        top = list(Scene.model_fields)
        return (top.index(family.where[0]), len(family.where)) if family.where else (-1,)

    def page(self, name: str) -> str:
        """Returns the text of a page."""
        here = [family for family in self.ordered if family.page == name]
        parts = [self._contents()] if name == "index" else []
        body = [line for depth, family in enumerate(here) for line in self._family(family, 1 if depth == 0 else 2)]
        return "\n".join([*body, *parts]).rstrip() + "\n"

    def _contents(self) -> str:
        own = [family for family in self.ordered if family.page != "index" and self._leads(family)]
        rows = [f"| [`{family.title}`](#{family.anchor}) | {self._summary(family)} |" for family in own]
        listed = "\n".join(family.page for family in own)
        table = "\n".join(["| part | what it is |", "|---|---|", *rows])
        tree = f"```{{toctree}}\n:hidden:\n\n{listed}\n```"
        return f"## All parts\n\n{table}\n\n## The first scene\n\n```yaml\n{first_scene()}\n```\n\n{tree}\n"

    def _leads(self, family: Family) -> bool:
        """Whether a family is the first of its page."""
        return next(each for each in self.ordered if each.page == family.page) is family

    def _summary(self, family: Family) -> str:
        if len(family.kinds) > 1:
            return f"one of {len(family.kinds)} kinds: {', '.join(self._link(family, kind) for kind in family.kinds)}"
        (model,) = family.kinds.values()
        return _sentence(model)

    @staticmethod
    def _link(family: Family, kind: str) -> str:
        return f"[{kind}](#{anchor_of(family, kind)})"

    def _family(self, family: Family, level: int) -> Iterator[str]:
        marks, title = "#" * level, f"`{family.title}`" if family.where else "Scene files"
        yield from (f"({family.anchor})=", f"{marks} {title}", "")
        if not family.where:
            yield from (
                "A scene file is YAML 1.2. These are its keys; most hold parts that have keys of their own.",
                "",
            )
        if family.others:
            also = ", ".join(f"`{'.'.join(where)}`" for where in family.others)
            yield from (f"The same keys stand in {also}.", "")
        if len(family.kinds) == 1:
            (model,) = family.kinds.values()
            yield from self._model(family, "", model, level + 1)
            return
        yield from (f"One of: {', '.join(self._link(family, kind) for kind in family.kinds)}.", "")
        for kind, model in family.kinds.items():
            yield from (f"({anchor_of(family, kind)})=", f"{marks}# `{kind}`", "")
            yield from self._model(family, kind, model, level + 2)

    def _model(self, family: Family, kind: str, model: Model, level: int) -> Iterator[str]:
        yield from (*(_paragraphs(model) if family.where else [ADDRESS]), "")
        if kind:
            yield from (f"With no more than it must have: `{flow(least(model, self.definitions))}`.", "")
        for key, info in model.model_fields.items():
            yield from (f"({anchor_of(family, kind, key)})=", f"{'#' * level} `{key}`", "")
            yield from self._key(family, model, key, info)

    def _key(self, family: Family, model: Model, key: str, info: FieldInfo) -> Iterator[str]:
        node = self.definitions[model.__name__]["properties"][key]
        value = example(model, key, node, self.definitions)
        yield from (f"{_capital(info.description or 'says which kind it is')}.", "")
        yield f":type: {said(node, self._named)}"
        yield f":default: {self._default(family, model, key, info, node)}"
        line = flow({key: value}).removeprefix("{").removesuffix("}")
        if len(line) <= SHORT:
            yield from (f":example: `{line}`", "")
        else:
            yield from ("", "```yaml", block({key: value}), "```", "")

    def _named(self, definition: str) -> str:
        """Returns a link to a part, by the name of its definition."""
        model = self.models[definition]
        family = self.families[model]
        kind = next(kind for kind, each in family.kinds.items() if each is model)
        return f"[{kind or family.where[-1]}](#{anchor_of(family, kind)})" if kind else _plain_link(family)

    def _default(self, family: Family, model: Model, key: str, info: FieldInfo, node: dict[str, Any]) -> str:
        if family.where[:1] == ("look",):
            return _of_look(family, key, info)
        if family.where == () and key == "look":
            return f"the look `{PRESET}`"
        if info.is_required():
            return REQUIRED
        value = node.get("default", info.get_default(call_default_factory=True))
        return _shown(info, value)


def _plain_link(family: Family) -> str:
    return f"a mapping, [`{family.title}`](#{family.anchor})"


def _of_look(family: Family, key: str, info: FieldInfo) -> str:
    """Returns what a key of a look is where a scene leaves it open: its preset's value, or that of all looks."""
    where = (*family.where[1:], key)
    value = _at(Look.model_validate({}).model_dump(mode="json"), where)
    if value is PydanticUndefined:  # of a kind that the look has not
        return REQUIRED if info.is_required() else _shown(info, info.get_default(call_default_factory=True))
    own = any(_at(preset(name), where) is not PydanticUndefined for name in preset_names())
    said = f"as the look says; in `{PRESET}` {_shown(info, value)}" if own else _shown(info, value)
    return said + "".join(_elsewhere(info, key, value, other) for other in family.others)


def _elsewhere(info: FieldInfo, key: str, value: Any, where: Sequence[str]) -> str:
    """Returns what a key is in another part of a look that has the same keys, where that is something else."""
    other = _at(Look.model_validate({}).model_dump(mode="json"), (*where[1:], key))
    return "" if other in (value, PydanticUndefined) else f"; of `{'.'.join(where)}` {_shown(info, other)}"


def _at(data: Any, where: Sequence[str]) -> Any:
    """Returns what stands at keys of plain data, or PydanticUndefined."""
    for key in where:
        if not isinstance(data, dict) or key not in data:
            return PydanticUndefined
        data = data[key]
    return data


def _shown(info: FieldInfo, value: Any) -> str:
    """Returns a default in words."""
    default = info.get_default(call_default_factory=True)
    if value is None:
        return "nothing"
    if _is_part(info.annotation) or (isinstance(default, BaseModel) and not hasattr(default, "kind")):
        return "the defaults of its keys"
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, dict) and "kind" in value:
        value = {"kind": value["kind"]}
    return f"`{flow(value)}`"


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _paragraphs(model: Model) -> list[str]:
    return inspect.cleandoc(model.__doc__ or "").splitlines()


def _sentence(model: Model) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def setup(app: Sphinx) -> dict[str, bool]:
    """Has the pages written when a build begins."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
