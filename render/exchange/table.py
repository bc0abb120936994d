"""Surfaces in text: columns by their names, three columns without names, or a matrix."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange import cells as texts
from render.exchange import matrix
from render.exchange.cells import TextCells
from render.exchange.columns import INDEX, Columns, columns_of, key_of, places_of
from render.exchange.given import Given
from render.exchange.named import IN_ROWS
from render.exchange.scattered import gridded, make_grid
from render.storage.files import replacing

LAYOUTS = (
    "columns named alpha, beta and loss, three columns without names, or a matrix, plain or with its axes along its "
    "edges and an empty corner"
)
MOST_COLUMNS = 8  # of a table without names that may be points; wider ones are matrices
ORDERED = "columns in order are α, β and the value"


def read(path: Path) -> Given:
    """Returns the surface of a table; raises DataError where it is of no layout that is read."""
    cells = texts.read(path)
    count, width = cells.numbers.shape
    if width == 2 and count > 2 and not cells.corner:
        raise DataError(f"{path}: has two columns, which are a path and no surface; read are {LAYOUTS}")
    if count < 2 or width < 3:
        raise DataError(f"{path}: holds {count} × {width} numbers, which are no surface; read are {LAYOUTS}")
    if cells.heading and not _are_numbered(cells.heading):
        return _of_columns(path, cells, columns_of(path, cells.heading))
    if cells.heading:
        numbers = cells.numbers[:, int(key_of(cells.heading[0]) in INDEX) :]
        return _of_points(path, numbers) or matrix.plain(path, numbers, notes=cells.notes)
    return _nameless(path, cells)


def _of_points(path: Path, numbers: np.ndarray) -> Given | None:
    """Returns the surface of columns in order, or None where the first two make no grid."""
    if not 3 <= numbers.shape[1] <= MOST_COLUMNS or not make_grid(numbers[:, 0], numbers[:, 1]):
        return None
    return gridded(path, numbers[:, 0], numbers[:, 1], numbers[:, 2], "value", notes=(ORDERED,))


def _below_counts(cells: TextCells) -> np.ndarray | None:
    """Returns what is below a first row that counts the columns, and beside such a column under an absent corner."""
    numbers, first = cells.numbers, int(cells.corner and not cells.word)
    counts = numbers[0, first:]
    if cells.word or not any(np.array_equal(counts, np.arange(begin, begin + len(counts))) for begin in (0, 1)):
        return None
    return numbers[1:, first:]


def _of_columns(path: Path, cells: TextCells, columns: Columns) -> Given:
    if columns.value is None:
        raise DataError(f"{path}: has columns of places and none of a value; read are {LAYOUTS}")
    numbers = _without_empty(cells.numbers)
    accuracy = None if columns.accuracy is None else numbers[:, columns.accuracy]
    x, y, z = (numbers[:, k] for k in (columns.alpha, columns.beta, columns.value))
    return gridded(path, x, y, z, columns.name, notes=columns.notes, accuracy=accuracy)


def _are_numbered(heading: tuple[str, ...]) -> bool:
    """Whether names only count the columns, as V1, V2, V3 do."""
    words = heading[int(key_of(heading[0]) in INDEX) :]
    parts = [re.fullmatch(r"(\D*)(\d+)", word) for word in words]
    found = [part.groups() for part in parts if part]
    numbers = [int(number) for _, number in found]
    whole = len(found) == len(words) and len({word for word, _ in found}) == 1
    return whole and len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _nameless(path: Path, cells: TextCells) -> Given:
    """Returns the surface of columns or of a matrix, which their numbers tell apart."""
    numbers = cells.numbers
    width = numbers.shape[1]
    below = _below_counts(cells)
    found = None if below is None or len(below) < 4 else _of_points(path, below)
    if found is not None:
        return found
    if len(numbers) == 3 and not cells.corner and make_grid(numbers[0], numbers[1]):
        return gridded(path, numbers[0], numbers[1], numbers[2], "value", notes=(IN_ROWS,))
    if width == 3 and not (cells.corner and not make_grid(numbers[:, 0], numbers[:, 1])):
        points = _without_empty(numbers)
        return gridded(path, points[:, 0], points[:, 1], points[:, 2], "value", notes=(ORDERED,))
    if 3 < width <= MOST_COLUMNS and not cells.corner:
        for first in (0, 1):  # 1: after a column that counts the rows
            counted = first == 0 or np.array_equal(numbers[:, 0], np.arange(len(numbers)))
            x, y, z = (numbers[:, first + k] for k in range(3))
            if counted and make_grid(x, y):
                return gridded(path, x, y, z, "value", notes=(ORDERED,))
    return matrix.of_cells(path, cells)


def _without_empty(numbers: np.ndarray) -> np.ndarray:
    """Returns points without rows that have no number at all, as spreadsheets leave between blocks."""
    return numbers[~np.isnan(numbers).all(1)]


def write(given: Given, path: Path) -> None:
    """Writes a surface as columns, every number with all its digits; its path has no room there."""
    columns, rows = np.meshgrid(given.alphas, given.betas)
    parts = [columns, rows, given.values, *([given.more["accuracy"]] if "accuracy" in given.more else [])]
    names = ["alpha", "beta", _written(given.name), "accuracy"][: len(parts)]
    write_columns(dict(zip(names, parts, strict=True)), path)


def write_columns(columns: dict[str, np.ndarray], path: Path) -> None:
    """Writes columns with their names above them."""
    numbers = (part.ravel().tolist() for part in columns.values())
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(columns) + "\n")
        file.writelines(",".join(map(repr, row)) + "\n" for row in zip(*numbers, strict=True))


def _written(name: str) -> str:
    """Returns a name of the value that is read as one."""
    said = " ".join(name.replace(",", " ").replace('"', " ").replace("#", " ").split())
    keys = ["alpha", "beta", key_of(said), "accuracy"]
    return said if said and keys[2] not in INDEX and places_of(keys) == (0, 1) and keys.count(keys[2]) == 1 else "value"
