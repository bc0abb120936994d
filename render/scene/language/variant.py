"""The variants of a scene: every combination of the values that its matrix lists.

A variant is a scene of its own. Its stills and films, and what is made under its name, are called by its values too.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from render.errors import SceneError
from render.scene.language.document import Document
from render.scene.language.load import check_params, complete, opened
from render.scene.language.nearest import nearest
from render.scene.language.place import Place
from render.scene.language.setting import Setting, change
from render.scene.language.substitution import MATRIX, PARAMS
from render.scene.param import written
from render.scene.spec import Scene
from render.scene.varied import ONE

LONGEST_NAME = 64  # of a still or film, with what is added to it
LONGEST_VALUE = 32  # characters of a value on a sheet
DIGITS = 6  # of a hash that tells apart names that would be too long, or the same


@dataclass(frozen=True)
class Variant:
    """One scene of a file: the whole of it where there is no matrix."""

    scene: Scene
    document: Document
    values: Mapping[str, Any] = field(default_factory=dict)  # by the keys of the matrix
    suffix: str = ""  # what is added to names

    @property
    def label(self) -> str:
        """Its values in words, as they stand on a sheet."""
        words = _words(list(self.values))
        return " · ".join(f"{words[key]} {_said(value)}" for key, value in self.values.items())

    def called(self, name: str) -> str:
        """Returns a name, such as that of the file, with what it adds to names."""
        return f"{name}-{self.suffix}" if self.suffix else name


@dataclass(frozen=True)
class _Axis:
    key: str
    keys: tuple[str, ...]  # of the plain data
    values: Sequence[Any]
    places: Sequence[Place]


def load_variants(path: Path, settings: Sequence[str] = (), params: Sequence[str] = ()) -> list[Variant]:
    """Returns the scenes of a file, one where it has no matrix; raises SceneError with all problems of all of them.

    What the command line sets is not varied.
    """
    return variants(opened(path, settings, params))


def variants(document: Document) -> list[Variant]:
    """Returns the scenes of a document whose references are still as they are written."""
    check_params(document)
    axes = _axes(document)
    if not axes:
        return [Variant(*complete(document))]
    bare = replace(document, data={key: value for key, value in document.data.items() if key != MATRIX})
    found: list[Variant] = []
    problems: dict[str, None] = {}
    suffixes = _suffixes(axes)
    for picked in itertools.product(*(range(len(axis.values)) for axis in axes)):
        try:
            changed = _changed(bare, axes, picked)
            scene, placed = complete(changed)
        except SceneError as error:
            problems |= dict.fromkeys(error.problems)
            continue
        values = {axis.key: axis.values[index] for axis, index in zip(axes, picked, strict=True)}
        found.append(Variant(_named(scene, suffixes[picked]), placed, values, suffixes[picked]))
    if problems:
        raise SceneError(list(problems))
    return found


def _axes(document: Document) -> list[_Axis]:
    """Returns what varies; raises SceneError where a key of the matrix is none."""
    matrix, params = document.data.get(MATRIX) or {}, document.data.get(PARAMS) or {}
    problems = []
    axes = []
    for key, values in matrix.items():
        keys = _keys(key, params)
        if fault := _fault(key, keys, params):
            problems.append(document.place((MATRIX, key), of_key=True).says(f"{MATRIX}.{key}: {fault}"))
        elif (given := _given(document, keys)) is not None:
            axes.append(_Axis(key, keys, [given], [document.place(keys)]))
        else:
            places = [document.place((MATRIX, key, index)) for index in range(len(values))]
            axes.append(_Axis(key, keys, values, places))
    if problems:
        raise SceneError(problems)
    return axes


def _keys(key: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the keys that lead to what a key of the matrix sets: the value of a param, by its name, or any other."""
    steps = key.split(".")
    name = steps[1] if steps[0] == PARAMS and steps[2:] in ([], ["value"]) and steps[1:] else key
    return (PARAMS, name, "value") if name in params else tuple(steps)


def _fault(key: str, keys: tuple[str, ...], params: Mapping[str, Any]) -> str | None:
    if not all(keys):
        return "is not a key's path; write it like shots.0.duration"
    if keys[0] == PARAMS and keys[-1] == "value" and keys[1] in params:
        return None
    if keys[0] in ONE:
        return "is the same in every variant; vary the value of a param, or another key"
    if keys[0] not in Scene.model_fields:
        return f"is neither a param nor a key; {nearest(key, [*params, *Scene.model_fields])}"
    return None


def _given(document: Document, keys: tuple[str, ...]) -> Any:
    """Returns the value at keys that the command line has set, or None."""
    here = document.data
    for key in keys:
        here = here.get(key) if isinstance(here, dict) else here[int(key)] if _is_place(here, key) else None
    location = tuple(int(key) if key.isdecimal() else key for key in keys)
    return here if document.place(location).source.startswith("--") else None


def _is_place(here: Any, key: str) -> bool:
    return isinstance(here, list) and key.isdecimal() and int(key) < len(here)


def _changed(document: Document, axes: Sequence[_Axis], picked: Sequence[int]) -> Document:
    for axis, index in zip(axes, picked, strict=True):
        document = change(document, Setting(axis.keys, axis.values[index], axis.places[index]))
    return document


def _named(scene: Scene, suffix: str) -> Scene:
    """Returns a scene whose stills and films are called by a suffix as well."""
    return scene.model_copy(
        update={
            family: {joined(name, suffix): output for name, output in getattr(scene, family).items()}
            for family in ("stills", "films")
        }
    )


def joined(name: str, suffix: str) -> str:
    """Returns a name with a suffix, cut where it would be too long, so that two never become one."""
    whole = f"{name}-{suffix}"
    return whole if len(whole) <= LONGEST_NAME else f"{whole[: LONGEST_NAME - DIGITS - 1]}-{_hash(whole)}"


def _suffixes(axes: Sequence[_Axis]) -> dict[tuple[int, ...], str]:
    """Returns what is added to the names of each variant; a hash tells apart those whose letters are the same."""
    words = _words([axis.key for axis in axes])
    plain: dict[tuple[int, ...], str] = {}
    for picked in itertools.product(*(range(len(axis.values)) for axis in axes)):
        parts = [
            f"{words[axis.key].replace('.', '-')}-{_said(axis.values[i])}" for axis, i in zip(axes, picked, strict=True)
        ]
        plain[picked] = re.sub(r"[^A-Za-z0-9-]+", "_", "-".join(parts)).strip("_")
    alike = {suffix for suffix in plain.values() if list(plain.values()).count(suffix) > 1}
    exact = {picked: json.dumps([axis.values[i] for axis, i in zip(axes, picked, strict=True)]) for picked in plain}
    return {
        picked: f"{suffix}-{_hash(exact[picked])}" if suffix in alike else suffix for picked, suffix in plain.items()
    }


def _words(keys: Sequence[str]) -> dict[str, str]:
    """Returns the last two steps of each key, places in lists left out, or the whole key where two end alike."""
    last = {key: ".".join(_steps(key)[-2:]) or key for key in keys}
    return {key: word if list(last.values()).count(word) == 1 else key for key, word in last.items()}


def _steps(key: str) -> list[str]:
    return [step for step in key.split(".") if not step.isdecimal()]


def _said(value: Any) -> str:
    """Returns a value in a few letters."""
    text = written(value) if not isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
