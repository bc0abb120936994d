"""Syntax: what the YAML reader could not read, as a sentence with its place."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from render.errors import SceneError
from render.scene.language.place import Mark, Place, Source

REMEDIES = {
    "mapping values are not allowed": 'text that holds ": " needs quotes',
    "could not find expected ':'": "a key is followed by a colon and a space",
    "expected <block end>": "keys that belong together start in the same column",
    "end of stream": "a quote is not closed",
    "stream end": "a bracket or brace is not closed",
    "undefined alias": "an alias comes after its anchor",
    "another document": "a scene is one document; remove what follows ---",
    "unknown escape": "single quotes take a backslash as it is",
    "cannot start any token": "put the value in quotes",
}
HIDDEN = re.compile(r"(?:[\[{,]\s*|[\[{,][^\n'\"]*:[ \t]+)(#[0-9A-Za-z][^\s,\]}]*)")  # of a value in brackets


@contextlib.contextmanager
def syntax_errors(text: str, source: Source) -> Iterator[None]:
    """Turns what ruamel.yaml raises over a text into a SceneError."""
    try:
        yield
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if (hidden := _commented_out(error, text, mark)) is not None:
            sentence = f'# begins a comment, so the rest of the line is not read; write "{hidden[1]}" in quotes'
            raise SceneError([source.after(text[: hidden.start(1)]).says(sentence)]) from error
        raise SceneError([source.at(mark).says(_sentence(error, text, mark))]) from error
    except ReaderError as error:
        place = source.after(text[: error.position])
        character = f"U+{ord(text[error.position]):04X}"
        raise SceneError([place.says(f"the character {character} cannot stand in YAML; remove it")]) from error
    except (ValueError, OverflowError) as error:  # an escape beyond Unicode passes ruamel's own checks
        sentence = f"is not YAML ({error}); look for a backslash in double quotes"
        raise SceneError([Place(source.name).says(sentence)]) from error


def _commented_out(error: MarkedYAMLError, text: str, mark: Any) -> re.Match[str] | None:
    """Returns the first value before a mark that a list or mapping in brackets lost, since # begins a comment."""
    within = "flow" in f"{error.context}"
    return HIDDEN.search(text, 0, mark.index) if within else None


def _sentence(error: MarkedYAMLError, text: str, mark: Mark) -> str:
    line = text.splitlines()[mark.line : mark.line + 1] or [""]
    if line[0][mark.column : mark.column + 1] == "\t":
        return "a tab cannot indent or separate here; use spaces"
    if line[0][max(0, mark.column - 1) : mark.column + 1] == "${":
        return 'is not YAML: within [] and {} a reference needs quotes, as in ["${params.width}"]'
    problem = f"{error.problem or error.context}"
    remedy = next(
        (remedy for part, remedy in REMEDIES.items() if part in problem), "check the quotes and the indentation"
    )
    return f"is not YAML: {problem}; {remedy}"
