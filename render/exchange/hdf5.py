"""Surfaces in HDF5 as Li et al.'s code writes and plots them ("Visualizing the Loss Landscape of Neural Nets", 2018).

xcoordinates (nx,), ycoordinates (ny,) and train_loss. Its loop walks a mesh of ny rows and nx columns, but declares
(nx, ny), so that a grid that is not square is stored row by row under a wrong shape; −1 stands for what was not
measured yet, and accuracies are percent. Other files are read by the names of their arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from render.errors import DataError
from render.exchange.accuracy import fraction_of_percent
from render.exchange.given import Given, checked, require_few, require_numbers
from render.exchange.named import NamedArrays
from render.storage.files import replacing

AXES = ("xcoordinates", "ycoordinates")
LOSSES = ("train_loss", "test_loss", "loss", "loss_vals")
MARK = "thalweg"  # an attribute of files that were written here
UNMEASURED = -1.0


def read(path: Path) -> Given:
    """Returns the surface of a file; raises DataError where it is of another layout, or leads to other files."""
    with _opened(path) as file:
        if any(axis in file for axis in AXES):
            return _of_reference(path, file)
        return NamedArrays(path, _names(file), lambda name: _array(path, file, name)).surface()


@contextmanager
def opened(path: Path) -> Iterator[tuple[list[str], Callable[[str], np.ndarray]]]:
    """Gives the names of a file's arrays and what reads one; raises DataError where it is no HDF5."""
    with _opened(path) as file:
        yield _names(file), lambda name: _array(path, file, name)


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError, ValueError, MemoryError) as error:
        raise DataError(f"{path}: cannot be read as HDF5 ({error}); save it again") from error


def _names(file: h5py.File) -> list[str]:
    """Returns the names at the root of a file that may be arrays of numbers; links are refused where they are read."""
    links = (name for name in file if not isinstance(file.get(name, getlink=True), h5py.HardLink))
    arrays = (name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink))
    return [*(name for name in arrays if isinstance(file[name], h5py.Dataset)), *links]


def _of_reference(path: Path, file: h5py.File) -> Given:
    name = next((name for name in LOSSES if name in file), None)
    absent = [axis for axis in AXES if axis not in file]
    if name is None or absent:
        lacks = absent[0] if absent else LOSSES[0]
        raise DataError(f"{path}: has no {lacks}; it needs xcoordinates, ycoordinates and train_loss")
    x, y, values = (_array(path, file, key) for key in (*AXES, name))
    if values.size != x.size * y.size:
        raise DataError(
            f"{path}: {name} has {values.size:,} values for {x.size:,} × {y.size:,} places; compute it anew"
        )
    ours, shape = MARK in file.attrs, (y.size, x.size)
    notes: tuple[str, ...] = ()
    more, accuracy = {}, name.replace("loss", "acc")
    if accuracy in file:
        percent = _measured(_array(path, file, accuracy), ours).reshape(shape)
        more["accuracy"], notes = (percent / 100, ()) if ours else fraction_of_percent(percent)
    for key, own in PATH.items():
        if key in file:
            more[own] = _array(path, file, key)
    values = _measured(values, ours).reshape(shape)
    return checked(path, x, y, values, "loss" if ours else name.replace("_", " "), notes, more)


def _measured(values: np.ndarray, ours: bool) -> np.ndarray:
    """Returns values with NaN for those that their code has not come to yet."""
    return values if ours else np.where(values == UNMEASURED, np.nan, values)


PATH = {"proj_xcoord": "path_alpha", "proj_ycoord": "path_beta", "proj_loss": "path_loss"}


def _array(path: Path, file: h5py.File, name: str) -> np.ndarray:
    """Returns an array of the file itself; one that lies in another file is refused."""
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise DataError(f"{path}: {name} is a link to another place; copy the numbers themselves into the file")
    found = file[name]
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        raise DataError(f"{path}: {name} is no array of its own; copy the numbers themselves into the file")
    if found.shape is None:
        raise DataError(f"{path}: {name} is empty; compute it anew")
    require_few(path, *found.shape)
    require_numbers(path, found.dtype)
    return np.asarray(found[()], np.float64)


def write(given: Given, path: Path) -> None:
    """Writes a surface so that Li et al.'s code plots it; accuracies are percent there."""
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs[MARK] = 1
        file["xcoordinates"], file["ycoordinates"] = given.alphas, given.betas
        file["train_loss"] = given.values
        for key, own in PATH.items():
            if own in given.more:
                file[key] = given.more[own]
        if "accuracy" in given.more:
            file["train_acc"] = 100 * given.more["accuracy"].astype(np.float64)  # so that the fraction comes back
