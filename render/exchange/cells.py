"""The cells of a text: rows of numbers, and the words that head them.

Cells are parted by commas, semicolons, tabs or blanks, which the first line tells. What follows # is a comment, as is a
line that begins with %. An empty cell, NA and their like stand for a number that is absent.
"""

from __future__ import annotations

import csv
import itertools
import math
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange.columns import key_of, places_of
from render.exchange.given import require_few
from render.scene.surface import MOST_POINTS

MOST_BYTES = 80 * MOST_POINTS
ABSENT = {"", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "-", "--", "?", "."}
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?")
SEPARATION = re.compile(r"sep=.")  # a line that spreadsheets write for each other
EMPTY = "an empty last column is left out"
LONGEST = 30  # characters of a cell that are shown


@dataclass(frozen=True)
class TextCells:
    """The numbers of a text."""

    numbers: np.ndarray  # (n, width) float64; NaN where a cell is absent
    heading: tuple[str, ...] = ()  # the words above the columns, or none
    corner: bool = False  # whether the first cell is a word or absent, where the rest of its row are numbers
    word: str = ""  # the first cell, where it is a word
    counted: tuple[bool, bool] = (False, False)  # whether the first row, and column, alone are of digits alone
    notes: tuple[str, ...] = ()  # what was left out


def read(path: Path) -> TextCells:
    """Returns the cells of a text; raises DataError where it holds other than numbers below its heading."""
    if path.stat().st_size > MOST_BYTES:
        require_few(path, MOST_POINTS + 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _Reader(path).read(file)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no text; save it as UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}: is no table ({error}); write columns of numbers") from error


class _Reader:
    """Reads line after line, and holds only numbers, 8 bytes each."""

    def __init__(self, path: Path):
        self.path = path
        self.comments: list[str] = []  # those above the numbers
        self.separator: str | None = ","

    def read(self, file: Iterable[str]) -> TextCells:
        """Returns the cells of lines; raises DataError where one has another number of them than the first."""
        lines = self._lines(file)
        heading, corner, word, first = self._head(lines)
        numbers, width, open_ended, digits = array("d"), 0, True, _Digits()
        notes: tuple[str, ...] = ()
        for number, line in itertools.chain(first, lines):
            width = width or len(line)
            if len(line) != width:
                raise DataError(
                    f"{self.path}: line {number} has {len(line)} cells, and {width} stand above; give each line as many"
                )
            numbers.extend(self._numbers(number, line))
            open_ended = open_ended and not line[-1].strip()
            digits.see(line)
        table = np.array(numbers).reshape(-1, max(width, 1))
        if open_ended and width > 1 and len(heading) <= width and not any(heading[width - 1 :]):
            notes = () if heading else (EMPTY,)
            table, heading = table[:, :-1], heading[: width - 1]  # each line ends with a separator
        return TextCells(table, self._named(heading, table.shape[1]), corner, word, digits.edges, notes)

    def _head(self, lines: Iterator[tuple[int, list[str]]]) -> tuple[list[str], bool, str, list[tuple[int, list[str]]]]:
        """Returns the words above the numbers, whether a corner is absent or a word, the word, and the first line."""
        number, first = next(lines, (1, []))
        words = [cell for cell in first if _is_word(cell)]
        word = len(first) > 1 and words == first[:1]
        if words and not word:
            return [cell.strip() for cell in first], False, "", []
        absent = len(first) > 1 and not words and _is_number(first[0]) and math.isnan(_number(first[0]))
        return (
            [],
            word or absent,
            first[0].strip() if word else "",
            [(number, ["", *first[1:]] if word else first)] if first else [],
        )

    def _lines(self, file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        """Gives the cells of each line with its number; comments and empty lines are passed over.

        A line of separators is a row without a number, but for those at the end, as spreadsheets leave them.
        """
        begun, given, headed = False, False, False
        absent: list[tuple[int, list[str]]] = []
        for number, line in enumerate(file, 1):
            content = self._without_comment(line, begun)
            if not content:
                continue
            if not begun and not content.strip():
                absent.append((number, content.split("\t")))
                continue
            if not begun:
                begun, self.separator = True, _separator(content)
                absent = absent if self.separator == "\t" else []
            if headed and self._parts_otherwise(content):
                self.separator = _separator(content)
            cells = self._split(content)
            if any(cell.strip() for cell in cells):
                above = given or not any(map(_is_word, cells))  # not above a heading
                yield from absent if above else []
                yield number, cells
                headed = not given and any(map(_is_word, cells))
                absent, given = [], True
            elif len(cells) > 1:
                absent.append((number, cells))

    def _parts_otherwise(self, content: str) -> bool:
        """Whether the first line below a heading is of numbers only where it is parted by another mark."""
        try:
            cells = _Reader.split_by(_separator(content), content)
        except csv.Error:
            return False
        return len(cells) > 1 and all(map(_is_number, cells)) and not all(map(_is_number, self._split(content)))

    def _without_comment(self, line: str, begun: bool) -> str:
        line = line.strip("\r\n")
        if line.lstrip().startswith(("#", "%")) or (not begun and SEPARATION.fullmatch(line.strip())):
            self.comments += [] if begun else [line.strip(" #%\t")]
            return ""
        if "#" in line and '"' not in line and "#n/a" not in line.lower():
            line = line.partition("#")[0]
        return line if line.strip() or "\t" in line else ""

    def _split(self, line: str) -> list[str]:
        return self.split_by(self.separator, line)

    @staticmethod
    def split_by(separator: str | None, line: str) -> list[str]:
        """Returns the cells of a line; None stands for blanks."""
        if separator is not None:
            return next(csv.reader([line], delimiter=separator))
        if '"' not in line:
            return line.split()
        return [cell for cell in next(csv.reader([line.replace("\t", " ")], delimiter=" ")) if cell.strip()]

    def _numbers(self, number: int, line: list[str]) -> array[float]:
        try:
            return array("d", map(_number, line))
        except ValueError:
            cell = next(cell for cell in line if not _is_number(cell)).strip()
        shown = cell if len(cell) <= LONGEST else cell[: LONGEST - 1] + "…"
        if DECIMAL_COMMA.fullmatch(cell):
            raise DataError(
                f'{self.path}: line {number} has "{shown}" with a decimal comma; write decimals with a point'
            )
        raise DataError(f'{self.path}: line {number} holds "{shown}" among its numbers; leave empty what is absent')

    def _named(self, heading: list[str], width: int) -> tuple[str, ...]:
        """Returns a word for each column, from the heading or the comment above the numbers, or none."""
        if len(heading) == width - 1 and heading:  # R leaves out the name of its row numbers
            return ("", *heading)
        if heading and len(heading) != width:
            raise DataError(f"{self.path}: names {len(heading)} columns and has {width}; give each column a name")
        found = [words for comment in reversed(self.comments) for words in self._split_words(comment, width)]
        telling = [words for words in found if places_of([key_of(word) for word in words])]
        said = next(iter(telling + found), [])
        return tuple(heading or (word.strip() for word in said))

    def _split_words(self, comment: str, width: int) -> list[list[str]]:
        """Returns the words of a comment, split in each way that gives one for each column."""
        plain = re.sub(r"[(\[].*?[)\]]", "", comment) if comment[:1] not in "([" else comment
        comment = comment.strip("()[]{}") if comment[:1] in "([{" else comment
        splits = [comment.split(self.separator), comment.split(), re.split(r"[,;|\t]", comment)]
        splits.append([word for word in re.split(r"[,;|\t ]+", plain.strip(" ()[]{}")) if word])
        return [words for words in splits if len(words) == width and not any(map(_is_number, words))]


class _Digits:
    """Sees whether the first row, or the first column, is of digits alone while other cells are not: it counts then."""

    def __init__(self) -> None:
        self.lines, self.row, self.column, self.others = 0, True, True, True

    def see(self, line: list[str]) -> None:
        cells = [cell.strip() for cell in (line if self.others else line[:1])]
        if self.lines == 0:
            self.row = all(cell.strip().isdigit() for cell in line[1:])
            self.corner = cells[0].isdigit()
        else:
            self.column = self.column and cells[0].isdigit()
            self.others = self.others and all(cell.isdigit() or not cell for cell in cells[1:])
        self.lines += 1

    @property
    def edges(self) -> tuple[bool, bool]:
        told = self.lines > 1 and not self.others
        return told and self.row and self.corner, told and self.column and self.corner


def _separator(line: str) -> str | None:
    """Returns what parts the cells of a line; None stands for blanks."""
    parts = line.split()
    for mark in ";\t":
        if mark in line.strip():
            return mark
    decimal = len(parts) > 1 and all(DECIMAL_COMMA.fullmatch(part) for part in parts)
    return "," if "," in line and not decimal else None


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        if cell.strip().lower() in ABSENT:
            return float("nan")
        raise


def _is_word(cell: str) -> bool:
    return not _is_number(cell) and not DECIMAL_COMMA.fullmatch(cell.strip())


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return False
    return True
