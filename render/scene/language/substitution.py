"""Substitution: the values of a scene's parameters in the places that name them.

    network: {kind: mlp, widths: ["${params.width}"]}
    title: A network of width ${params.width}

A reference that is a whole value becomes the parameter's value, of its type; within text it is written out. Nothing
else is done: no code, and what was put in is not looked through again. `$${` writes `${`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from render.errors import SceneError
from render.scene.language.document import Document
from render.scene.language.nearest import nearest
from render.scene.language.problem import SceneProblem
from render.scene.param import written
from render.scene.part import Location

PARAMS, MATRIX = "params", "matrix"
APART = (PARAMS, MATRIX)  # keys in which nothing is put in: they say what is
MARK = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<name>[^{}]*)\}|(?P<open>\$\{)")
ESCAPE = "to write ${ itself, double its $: $${"


def substituted(document: Document) -> Document:
    """Returns a document with values in the place of references; raises SceneError with all that lead nowhere."""
    values = _values(document.data)
    references: dict[Location, str] = {}
    problems: list[str] = []

    def put(text: str, location: Location) -> Any:
        if (fault := _fault(text, values)) is not None:
            problems.append(document.place(location).says(str(SceneProblem(location, fault))))
            return text
        if named := [match[0] for match in MARK.finditer(text) if match["name"] is not None]:
            references[location] = ", ".join(dict.fromkeys(named))
        return _put(text, values)

    data = {key: value if key in APART else _each_text(value, (key,), put) for key, value in document.data.items()}
    if problems:
        raise SceneError(problems)
    return replace(document, data=data, references=references)


def escaped(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the plain data of a scene so that reading it puts nothing in."""
    return {
        key: value if key in APART else _each_text(value, (key,), lambda text, _: text.replace("${", "$${"))
        for key, value in data.items()
    }


def _each_text(value: Any, location: Location, put: Callable[[str, Location], Any]) -> Any:
    """Returns plain data with something in the place of each text."""
    if isinstance(value, str):
        return put(value, location)
    if isinstance(value, Mapping):
        return {key: _each_text(each, (*location, key), put) for key, each in value.items()}
    if isinstance(value, list):
        return [_each_text(each, (*location, index), put) for index, each in enumerate(value)]
    return value


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values of the parameters, as far as they are said."""
    params = data.get(PARAMS)
    found = params.items() if isinstance(params, Mapping) else ()
    return {name: param["value"] for name, param in found if isinstance(param, Mapping) and "value" in param}


def _put(text: str, values: Mapping[str, Any]) -> Any:
    whole = MARK.fullmatch(text)
    if whole and whole["name"] is not None:
        return values[_name(whole["name"])]
    return MARK.sub(lambda match: "${" if match["escaped"] else written(values[_name(match["name"])]), text)


def _fault(text: str, values: Mapping[str, Any]) -> str | None:
    """Returns what is wrong with the first reference of a text that leads nowhere, or None."""
    return next(_faults(text, values), None)


def _faults(text: str, values: Mapping[str, Any]) -> Iterator[str]:
    for match in MARK.finditer(text):
        if match["open"]:
            yield f"${{ is not closed; write ${{{PARAMS}.NAME}}, or, {ESCAPE}"
        elif match["name"] is not None and _name(match["name"]) not in values:
            yield _unknown(match["name"], values)


def _unknown(said: str, values: Mapping[str, Any]) -> str:
    family, _, name = said.strip().partition(".")
    if family != PARAMS or not name:
        remedy = f"write ${{{PARAMS}.{said.strip()}}}" if said.strip() in values else f"write ${{{PARAMS}.NAME}}"
        return f"${{{said}}} names no param; {remedy}, or, {ESCAPE}"
    return f"there is no param {name}; {nearest(name, values) if values else 'add it under params'}"


def _name(said: str) -> str:
    """Returns the parameter that a reference names."""
    return said.strip().removeprefix(f"{PARAMS}.") if said.strip().startswith(f"{PARAMS}.") else ""
