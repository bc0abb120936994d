"""Surfaces in HDF5 as Li et al.'s code writes and plots them ("Visualizing the Loss Landscape of Neural Nets", 2018).

xcoordinates (nx,), ycoordinates (ny,) and train_loss. Its loop walks a mesh of ny rows and nx columns, but declares
(nx, ny), so that a grid that is not square is stored row by row under a wrong shape; −1 stands for what was not
measured yet.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from render.errors import DataError
from render.files import replacing
from render.landscape.exchange.given import Given, checked, require_few, require_numbers

LOSSES = ("train_loss", "test_loss", "loss")
MARK = "thalweg"  # an attribute of files that were written here
UNMEASURED = -1.0


def read(path: Path) -> Given:
    """Returns the surface of a file; raises DataError where it is of another layout, or leads to other files."""
    try:
        with h5py.File(path, "r") as file:
            return _from(path, file)
    except (OSError, KeyError, RuntimeError, ValueError, MemoryError) as error:
        raise DataError(f"{path}: cannot be read as HDF5 ({error}); save it again") from error


def _from(path: Path, file: h5py.File) -> Given:
    name = next((name for name in LOSSES if name in file), None)
    absent = [axis for axis in ("xcoordinates", "ycoordinates") if axis not in file]
    if name is None or absent:
        lacks = absent[0] if absent else LOSSES[0]
        raise DataError(f"{path}: has no {lacks}; it needs xcoordinates, ycoordinates and train_loss")
    x, y, values = (_array(path, file, key) for key in ("xcoordinates", "ycoordinates", name))
    if values.size != x.size * y.size:
        raise DataError(
            f"{path}: {name} has {values.size:,} values for {x.size:,} × {y.size:,} places; compute it anew"
        )
    ours, shape = MARK in file.attrs, (y.size, x.size)
    more, accuracy = {}, name.replace("loss", "acc")
    if accuracy in file:
        percent = _array(path, file, accuracy)
        more["accuracy"] = _measured(percent, ours).reshape(shape).astype(np.float32) / 100
    for key, own in PATH.items():
        if key in file:
            more[own] = _array(path, file, key)
    values = _measured(values, ours).reshape(shape)
    return checked(path, x, y, values, "loss" if ours else name.replace("_", " "), **more)


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
            file["train_acc"] = 100 * given.more["accuracy"]
