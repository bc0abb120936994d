"""Surfaces in npz files of NumPy."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from render.errors import DataError
from render.files import replacing
from render.landscape.exchange.given import Given, checked, require_few, require_numbers

NAMES = (("alphas", "betas", "loss"), ("alpha", "beta", "loss"), ("x", "y", "z"), ("x", "y", "value"))
MORE = ("accuracy", "path_alpha", "path_beta", "path_loss")


def read(path: Path) -> Given:
    """Returns the surface of arrays alphas, betas, loss (or x, y, z); nothing of the file is run."""
    try:
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as arrays:
            for names in NAMES:
                if set(names) <= set(arrays.files):
                    return _from(path, arrays, names)
            held = ", ".join(arrays.files[:8]) or "nothing"
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, MemoryError) as error:
        raise DataError(f"{path}: is no npz file of plain arrays ({error}); save it with numpy.savez") from error
    raise DataError(f"{path}: holds {held}; name its arrays alphas, betas and loss, or x, y and z")


def _from(path: Path, arrays: NpzFile, names: tuple[str, ...]) -> Given:
    held = [name for name in (*names, *MORE) if name in arrays.files]
    for name in held:
        shape, kind = _claim(arrays, name)
        require_few(path, *shape)
        require_numbers(path, kind)
    x, y, z = (arrays[name] for name in names)
    more = {name: arrays[name] for name in MORE if name in arrays.files}
    return checked(path, x, y, z, names[2] if names[2] not in ("z", "value") else "value", **more)


def _claim(arrays: NpzFile, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Returns the shape and type that an array claims, without reading it."""
    assert arrays.zip is not None
    with arrays.zip.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = reader(file)
        return tuple(shape), kind


def write(given: Given, path: Path) -> None:
    """Writes a surface as alphas, betas and loss."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        arrays: dict[str, Any] = {"alphas": given.alphas, "betas": given.betas, "loss": given.values, **given.more}
        np.savez(file, **arrays)
