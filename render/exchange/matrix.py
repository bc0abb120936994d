"""A matrix in text: values alone, or with its axes along its first row and column.

Which of them it is shows in the corner. Where that is a word or absent, the rest of the first row and column are axes
if they can be; a number there is a value like any other. What looks like axes without such a corner is refused, since
values would be taken for places, or places for values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange.cells import TextCells
from render.exchange.columns import PLACES, key_of
from render.exchange.given import Given, checked

NUMBERED = "axes are column and row numbers"
EDGES = "first row and column are the axes"
ROWS = "rows are β"
ROLES = {
    symbol: {word for pair in PLACES for word in pair[k].split()} for k, symbol in enumerate(("α", "β"))
}  # words in a corner
FEWEST_STEPS = 4  # numbers at even steps that are no coincidence
EVEN = 1e-6  # of a step
LOOKED_AT = 5  # rows and columns within, whose steps tell an axis from a ramp


def plain(
    path: Path,
    values: np.ndarray,
    name: str = "value",
    more: Mapping[str, np.ndarray] | None = None,
    notes: tuple[str, ...] = (),
) -> Given:
    """Returns the surface of values alone, over the numbers of their columns and rows, counted from 0."""
    if values.ndim != 2:
        raise DataError(f"{path}: holds {' × '.join(map(str, values.shape))} numbers; a surface has rows and columns")
    rows, columns = values.shape
    return checked(path, np.arange(columns), np.arange(rows), values, name, (NUMBERED, *notes), more)


def of_cells(path: Path, cells: TextCells) -> Given:
    """Returns the surface of a matrix in text; raises DataError where it cannot be told what its edges are."""
    numbers = cells.numbers
    row, column = numbers[0, 1:], numbers[1:, 0]
    if cells.corner and all(map(_may_be_axis, (row, column))):
        if cells.word:
            return _headed(path, cells.word, row, column, numbers[1:, 1:])
        if is_monotone(row) and is_monotone(column):
            return checked(path, row, column, numbers[1:, 1:], "value")
        raise DataError(
            f"{path}: its corner is absent, and its edges could be axes or values; sort the axes, name the corner, or "
            "save values alone as npy"
        )
    if cells.word:
        raise DataError(f"{path}: its axes along the edges hold a number twice, or none; make them rise")
    if numbers[0, 0] == len(row) and is_monotone(row) and is_monotone(column):  # as gnuplot writes it
        return checked(path, row, column, numbers[1:, 1:], "value", (EDGES,))
    numbers, notes = _without_numbers(numbers, cells.counted)
    _require_values(path, numbers)
    return plain(path, numbers, notes=(*notes, *cells.notes))


def _headed(path: Path, word: str, row: np.ndarray, column: np.ndarray, values: np.ndarray) -> Given:
    """Returns the surface of a matrix whose corner says what its rows, and its columns, are."""
    parts = re.split(r"[\\/|]", re.sub(r"[(\[].*?[)\]]", "", word))
    roles = [next((role for role, words in ROLES.items() if key_of(part) in words), None) for part in parts]
    rows, columns = [*roles, None][:2] if len(roles) <= 2 else (None, None)
    if rows == "α" or (rows is None and columns == "β"):
        return checked(path, column, row, values.T, "value")
    return checked(path, row, column, values, "value", () if rows or columns else (ROWS,))


def _may_be_axis(line: np.ndarray) -> bool:
    return bool(len(line) and np.isfinite(line).all() and len(np.unique(line)) == len(line))


def is_monotone(line: np.ndarray) -> bool:
    """Whether numbers rise or fall throughout."""
    steps = np.diff(line)
    return bool(np.isfinite(line).all() and ((steps > 0).all() or (steps < 0).all()))


def _is_even(line: np.ndarray) -> bool:
    """Whether numbers rise or fall by one step."""
    if len(line) < FEWEST_STEPS or not is_monotone(line):
        return False
    steps = np.diff(line)
    return bool(np.ptp(steps) <= EVEN * abs(steps.mean()))


def _without_numbers(numbers: np.ndarray, counted: tuple[bool, bool]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns a matrix without a row or column of 0, 1, 2 that counts the others, and notes of what became of it.

    counted: whether the row, and the column, are written as counts are, and other cells are not. Where they are written
    as values are, they are values.
    """
    row = _counts(numbers[0]) and not any(map(_counts, numbers[1:LOOKED_AT]))
    column = _counts(numbers[:, 0]) and not any(map(_counts, numbers.T[1:LOOKED_AT]))
    notes = [
        f"first {name} 0, 1, 2 is {'left out as a count' if told else 'drawn as values'}"
        for name, found, told in zip(("row", "column"), (row, column), counted, strict=True)
        if found
    ]
    numbers = numbers[int(row and counted[0]) :, int(column and counted[1]) :]
    return numbers, tuple(notes)


def _counts(line: np.ndarray) -> bool:
    return len(line) >= FEWEST_STEPS and np.array_equal(line, np.arange(len(line)))


def _require_values(path: Path, numbers: np.ndarray) -> None:
    """Raises DataError where the first row looks like an axis, alone or with the first column, and no other does."""
    within = numbers[1 : 1 + LOOKED_AT, 1:]
    if any(map(_is_even, within)) or any(map(_is_even, numbers[1:, 1 : 1 + LOOKED_AT].T)):
        return
    alone, both = _is_even(numbers[0]), _is_even(numbers[0, 1:]) and _is_even(numbers[1:, 0])
    if alone or both:
        edge = "first row looks" if alone else "first row and column look"
        raise DataError(
            f"{path}: its {edge} like an axis, at even steps, and may be values; leave the corner empty where they are "
            "axes, and save values alone as npy"
        )
