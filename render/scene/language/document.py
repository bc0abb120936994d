"""A document: the plain data of a YAML 1.2 text, and the place where each key and each value stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from render.errors import SceneError
from render.scene.language import guard
from render.scene.language.place import Place, Source
from render.scene.language.syntax import syntax_errors
from render.scene.part import Location

MOST_BYTES = 100_000
MOST_DIGITS = 100
COMMENT = re.compile(r"[ \t]*:?[ \t]+(#[^\r\n]*)")
CONSTRUCTED = {guard.CORE + name for name in ("null", "bool", "int", "float")}  # all other scalars are text


@dataclass(frozen=True)
class Document:
    """Plain data, with the places of its keys (of its items, in a list) and of its values."""

    data: Any
    keys: dict[Location, Place]
    values: dict[Location, Place]
    comments: dict[Location, str] = field(default_factory=dict)  # in place of values that were not written
    references: dict[Location, str] = field(default_factory=dict)  # to params, whose values stand there

    def place(self, location: Location, *, of_key: bool = False) -> Place:
        """Returns where a key or a value stands; for what was not written, the key around it."""
        places = self.keys if of_key else self.values
        return places[location] if location in places or not location else self.place(location[:-1], of_key=True)


def read(path: Path) -> Document:
    """Returns the document of a file; raises SceneError with every problem of reading it."""
    raw = _bytes(path)
    source = Source(str(path))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = source.after(raw[: error.start].decode("utf-8", errors="replace"))
        raise SceneError(
            [place.says(f"byte {raw[error.start]:#04x} is not UTF-8; save the file as UTF-8 text")]
        ) from error
    return parse(text, source)


def _bytes(path: Path) -> bytes:
    place = Place(str(path))
    if path.is_dir():
        raise SceneError([place.says("is a folder; name a scene file in it")])
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SceneError([place.says(f"cannot be read ({error.strerror})")]) from error
    if len(raw) > MOST_BYTES:
        raise SceneError([place.says(f"is larger than {MOST_BYTES // 1000} kB; a scene is a few kilobytes")])
    return raw


def parse(text: str, source: Source) -> Document:
    """Returns the document of a text; raises SceneError with every problem of reading it. Empty text is None."""
    yaml = YAML(typ="safe", pure=True)
    with syntax_errors(text, source):
        events = YAML(typ="safe", pure=True).parse(text)
        found = [source.at(mark).says(sentence) for mark, sentence in guard.faults(events)]
        if found:
            raise SceneError(found)
        root = yaml.compose(text)
    builder = _Builder(source, yaml, text)
    data = builder.build(root, (), Place(source.name, 1, 1) if source.has_lines else Place(source.name))
    if builder.problems:
        raise SceneError(builder.problems)
    return Document(data, builder.keys, builder.values, builder.comments)


@dataclass(frozen=True)
class _Builder:
    """Builds plain data from nodes and notes where they stand."""

    source: Source
    yaml: YAML
    text: str
    keys: dict[Location, Place] = field(default_factory=dict)
    values: dict[Location, Place] = field(default_factory=dict)
    comments: dict[Location, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def build(self, node: Node | None, location: Location, key: Place) -> Any:
        self.keys[location] = key
        self.values[location] = self.source.at(node.start_mark) if node and _is_written(node) else key
        if isinstance(node, MappingNode):
            return self._mapping(node, location)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*location, i)) for i, item in enumerate(node.value)]
        return self._scalar(node) if isinstance(node, ScalarNode) else None

    def _item(self, item: Node, location: Location) -> Any:
        self._note_comment(item, location, item.start_mark.index)
        return self.build(item, location, self.source.at(item.start_mark))

    def _note_comment(self, node: Node, location: Location, index: int) -> None:
        """Keeps the comment that follows an index of the text, where a value was to be written."""
        if not _is_written(node) and (found := COMMENT.match(self.text, index)):
            self.comments[location] = found[1]

    def _mapping(self, node: MappingNode, location: Location) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            place = self.source.at(key.start_mark)
            word = self._key(key)
            if word in data:
                first = self.keys[*location, word]
                self._refuse(place, f"{word} is written twice, first at {first}; keep one")
            elif word is not None:
                self._note_comment(value, (*location, word), key.end_mark.index)
                data[word] = self.build(value, (*location, word), place)
        return data

    def _key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode):
            return self._text(node)
        self._refuse(self.source.at(node.start_mark), "a key is a word, nothing else")
        return None

    def _scalar(self, node: ScalarNode) -> Any:
        if node.tag not in CONSTRUCTED:
            return self._text(node)
        place = self.source.at(node.start_mark)
        if len(node.value) > MOST_DIGITS:
            return self._refuse(place, f"a number of {len(node.value):,} characters; at most {MOST_DIGITS} are read")
        try:
            return self.yaml.constructor.construct_object(node)
        except (ValueError, LookupError, YAMLError):
            tag = node.tag.replace(guard.CORE, "!!")
            return self._refuse(place, f'"{node.value}" is not what its tag {tag} says; remove the tag')

    def _text(self, node: ScalarNode) -> str | None:
        """Returns the text of a scalar; JSON writes a character beyond U+FFFF as two escapes, which are joined here."""
        try:
            return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._refuse(self.source.at(node.start_mark), "an escape is half a character; write the whole one")
            return None

    def _refuse(self, place: Place, sentence: str) -> None:
        self.problems.append(place.says(sentence))


def _is_written(node: Node) -> bool:
    """Whether a node has text of its own; the mark of an absent value is at whatever comes next."""
    return bool(node.end_mark.index > node.start_mark.index)
