"""Decoded images as one memory-mapped array of bytes, kept until what they were made from changes.

<cache>/decoded/<key>.npy holds the images (N, C, H, W); <key>.json, which is written last, which of them could be read
and a checksum. Where the cache cannot be written, images are decoded into memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np

from render.descent.data import places
from render.errors import MachineError
from render.files import content_key, read_json, write_json

BLOCK = 2**24  # bytes that are read at once


@dataclass(frozen=True)
class Made:
    """Images and which of them are whole."""

    images: np.ndarray  # (N, C, H, W) uint8, in memory or mapped
    whole: np.ndarray  # (N,) bool


def obtain(key: Mapping[str, Any], shape: tuple[int, ...], make: Callable[[Made], None]) -> Made:
    """Returns the images of a key, from the cache or made; make fills the arrays that it is given."""
    name = content_key(key)[:32]
    folder = places.cache_folder() / "decoded"
    kept = _kept(folder, name, shape)
    if kept is not None:
        return kept
    try:
        return _written(folder, name, shape, make)
    except (OSError, MachineError):
        made = Made(np.zeros(shape, np.uint8), np.zeros(shape[0], bool))
        make(made)
        return made


def _kept(folder: Path, name: str, shape: tuple[int, ...]) -> Made | None:
    """Returns what is in the cache, or None where it is absent or damaged."""
    record = read_json(folder / f"{name}.json")
    if not isinstance(record, dict) or not isinstance(record.get("broken"), list):
        return None
    try:
        images = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    if images.shape != shape or images.dtype != np.uint8 or _checksum(images) != record.get("crc"):
        return None
    whole = np.ones(shape[0], bool)
    whole[[index for index in record["broken"] if 0 <= index < shape[0]]] = False
    return Made(images, whole)


def _written(folder: Path, name: str, shape: tuple[int, ...], make: Callable[[Made], None]) -> Made:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder) as temporary:
        file = Path(temporary) / "images.npy"
        images = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
        made = Made(images, np.zeros(shape[0], bool))
        make(made)
        images.flush()
        checksum, broken = _checksum(images), np.flatnonzero(~made.whole).tolist()
        file.replace(folder / f"{name}.npy")
        write_json(folder / f"{name}.json", {"crc": checksum, "broken": broken})
    return made


def _checksum(images: np.ndarray) -> int:
    checksum = google_crc32c.Checksum()
    flat = images.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        checksum.update(flat[start : start + BLOCK].tobytes())
    return int.from_bytes(checksum.digest(), "big")
