"""Where each value of a scene comes from: a place in a file, the command line, a look, the quality, or a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from render.scene.language.document import Document, read
from render.scene.language.flow import flow
from render.scene.language.place import Place
from render.scene.look import OLD_KEYS
from render.scene.part import Location
from render.scene.spec import Scene
from render.scene.time.lifting import put_back
from render.storage.files import asset

WIDEST_KEY, WIDEST_VALUE = 44, 40  # letters of a column
OLD: dict[Location, Location] = {("look", *new.split(".")): ("look", old) for old, new in OLD_KEYS.items()} | {
    ("look", "path", "width"): ("look", "path", "radius")
}


@dataclass(frozen=True)
class SaidValue:
    """A value of a scene, and where it comes from."""

    key: str
    value: Any
    origin: str  # file, include, set, param, look, quality or default
    place: str = ""  # file:line:column, or what the command line said
    reference: str = ""  # to a param, that stands there

    def __str__(self) -> str:
        shown = flow(self.value)
        shown = shown if len(shown) <= WIDEST_VALUE else f"{shown[: WIDEST_VALUE - 1]}…"
        words = {"look": f"look, {self.place}", "quality": self.place, "default": "default"}
        told = f"{words.get(self.origin, self.place)}{f', {self.reference}' if self.reference else ''}"
        return f"{self.key:<{WIDEST_KEY}} {shown:<{WIDEST_VALUE}} {told}"


def said_values(scene: Scene, whole: Scene, document: Document, path: str, quality: str) -> list[SaidValue]:
    """Returns every value of a scene at a quality; whole is the scene before it, path that of its file."""
    before = put_back(whole.model_dump(mode="json"), whole.tracks)
    shown = put_back(scene.model_dump(mode="json", exclude={"include"}), scene.tracks)  # its files are places
    look = read(asset(f"looks/{scene.look.name}.yaml"))
    return [_said(location, value, before, document, look, path, quality) for location, value in _leaves(shown, ())]


def _said(
    location: Location, value: Any, before: Any, document: Document, look: Document, path: str, quality: str
) -> SaidValue:
    key = ".".join(map(str, location))
    if _at(before, location) != value:
        return SaidValue(key, value, "quality", f"quality {quality}")
    written = _written(location, document)
    if written is not None:
        if len(written) < len(location) and _at(document.data, written) != value and written != ("fps",):
            return SaidValue(key, value, "default")  # beside what a value in short says
        place = document.place(written)
        return SaidValue(key, value, _family(place, path), str(place), _referred(written, document))
    if location[0] == "look" and not _follows_palette(location, document):
        written = _written(location[1:], look)
        if written is not None:
            return SaidValue(key, value, "look", str(look.place(written)))
    return SaidValue(key, value, "default")


def _leaves(value: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    """Gives the values that hold no keys; a list of such is one value."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, (*location, key))
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for index, each in enumerate(value):
            yield from _leaves(each, (*location, index))
    else:
        yield location, value


ABSENT = object()


def _at(data: Any, location: Location) -> Any:
    """Returns what stands at a location of plain data, or ABSENT."""
    for step in location:
        held = isinstance(data, dict) and step in data
        held = held or (isinstance(data, list) and isinstance(step, int) and step < len(data))
        if not held:
            return ABSENT
        data = data[step]
    return data


def _written(location: Location, document: Document) -> Location | None:
    """Returns where a value was written: at its own key, at one above that says it in short, or at an old key."""
    for end in range(len(location), 0, -1):
        found = _at(document.data, location[:end])
        if found is not ABSENT and (end == len(location) or not isinstance(found, dict | list)):
            return location[:end] if found is not None or end == len(location) else None
        if found is not ABSENT:
            break
    if location[0] == "films" and location[-1] == "fps" and document.data.get("fps") is not None:
        return ("fps",)
    old = OLD.get(location)
    return old if old and _at(document.data, old) is not ABSENT else None


def _referred(location: Location, document: Document) -> str:
    """Returns the references that stand at a location, or in the list there."""
    named = [said for known, said in document.references.items() if known[: len(location)] == location]
    return ", ".join(dict.fromkeys(named))


def _follows_palette(location: Location, document: Document) -> bool:
    """Whether a value is what it is since the scene has a palette of its own."""
    return location == ("look", "palette_kind") and _at(document.data, ("look", "palette")) is not ABSENT


def _family(place: Place, path: str) -> str:
    """Returns what a place belongs to."""
    for option in ("set", "param"):
        if place.source.startswith(f"--{option} "):
            return option
    return "file" if place.source == path else "include"
