"""Migration: a scene with keys of a former version gets those of today, in its own text.

Only what is concerned is written anew; comments, order, quotes and spaces stay as they are. The result is read again
and compared: it says the same, or the file is left alone.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from render.errors import SceneError
from render.scene.language.document import Document, parse, read
from render.scene.language.include import KEY, including
from render.scene.language.place import Place, Source
from render.scene.look import OLD_KEYS, OLD_SHAPES, RADIUS_PIXELS, renewed
from render.storage.files import replacing

MARK = "\ufeff"  # of byte order, which some editors write
MOVED = "is {} now"
BESIDE = "is taken out, since {}, which goes before it, is there already"


@dataclass(frozen=True)
class Migration:
    """A file, its text before and after, and what has changed in it."""

    path: Path
    before: str
    after: str
    changes: tuple[str, ...]

    @property
    def diff(self) -> str:
        """What has changed, line by line."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        found = difflib.unified_diff(before, after, f"{self.path}", f"{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in found)

    def write(self) -> None:
        """Writes the file anew, whole or not at all; one that is up to date is not touched."""
        if self.after == self.before:
            return
        mode = self.path.stat().st_mode
        target = self.path.resolve()  # a link stays one
        with replacing(target) as temporary:
            temporary.write_bytes(self.after.encode("utf-8"))
        target.chmod(mode)


@dataclass(frozen=True)
class _Edit:
    """A part of the text, and what stands there from now on."""

    start: int
    end: int
    text: str


def migrated(path: Path) -> Migration:
    """Returns what a file of a scene, or one that scenes include, is with the keys of today.

    Raises SceneError where it is no such file, or where its old keys stand so that they cannot be written anew.
    """
    document = read(path)
    if not isinstance(document.data, dict):
        raise SceneError([document.place(()).says("is not a mapping; name a scene, or a file that scenes include")])
    before = path.read_bytes().decode("utf-8")
    mark = MARK if before.startswith(MARK) else ""
    text = before.removeprefix(mark)
    look = _find(YAML(typ="safe", pure=True).compose(text), "look")
    if not isinstance(look, MappingNode) or not isinstance(document.data.get("look"), dict):
        return Migration(path, before, before, ())
    work = _Work(text, look, str(path))
    after = _applied(text, list(work.edits()))
    if after != text and not _says_the_same(after, document, path):
        place = document.place(("look",), of_key=True)
        raise SceneError([place.says("look: has old keys that stand so that they must be renamed by hand")])
    return Migration(path, before, mark + after, tuple(said for _, said in sorted(work.changes)))


def _says_the_same(text: str, document: Document, path: Path) -> bool:
    """Whether a text says what a document does, and with what that includes, its old keys read as they always are."""
    try:
        after = parse(text, Source(str(path)))
    except SceneError:
        return False
    alone = after.data == {**document.data, "look": renewed(document.data["look"])}
    return alone and (KEY not in document.data or _joined(after, path) == _joined(document, path))


def _joined(document: Document, path: Path) -> dict[str, Any]:
    data = including(document, path.parent).data
    return {**data, "look": renewed(data["look"])}


class _Work:
    """The look of a scene in its text."""

    def __init__(self, text: str, look: MappingNode, name: str):
        self.text, self.look, self.name = text, look, name
        self.changes: list[tuple[Place, str]] = []
        self.gone = {"radius"} | self._taken_out()  # keys that are taken out, not renamed

    def edits(self) -> Iterator[_Edit]:
        """Gives what is to be written anew."""
        yield from self._shape()
        yield from self._walls()
        yield from self._radius()

    def _old_walls(self) -> list[str]:
        return [name for name in OLD_KEYS if OLD_KEYS[name].startswith("walls.") and _entry(self.look, name)]

    def _taken_out(self) -> set[str]:
        old, walls = self._old_walls(), _find(self.look, "walls")
        return {*old[0 if walls is not None else 1 :], *(["shape"] if _find(self.look, "body") is not None else [])}

    def _shape(self) -> Iterator[_Edit]:
        entry = _entry(self.look, "shape")
        if entry is None:
            return
        if _find(self.look, "body") is not None:
            yield self._removed(self.look, "shape", f"look.shape: {BESIDE.format('look.body')}")
            return
        key, value = entry
        yield self._renamed(key, "look.shape", "look.body", "body")
        if isinstance(value, ScalarNode) and OLD_SHAPES.get(value.value, value.value) != value.value:
            yield _Edit(*_span(value), self._quoted(value, OLD_SHAPES[value.value]))

    def _walls(self) -> Iterator[_Edit]:
        """Gives the edits of plinth and fade, which are keys of walls today."""
        old = self._old_walls()
        walls = _find(self.look, "walls")
        moved = [(name, OLD_KEYS[name].split(".")[1]) for name in old]
        if walls is not None and not isinstance(walls, MappingNode):
            return  # a value that makes no sense; what the comparison says of it is right
        known = [key.value for key, _ in walls.value] if walls is not None else []
        told = [f"{self._quote()}{new}{self._quote()}: {self._source(name)}" for name, new in moved if new not in known]
        for name in [name for name in old if name in self.gone]:
            new = OLD_KEYS[name]
            beside = new.split(".")[1] in known
            yield self._removed(self.look, name, f"look.{name}: " + (BESIDE if beside else MOVED).format(f"look.{new}"))
        if walls is not None and told:
            yield self._inserted(walls, told)
        elif told:
            key, value = _entry(self.look, old[0])  # type: ignore[misc]
            yield self._renamed(key, f"look.{old[0]}", f"look.{OLD_KEYS[old[0]]}", "walls")
            yield _Edit(*_span(value), f"{{{', '.join(told)}}}")

    def _radius(self) -> Iterator[_Edit]:
        path = _find(self.look, "path")
        entry = _entry(path, "radius") if isinstance(path, MappingNode) else None
        if entry is None or not isinstance(path, MappingNode):
            return
        key, value = entry
        if _find(path, "width") is not None:
            yield self._removed(path, "radius", f"look.path.radius: {BESIDE.format('look.path.width')}")
            return
        radius = parse(self.text[slice(*_span(value))], Source(self.name, has_lines=False)).data
        if isinstance(radius, int | float) and not isinstance(radius, bool):
            yield self._renamed(key, "look.path.radius", "look.path.width", "width")
            yield _Edit(*_span(value), f"[{RADIUS_PIXELS * radius!r}, {0.43 * RADIUS_PIXELS * radius!r}]")

    def _renamed(self, key: Node, old: str, new: str, word: str) -> _Edit:
        self._note(key, f"{old}: {MOVED.format(new)}")
        return _Edit(*_span(key), self._quoted(key, word))

    def _note(self, node: Node, sentence: str) -> None:
        place = Source(self.name).at(node.start_mark)
        self.changes.append((place, place.says(sentence)))

    def _removed(self, mapping: MappingNode, name: str, sentence: str) -> _Edit:
        """Returns the edit that takes an entry out: its line, or with its comma in brackets."""
        key, value = _entry(mapping, name)  # type: ignore[misc]
        self._note(key, sentence)
        start, end = key.start_mark.index, _span(value)[1]
        if mapping.flow_style:
            names = [each.value for each, _ in mapping.value]
            if all(each in self.gone for each in names[names.index(name) :]):
                before = re.compile(r",\s*$").search(self.text[:start])
                return _Edit(before.start() if before else start, end, "")
            after = re.compile(r"\s*,\s*").match(self.text, end)
            return _Edit(start, after.end() if after else end, "")
        line = self.text.rfind("\n", 0, start) + 1
        rest = re.compile(r"[ \t]*(#[^\r\n]*)?(\r?\n|$)").match(self.text, end)
        if rest is None or self.text[line:start].strip():
            return _Edit(start, end, "")  # shares its line with something; the comparison says whether that is right
        return _Edit(line, rest.start(1), self.text[line:start]) if rest[1] else _Edit(line, rest.end(), "")

    def _inserted(self, mapping: MappingNode, told: list[str]) -> _Edit:
        """Returns the edit that puts entries before the first of a mapping."""
        if mapping.flow_style:
            brace = mapping.start_mark.index + 1
            return _Edit(brace, brace, ", ".join([*told, ""]) if mapping.value else ", ".join(told))
        start = mapping.value[0][0].start_mark.index
        indent = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        end = "\r\n" if "\r\n" in self.text else "\n"
        return _Edit(start, start, "".join(f"{each}{end}{indent}" for each in told))

    def _source(self, name: str) -> str:
        """Returns the value of a key as it is written, in quotes where brackets around it ask for them."""
        _, value = _entry(self.look, name)  # type: ignore[misc]
        source = self.text[slice(*_span(value))]
        return json.dumps(source) if isinstance(value, ScalarNode) and "{" in source and not value.style else source

    def _quoted(self, node: Node, word: str) -> str:
        style = node.style if isinstance(node, ScalarNode) and node.style in ("'", '"') else ""
        return f"{style}{word}{style}"

    def _quote(self) -> str:
        """Returns what goes around keys: nothing, or quotes where the keys of the look have them, as in JSON."""
        return '"' if all(key.style == '"' for key, _ in self.look.value) else ""


def _entry(mapping: MappingNode, name: str) -> tuple[Node, Node] | None:
    return next(((key, value) for key, value in mapping.value if key.value == name), None)


def _find(mapping: Node | None, name: str) -> Node | None:
    """Returns the value of a key, or None."""
    found = _entry(mapping, name) if isinstance(mapping, MappingNode) else None
    return found[1] if found else None


def _span(node: Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _applied(text: str, edits: list[_Edit]) -> str:
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
