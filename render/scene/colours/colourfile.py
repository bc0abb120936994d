"""A palette in a file: one colour a row, from deep to high, as r, g, b or #rrggbb, with or without its position.

Columns are parted by commas, semicolons, tabs or spaces; r, g and b run from 0 to 1, or to 255 where one is above 1. A
line that begins with # and is no colour is a comment, and a first row of words names the columns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from render.scene.existing import stays
from render.storage.files import leads_out

ENDINGS = (".csv", ".tsv", ".txt")
MOST_BYTES, MOST_ROWS = 500_000, 4096
HEX = re.compile("#[0-9a-fA-F]{6}")
FORMS = "write r,g,b or #rrggbb, each with its position before it or none"
SHOWN = 40  # characters of a row

Stop = tuple[float, str]
Row = tuple[int, list[str]]  # its line, counted from 1, and its words


def is_file(name: str) -> bool:
    """Whether a palette is named by its file."""
    return name.lower().endswith(ENDINGS) or "/" in name


def read(name: str) -> tuple[Stop, ...]:
    """Returns the stops of a file in the working directory; raises ValueError, saying where it cannot be read."""
    path = Path(stays(name))
    if leads_out(path, Path.cwd()):
        raise ValueError(f'"{name}" is a link that leads out of the working directory; copy what it leads to')
    try:
        return parse(_text(path))
    except ValueError as error:
        raise ValueError(f'"{name}" {error}') from error


def _text(path: Path) -> str:
    if not path.is_file():
        raise ValueError("is not a file here; name one from the working directory")
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    if len(raw) > MOST_BYTES:
        raise ValueError(f"is larger than {MOST_BYTES // 1000} kB; a palette is a few kilobytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8 text; save the colours as text") from error


def parse(text: str) -> tuple[Stop, ...]:
    """Returns the stops of a text; raises ValueError with what is wrong, and in which line."""
    rows = _without_names(_rows(text))
    if not 2 <= len(rows) <= MOST_ROWS:
        raise ValueError(
            f"has too {'few' if len(rows) < 2 else 'many'} colours, {len(rows):,}; from 2 to {MOST_ROWS:,} are read"
        )
    for line, words in rows:
        if len(words) != len(rows[0][1]):
            raise ValueError(f"line {line} has {len(words)} columns and line {rows[0][0]} {len(rows[0][1])}; {FORMS}")
    positions = [_number(row, 0) for row in rows] if len(rows[0][1]) in (2, 4) else _even(len(rows))
    return tuple(zip(positions, _colours(rows), strict=True))


def _rows(text: str) -> list[Row]:
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, _words(line)) for number, line in lines if line and (line[0] != "#" or HEX.match(line))]


def _words(line: str) -> list[str]:
    """Returns the words of a line; where semicolons part them, a comma is a decimal point."""
    comma = "," if "," in line else None
    parts = line.replace(",", ".").split(";") if ";" in line else line.split(comma)
    return [part.strip().strip("\"'") for part in parts]


def _without_names(rows: list[Row]) -> list[Row]:
    """Returns the rows without the names of the columns; raises ValueError where these are not red, green, blue."""
    if not rows or any(HEX.fullmatch(word) or _is_number(word) for word in rows[0][1]):
        return rows
    names = rows[0][1]
    if len(names) > 2 and [name[:1].lower() for name in names[-3:]] != ["r", "g", "b"]:
        raise ValueError(f"has the columns {_shown(names)}; {FORMS}")
    return rows[1:]


def _colours(rows: Sequence[Row]) -> list[str]:
    if len(rows[0][1]) in (1, 2):
        return [_code(row) for row in rows]
    if len(rows[0][1]) not in (3, 4):
        raise ValueError(f"has {len(rows[0][1])} columns; {FORMS}")
    values = [[_number(row, column) for column in (-3, -2, -1)] for row in rows]
    white = 255 if max(map(max, values)) > 1 else 1
    for (line, words), value in zip(rows, values, strict=True):
        if min(value) < 0 or max(value) > white:
            raise ValueError(f"line {line}: {_shown(words)} leaves the range from 0 to {white}")
    return [hexadecimal([part / white for part in value]) for value in values]


def _code(row: Row) -> str:
    line, words = row
    if not HEX.fullmatch(words[-1]):
        raise ValueError(f"line {line}: {_shown(words)} is no colour; {FORMS}")
    return words[-1].lower()


def _number(row: Row, column: int) -> float:
    line, words = row
    if not _is_number(words[column]):
        raise ValueError(f"line {line}: {_shown(words)} is no colour; {FORMS}")
    return float(words[column])


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _shown(words: Sequence[str]) -> str:
    text = ", ".join(words)
    return f'"{text if len(text) <= SHOWN else text[:SHOWN] + "…"}"'


def hexadecimal(colour: Sequence[float]) -> str:
    """Returns sRGB, 0 to 1 each, as "#rrggbb"."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])


def _even(count: int) -> list[float]:
    return [place / (count - 1) for place in range(count)]


def evenly(colours: Sequence[str]) -> tuple[Stop, ...]:
    """Returns colours at even positions from 0 to 1."""
    return tuple(zip(_even(len(colours)), colours, strict=True))
