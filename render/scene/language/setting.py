"""A setting of the command line, key.path=value, or NAME=VALUE of a param: one change to the plain data of a scene.

A value is read as YAML, but for what a command line is not for: there are no comments, so `#` begins none, and where a
scene has text, the value is that text as it stands, whatever signs are in it. Quotes around it are taken off.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import Any

from render.errors import SceneError
from render.scene.language.anatomy import kinds_at
from render.scene.language.document import Document, parse
from render.scene.language.nearest import nearest
from render.scene.language.place import Place, Source
from render.scene.language.problem import show
from render.scene.param import written
from render.scene.part import Location
from render.scene.spec import Scene
from render.scene.time.lifting import root_of

SIGNS = ("*", "%", "@", "`", "|", ">")  # with which YAML begins something else than a value
COMMENT = re.compile(r"(^|\s)#")  # what would be one in a file
TRACK = re.compile(r"\{\s*keys\s*:")  # begins what changes in time, where a scene has text too
WORD = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<![^\s\[{,])(#[^\s,\[\]{}]*)""")  # in quotes, or with #


@dataclass(frozen=True)
class Setting:
    """Where to, what, and how to name the setting in a message."""

    keys: tuple[str, ...]
    value: Any
    place: Place


def read_setting(text: str) -> Setting:
    """Returns the setting of key.path=value; raises SceneError where the value cannot be read."""
    place = Place(f"--set {text}")
    path, equals, value = text.partition("=")
    keys = tuple(path.strip().split("."))
    if not equals or not all(keys):
        raise SceneError([place.says("is not key.path=value; write it like shots.0.duration=4s")])
    return Setting(keys, _value(keys, value, Source(place.source, has_lines=False)), place)


def read_param(text: str, data: Any) -> Setting:
    """Returns the setting of NAME=VALUE for the plain data of a scene; raises SceneError where it has no such param."""
    place = Place(f"--param {text}")
    name, equals, value = text.partition("=")
    name, known = name.strip(), data.get("params")
    if not equals or not name:
        raise SceneError([place.says("is not NAME=VALUE; write it like width=8")])
    if not isinstance(known, dict) or name not in known:
        remedy = nearest(name, known) if isinstance(known, dict) and known else "add it under params, or use --set"
        raise SceneError([place.says(f"the scene has no param {show(name)}; {remedy}")])
    param = known[name] if isinstance(known[name], dict) else {}
    return Setting(("params", name, "value"), _param_value(param, value.strip(), place), place)


def _param_value(param: dict[str, Any], text: str, place: Place) -> Any:
    """Returns the value of a text for a param: the choice that is written so, text as it stands, or what YAML reads."""
    if text.startswith(("'", '"')):
        text = str(parse(text, Source(place.source, has_lines=False)).data)
    kind, listed = param.get("type"), param.get("in")
    if kind == "choice" and isinstance(listed, list):
        return next((each for each in listed if written(each) == text), text)
    if kind in ("text", "colour", "choice") or text.startswith(SIGNS) or COMMENT.search(text):
        return text
    return parse(text, Source(place.source, has_lines=False)).data


def _value(keys: tuple[str, ...], text: str, source: Source) -> Any:
    """Returns the value of a text for what stands at keys of a scene."""
    text = text.strip()
    if text.startswith(("'", '"')):
        return parse(text, source).data
    is_text = _is_text(keys) and not (TRACK.match(text) and root_of(keys))
    if is_text or text.startswith(SIGNS) or (COMMENT.search(text) and not text.startswith(("[", "{"))):
        return text
    return parse(WORD.sub(lambda found: found[1] or json.dumps(found[2]), text), source).data


def _is_text(keys: tuple[str, ...]) -> bool:
    """Whether a scene has text at keys, and nothing else."""
    kinds = kinds_at(Scene, keys)
    return bool(kinds) and all(kind is str for kind in kinds)


def change(document: Document, setting: Setting) -> Document:
    """Returns the document with one value set, and the way to it made; raises SceneError where it cannot be."""
    data = copy.deepcopy(document.data)
    location: Location = ()
    here = data
    for key in setting.keys[:-1]:
        location = (*location, _step(here, key, setting, location))
        here = _enter(here, location[-1])
    location = (*location, _step(here, setting.keys[-1], setting, location))
    here[location[-1]] = copy.deepcopy(setting.value)
    return Document(
        data, _placed(document.keys, location, setting.place), _placed(document.values, location, setting.place)
    )


def _step(here: Any, key: str, setting: Setting, location: Location) -> str | int:
    """Returns the key or index that leads on from a mapping or list."""
    if isinstance(here, dict):
        return key
    where = ".".join(map(str, location)) or "the scene"
    if not isinstance(here, list):
        raise SceneError([setting.place.says(f"{where} holds no keys, so {key} cannot be set in it")])
    if not (key.isascii() and key.isdecimal() and len(key) < 9 and int(key) < len(here)):
        entries = f"from 0 to {len(here) - 1}" if here else "of which there are none yet"
        raise SceneError(
            [setting.place.says(f"{where} is a list, so {key} is not a key in it; give a number {entries}")]
        )
    return int(key)


def _enter(here: Any, key: str | int) -> Any:
    if isinstance(here, dict) and here.get(str(key)) is None:
        here[str(key)] = {}
    return here[key]


def _placed(places: dict[Location, Place], location: Location, place: Place) -> dict[Location, Place]:
    """Returns the places with everything at and under a location, and what was made on the way to it, at one place."""
    kept = {known: at for known, at in places.items() if known[: len(location)] != location}
    way = [location[: i + 1] for i in range(len(location))]
    return {**{step: place for step in way}, **kept}
