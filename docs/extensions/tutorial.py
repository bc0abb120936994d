"""A tutorial: the files that its page writes and the commands that it gives, in their order.

A block of code with a caption is a file of that name. In a block of console, a line that begins with `$ ` is a command,
and the lines after it are what it says; a command that ends with a backslash goes on in the next line, which may begin
with `> `. The class not-run leaves a block out; the class fails says that its commands end with another code than 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<ticks>`{3,})\{code-block\}[ \t]*(?P<language>\S*)[ \t]*")
OPTION = re.compile(r"[ \t]*:(?P<name>[a-z-]+):[ \t]*(?P<value>.*)")
PROMPT, CONTINUED = "$ ", "> "


@dataclass(frozen=True)
class Line:
    """A line of a page, and its number, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Written:
    """A file that a page writes."""

    line: int
    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command that a page gives, and what it is to say."""

    line: int
    text: str
    shown: tuple[Line, ...]
    fails: bool = False


Step = Written | Command


@dataclass(frozen=True)
class Tutorial:
    """The steps of a page."""

    page: Path
    steps: tuple[Step, ...]

    @staticmethod
    def read(page: Path) -> Tutorial:
        """Returns the tutorial of a page."""
        return Tutorial(page, tuple(_steps(page.read_text(encoding="utf-8"))))


@dataclass(frozen=True)
class _Block:
    """A block of code on a page."""

    line: int
    language: str
    options: dict[str, str]
    lines: tuple[Line, ...]

    @property
    def classes(self) -> list[str]:
        return self.options.get("class", "").split()


def _steps(text: str) -> Iterator[Step]:
    for block in _blocks(text):
        if "not-run" in block.classes:
            continue
        if block.language == "console":
            yield from _commands(block)
        elif "caption" in block.options:
            content = "".join(f"{line.text}\n" for line in block.lines)
            yield Written(block.line, block.options["caption"].strip(), content)


def _blocks(text: str) -> Iterator[_Block]:
    lines = iter(enumerate(text.splitlines(), 1))
    for number, text_of_line in lines:
        found = FENCE.fullmatch(text_of_line)
        if found:
            indent, closing = len(found["indent"]), re.compile(r"[ \t]*" + found["ticks"] + r"`*[ \t]*")
            inside = []
            for line, content in lines:
                if closing.fullmatch(content):
                    break
                inside.append(Line(line, content[min(indent, len(content) - len(content.lstrip())) :]))
            options, body = _options(inside)
            yield _Block(number, found["language"], options, tuple(body))


def _options(lines: list[Line]) -> tuple[dict[str, str], list[Line]]:
    """Returns the options that a block begins with, and its lines without them."""
    options: dict[str, str] = {}
    for index, line in enumerate(lines):
        found = OPTION.fullmatch(line.text)
        if not found:
            return options, lines[index + (1 if options and not line.text.strip() else 0) :]
        options[found["name"]] = found["value"]
    return options, []


def _commands(block: _Block) -> Iterator[Command]:
    fails, given = "fails" in block.classes, list[tuple[Line, list[Line]]]()
    for line in block.lines:
        if given and given[-1][0].text.endswith("\\") and not given[-1][1]:
            begun = given[-1][0]
            given[-1] = (Line(begun.number, begun.text[:-1] + line.text.strip().removeprefix(CONTINUED).lstrip()), [])
        elif line.text.startswith(PROMPT):
            given.append((Line(line.number, line.text.removeprefix(PROMPT)), []))
        elif given:
            given[-1][1].append(line)
    for command, shown in given:
        yield Command(command.number, command.text.strip(), tuple(line for line in shown if line.text.strip()), fails)
