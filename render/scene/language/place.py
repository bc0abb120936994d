"""A place: where something was written, so that a problem can point at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Mark(Protocol):
    """A position in a text as ruamel.yaml gives it, counted from 0."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class Place:
    """A line and column of a file, counted from 1; without them, a whole file or a setting of the command line."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source

    def says(self, sentence: str) -> str:
        """Returns a problem at this place, with everything escaped that a terminal would obey."""
        text = f"{self}: {sentence}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Source:
    """What is being read: a file, whose lines count, or a setting of the command line, which has none."""

    name: str
    has_lines: bool = True

    def at(self, mark: Mark) -> Place:
        """Returns the place of a position in the text."""
        return Place(self.name, mark.line + 1, mark.column + 1) if self.has_lines else Place(self.name)

    def after(self, text: str) -> Place:
        """Returns the place that follows a text read so far."""
        return (
            Place(self.name, text.count("\n") + 1, len(text) - text.rfind("\n")) if self.has_lines else Place(self.name)
        )
