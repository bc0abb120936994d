"""A setting of the command line, key.path=value: one change to the plain data of a scene."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from render.errors import SceneError
from render.scene.document import Document, parse
from render.scene.part import Location
from render.scene.place import Place, Source


@dataclass(frozen=True)
class Setting:
    """Where to, what, and how to name the setting in a message."""

    keys: tuple[str, ...]
    value: Any
    place: Place


def read_setting(text: str) -> Setting:
    """Returns the setting of key.path=value, the value read as YAML; raises SceneError."""
    place = Place(f"--set {text}")
    path, equals, value = text.partition("=")
    keys = tuple(path.strip().split("."))
    if not equals or not all(keys):
        raise SceneError([place.says("is not key.path=value; write it like shots.0.duration=4s")])
    return Setting(keys, parse(value, Source(place.source, has_lines=False)).data, place)


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
