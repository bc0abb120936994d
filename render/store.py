"""Arrays on disk: Zarr v3 with plain chunks and a checksum on every one.

Zarr's default codecs miss almost every flipped bit, so Crc32c stands last; a chunk equal to the fill value would not
be written at all, so empty chunks are.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BytesCodec, Crc32cCodec

from render.errors import DataError
from render.files import disk_errors


def create_group(folder: Path, record: Mapping[str, Any]) -> zarr.Group:
    """Returns an empty group in folder, which it replaces, with the record as its attributes."""
    with disk_errors(folder):
        return zarr.create_group(folder, overwrite=True, attributes=dict(record))


def open_group(folder: Path) -> zarr.Group | None:
    """Returns the group in folder, or None where there is none that can be read."""
    try:
        return zarr.open_group(folder, mode="r+")
    except (FileNotFoundError, ValueError, KeyError):
        return None


def create_array(
    group: zarr.Group, name: str, shape: tuple[int, ...], dtype: str, chunks: tuple[int, ...]
) -> zarr.Array:
    """Returns a new array in the group; floats are filled with NaN, integers with 0."""
    return group.create_array(
        name,
        shape=shape,
        dtype=dtype,
        chunks=chunks,
        fill_value=float("nan") if np.dtype(dtype).kind == "f" else 0,
        serializer=BytesCodec(),
        compressors=[Crc32cCodec()],
        filters=None,
        config={"write_empty_chunks": True},
    )


def put(group: zarr.Group, name: str, values: np.ndarray) -> None:
    """Writes values as one new array of one chunk."""
    array = create_array(group, name, values.shape, str(values.dtype), tuple(max(1, n) for n in values.shape))
    array[...] = values


def get(group: zarr.Group, name: str) -> np.ndarray:
    """Returns a whole array; raises DataError where it is missing or its checksum does not fit."""
    try:
        array = group[name]
        if not isinstance(array, zarr.Array):
            raise KeyError(name)
        return np.asarray(array[...])
    except (KeyError, ValueError, zlib.error) as error:
        raise DataError(
            f"{group.store_path}: {name} is missing or damaged ({error}); remove the folder to make it anew"
        ) from error


def missing(folder: Path) -> zarr.Group:
    """Raises the DataError of a store that is not there."""
    raise DataError(f"{folder}: is missing or cannot be read; remove the folder around it to make it anew")
