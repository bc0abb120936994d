"""Including: a scene takes over parts of other files that lie beside it, such as a look or runs that several share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from render.errors import SceneError
from render.scene.language.document import Document, read
from render.scene.language.place import Place
from render.scene.language.problem import show
from render.storage.files import leads_out

MOST_FILES = 20
KEY = "include"


def including(document: Document, folder: Path) -> Document:
    """Returns a document with what it includes from its folder; raises SceneError with the place of what cannot be.

    Later files go before earlier ones, and the document before all; mappings are joined, other values replaced. A file
    that is included includes nothing itself.
    """
    names = document.data.get(KEY)
    if not isinstance(names, list):
        return document  # absent, or of a kind that is complained of where all keys are checked
    if len(names) > MOST_FILES:
        raise SceneError([document.place((KEY,)).says(f"include: {len(names)} files; at most {MOST_FILES} are read")])
    parts = [_part(name, folder, document.place((KEY, index))) for index, name in enumerate(names)]
    own = replace(document, data={key: value for key, value in document.data.items() if key != KEY})
    joined = parts[0] if parts else own
    for part in [*parts[1:], own]:
        joined = _joined(joined, part)
    return joined


def _part(name: Any, folder: Path, place: Place) -> Document:
    """Returns the document of a file in the folder; raises SceneError where there is none, or it is elsewhere."""
    if not isinstance(name, str) or not name or not name.isprintable() or "\\" in name:
        raise SceneError([place.says(f"include: {show(name)} is no file; name one beside this scene")])
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or leads_out(path, folder):
        raise SceneError([place.says(f"include: {show(name)} leads out of the scene's folder; copy the file there")])
    if not path.is_file():
        raise SceneError([place.says(f"include: there is no file {path}")])
    part = read(path)
    if not isinstance(part.data, dict):
        raise SceneError([part.place(()).says("is not a mapping; what is included has keys of a scene")])
    if KEY in part.data:
        raise SceneError([part.place((KEY,)).says("include: a file that is included includes nothing itself")])
    return part


def _joined(under: Document, over: Document) -> Document:
    """Returns two documents as one, in which the second goes before the first; each value keeps its place."""
    data = _merged(under.data, over.data)
    comments = {**under.comments, **over.comments}
    return Document(data, {**under.keys, **over.keys}, {**under.values, **over.values}, comments)


def _merged(under: Any, over: Any) -> Any:
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    if "kind" in over and over["kind"] != under.get("kind"):  # keys of one kind mean nothing to another
        return over
    return {**under, **{key: _merged(under[key], value) if key in under else value for key, value in over.items()}}
