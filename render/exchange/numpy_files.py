"""Surfaces in npz and npy files of NumPy."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib.npyio import NpzFile

from render.errors import DataError
from render.exchange.given import Given, require_few, require_numbers
from render.exchange.named import NamedArrays, of_array
from render.storage.files import replacing

UNREADABLE = (
    OSError, ValueError, EOFError, KeyError, SyntaxError, TokenError, zlib.error, zipfile.BadZipFile,
    NotImplementedError, MemoryError,
)  # fmt: skip


def read(path: Path) -> Given:
    """Returns the surface of an npz file's arrays; nothing of the file is run."""
    with opened(path) as (names, array):
        return NamedArrays(path, names, array).surface()


@contextmanager
def opened(path: Path) -> Iterator[tuple[list[str], Callable[[str], np.ndarray]]]:
    """Gives the names in an npz file and what reads one; raises DataError where it is none, or is not plain."""
    try:
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as arrays:

            def read_one(name: str) -> np.ndarray:
                assert arrays.zip is not None
                with arrays.zip.open(f"{name}.npy") as member:
                    _require_plain(path, member)
                return arrays[name]

            yield arrays.files, read_one
    except UNREADABLE as error:
        raise DataError(f"{path}: is no npz file of plain arrays ({error}); save it with numpy.savez") from error


def read_array(path: Path) -> Given:
    """Returns the surface of an npy file: a matrix, or points (n, 3); nothing of the file is run."""
    array = array_of(path, records=True)
    if array.dtype.names is None:
        return of_array(path, array)
    return NamedArrays(path, array.dtype.names, array.__getitem__).surface()


def array_of(path: Path, *, records: bool = False) -> np.ndarray:
    """Returns the array of an npy file; raises DataError where it is none, or is not plain."""
    try:
        with path.open("rb") as file:
            _require_plain(path, file, records=records)
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    except UNREADABLE as error:
        raise DataError(f"{path}: is no npy file of numbers ({error}); save it with numpy.save") from error


def _require_plain(path: Path, file: IO[bytes], *, records: bool = False) -> None:
    """Raises DataError where the head of an array claims more than is drawn, or other than numbers."""
    version = np.lib.format.read_magic(file)
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = reader(file)
    require_few(path, *(shape[1:] if len(shape) == 3 and shape[0] == 3 else shape))
    for part in [kind[name] for name in kind.names] if records and kind.names else [kind]:
        require_numbers(path, part)


def write(given: Given, path: Path) -> None:
    """Writes a surface as alphas, betas and loss."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        arrays: dict[str, Any] = {"alphas": given.alphas, "betas": given.betas, "loss": given.values, **given.more}
        np.savez(file, **arrays)
