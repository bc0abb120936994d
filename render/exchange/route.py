"""A path in a file of its own: α and β of each step, and its loss where the file has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange import cells, hdf5, numpy_files
from render.exchange.columns import ACCURACIES, INDEX, VALUES, first_of, key_of, name_of, places_of
from render.exchange.given import neighbour_of, require_path

PARTS = ("path_alpha", "path_beta", "path_loss")
LAYOUTS = "columns alpha, beta and, if you like, loss; or arrays of these names, or of proj_xcoord and proj_ycoord"
COUNTS = {  # columns that number the steps
    "step", "steps", "epoch", "epochs", "iteration", "iterations", "iter", "it", "batch", "trainstep", "globalstep",
    "update", "time", "t",
}  # fmt: skip
Noted = tuple[dict[str, np.ndarray], tuple[str, ...]]  # the parts of a path, and what a reader had to assume


def read(path: Path) -> Mapping[str, np.ndarray]:
    """Returns path_alpha, path_beta and, if there is one, path_loss, each (T,) float64, in the order of the file.

    Raises DataError where the file holds no path of two steps or more.
    """
    return read_noted(path)[0]


def read_noted(path: Path) -> tuple[Mapping[str, np.ndarray], tuple[str, ...]]:
    """Returns what `read` does, and what was assumed, each a clause for the caption."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: paths are read from {', '.join(sorted(READERS))}; save it as one of them")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; {neighbour_of(path)}")
    parts, notes = reader(path)
    along = {name: np.asarray(part, np.float64) for name, part in parts.items()}
    require_path(path, along)
    if len(along["path_alpha"]) < 2:
        raise DataError(f"{path}: holds {len(along['path_alpha'])} step; a path needs two")
    return along, notes


def _of_text(path: Path) -> Noted:
    found = cells.read(path)
    if found.heading:
        return _named(path, found.heading, lambda name: found.numbers[:, found.heading.index(name)])
    return _in_order(path, found.numbers)


def _in_order(path: Path, numbers: np.ndarray) -> Noted:
    """Returns the path of two or three columns without names; of three, a first one of 0, 1, 2 counts."""
    if numbers.ndim != 2 or numbers.shape[1] not in (2, 3):
        raise DataError(f"{path}: holds {' × '.join(map(str, numbers.shape))} numbers; a path is {LAYOUTS}")
    if numbers.shape[1] == 3 and _counts(numbers[:, 0]):
        return dict(zip(PARTS, numbers.T[1:], strict=False)), ("first column of the path is taken as the step",)
    said = ("α", "β", "loss")[: numbers.shape[1]]
    notes = (f"columns of the path in order are {', '.join(said[:-1])} and {said[-1]}",)
    return dict(zip(PARTS, numbers.T, strict=False)), notes


def _counts(column: np.ndarray) -> bool:
    return len(column) > 2 and np.array_equal(column, np.arange(len(column)))


def _of_array(path: Path, numbers: np.ndarray) -> Noted:
    """Returns the path of an array of two or three columns, or of as many rows."""
    numbers = numbers.squeeze()
    in_rows = numbers.ndim == 2 and len(numbers) in (2, 3) and numbers.shape[1] > 3
    return _in_order(path, numbers.T if in_rows else numbers)


def _named(path: Path, names: tuple[str, ...], column: Callable[[str], np.ndarray]) -> Noted:
    keys = [key_of(name) for name in names]
    places = places_of([key if "path" in key or "proj" in key else "" for key in keys]) or places_of(keys)
    loss = first_of("pathloss projloss trueloss", keys)
    loss = first_of(VALUES, keys) if loss is None else loss
    notes: tuple[str, ...] = ()
    if places is None:
        aside = {loss, first_of(ACCURACIES, keys)}
        left = [k for k, key in enumerate(keys) if key not in INDEX | COUNTS and k not in aside]
        if len(left) == 3 and _counts(column(names[left[0]])):
            notes = (f"{name_of(names[left[0]])} of the path is taken as the step",)
            left = left[1:]
        if len(left) == 2 or (len(left) == 3 and loss is None):
            places, loss = (left[0], left[1]), (left[2] if len(left) == 3 else loss)
            notes += (f"{name_of(names[left[0]])} is α, {name_of(names[left[1]])} β of the path",)
    if places is None:
        raise DataError(f"{path}: holds {', '.join(names[:8]) or 'nothing'}; a path is {LAYOUTS}")
    parts = [*places, *([loss] if loss is not None else [])]
    return {part: column(names[k]) for part, k in zip(PARTS, parts, strict=False)}, notes


def _of_npz(path: Path) -> Noted:
    with numpy_files.opened(path) as (names, array):
        return _of_array(path, array(names[0])) if len(names) == 1 else _named(path, tuple(names), array)


def _of_hdf5(path: Path) -> Noted:
    with hdf5.opened(path) as (names, array):
        return _of_array(path, array(names[0])) if len(names) == 1 else _named(path, tuple(names), array)


READERS: dict[str, Callable[[Path], Noted]] = {
    ".csv": _of_text,
    ".txt": _of_text,
    ".dat": _of_text,
    ".tsv": _of_text,
    ".npz": _of_npz,
    ".npy": lambda path: _of_array(path, numpy_files.array_of(path)),
    ".h5": _of_hdf5,
    ".hdf5": _of_hdf5,
}
