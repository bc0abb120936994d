"""Surfaces in text: three columns of x, y and value, or a matrix with its axes along the edges."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.files import replacing
from render.landscape.exchange.given import Given, checked, gridded, require_few
from render.scene.surface import MOST_POINTS

MOST_BYTES = 80 * MOST_POINTS
DELIMITERS = ",;\t "


def read(path: Path) -> Given:
    """Returns the surface of a table; raises DataError with the line where it holds no numbers."""
    if path.stat().st_size > MOST_BYTES:
        require_few(path, MOST_POINTS + 1)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no text; save it as UTF-8") from error
    first = text.lstrip().partition("\n")[0]
    delimiter = next((mark for mark in DELIMITERS if mark in first), ",")
    rows = _rows(path, text, delimiter)
    width = rows.shape[1]
    if width == 3 and not np.isnan(rows[0, 0]):
        names = [cell.strip().strip('"') for cell in first.split(delimiter)]
        name = names[2] if len(names) == 3 and not _is_number(names[2]) else "value"
        return gridded(path, rows[:, 0], rows[:, 1], rows[:, 2], name)
    return checked(path, rows[0, 1:], rows[1:, 0], rows[1:, 1:], "value")


def _rows(path: Path, text: str, delimiter: str) -> np.ndarray:
    """Returns the numbers of a table; a heading of words is passed over, an empty first cell is NaN."""
    lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in line)]
    lines = [[cell for cell in line if cell.strip()] for line in lines] if delimiter == " " else lines
    headed = bool(lines) and len(lines[0]) == 3 and not any(map(_is_number, lines[0]))
    body = lines[1:] if headed else lines
    if len(body) < 2 or len({len(line) for line in body}) != 1 or len(body[0]) < 3:
        raise DataError(
            f"{path}: is no table of three columns, nor a matrix with axes along its edges; write x, y, value"
        )
    try:
        return np.array([[_number(cell) for cell in line] for line in body])
    except ValueError as error:
        raise DataError(f"{path}: holds {error}; write numbers only, with a point") from error


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
        file.write(f"alpha,beta,{given.name.replace(',', ' ')}\n")
        file.writelines(f"{a!r},{b!r},{value!r}\n" for a, b, value in zip(*values, strict=True))
