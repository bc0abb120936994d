"""Surfaces in text: three columns of x, y and value, or a matrix with its axes along the edges."""

from __future__ import annotations

import csv
import itertools
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.files import replacing
from render.landscape.exchange.given import Given, checked, gridded, require_few
from render.scene.surface import MOST_POINTS

MOST_BYTES = 80 * MOST_POINTS
DELIMITERS = ",;\t "
AXES = (("alpha", "x", "xcoordinate"), ("beta", "y", "ycoordinate"))  # what heads the columns of places


def read(path: Path) -> Given:
    """Returns the surface of a table; raises DataError where it holds other than numbers."""
    if path.stat().st_size > MOST_BYTES:
        require_few(path, MOST_POINTS + 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows, heading = _rows(path, file)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no text; save it as UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}: is no table ({error}); write x, y, value") from error
    except ValueError as error:
        raise DataError(f"{path}: holds a word among its numbers ({error}); write them with a point") from error
    if rows.shape[1] == 3 and not np.isnan(rows[0, 0]):
        a, b, value = _columns(heading)
        return gridded(path, rows[:, a], rows[:, b], rows[:, value], heading[value] if heading else "value")
    return checked(path, rows[0, 1:], rows[1:, 0], rows[1:, 1:], "value")


def _columns(heading: list[str]) -> list[int]:
    """Returns the places of α, β and the value among three columns; a heading may name them in another order."""
    places = [next((k for k, word in enumerate(heading) if word.lower() in words), None) for words in AXES]
    a, b = (place if place is not None else default for place, default in zip(places, (0, 1), strict=True))
    return [a, b, 3 - a - b] if a != b else [0, 1, 2]


def _rows(path: Path, file: Iterable[str]) -> tuple[np.ndarray, list[str]]:
    """Returns the numbers of a table, and the words that head it; only numbers are held, 8 bytes each."""
    lines = _lines(file)
    first, heading = next(lines, []), []
    if len(first) == 3 and not any(map(_is_number, first)):
        heading, first = [cell.strip() for cell in first], next(lines, [])
    elif first and not _is_number(first[0]):
        first[0] = ""  # the corner of a matrix says what its axes are
    numbers, width, even = array("d", map(_number, first)), len(first), True
    for line in lines:
        numbers.extend(map(_number, line))
        even = even and len(line) == width
    if not even or width < 3 or len(numbers) < 2 * width:
        raise DataError(
            f"{path}: is no table of three columns, nor a matrix with axes along its edges; write x, y, value"
        )
    return np.frombuffer(numbers).reshape(-1, width), heading


def _lines(file: Iterable[str]) -> Iterator[list[str]]:
    """Gives the cells of each line; empty lines, and what follows #, are passed over."""
    full = (line for line in file if line.strip() and not line.lstrip().startswith("#"))
    first = next(full, "")
    delimiter = next((mark for mark in DELIMITERS if mark in first), ",")
    for line in csv.reader(itertools.chain([first], full), delimiter=delimiter):
        cells = [cell for cell in line if cell.strip()] if delimiter == " " else line
        if any(cell.strip() for cell in cells):
            yield cells


def _number(cell: str) -> float:
    return float(cell) if cell.strip() else np.nan


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return False
    return True


def write(given: Given, path: Path) -> None:
    """Writes a surface as three columns, every number with all its digits."""
    columns, rows = np.meshgrid(given.alphas, given.betas)
    values = (part.ravel().tolist() for part in (columns, rows, given.values))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(f"alpha,beta,{' '.join(given.name.replace(',', ' ').split())}\n")
        file.writelines(f"{a!r},{b!r},{value!r}\n" for a, b, value in zip(*values, strict=True))
