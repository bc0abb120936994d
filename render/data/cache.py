"""Decoded images as one memory-mapped array of bytes, kept until what they were made from changes.

<cache>/decoded/<key>.npy holds the images (N, C, H, W); <key>.json, which is written last, which of them could be read
and a checksum. They are decoded into memory and then written: a map of a file that a full disk cannot hold would end
the process. Where the cache cannot be written, it costs only time.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np

from render.errors import MachineError
from render.storage.files import cache_folder, content_key, replacing
from render.storage.records import read_json, write_json

BLOCK = 2**24  # bytes that are read at once


@dataclass(frozen=True)
class Made:
    """Images and which of them are whole."""

    images: np.ndarray  # (N, C, H, W) uint8, in memory or mapped
    whole: np.ndarray  # (N,) bool


def obtain(key: Mapping[str, Any], shape: tuple[int, ...], make: Callable[[Made], None]) -> Made:
    """Returns the images of a key, from the cache or made; make fills the arrays that it is given."""
    name = content_key(key)[:32]
    folder = cache_folder() / "decoded"
    kept = _kept(folder, name, shape)
    if kept is not None:
        return kept
    made = Made(np.zeros(shape, np.uint8), np.zeros(shape[0], bool))
    make(made)
    with contextlib.suppress(OSError, MachineError):
        _write(folder, name, made)
    return made


def _kept(folder: Path, name: str, shape: tuple[int, ...]) -> Made | None:
    """Returns what is in the cache, or None where it is absent or damaged."""
    record = read_json(folder / f"{name}.json")
    if not isinstance(record, dict):
        return None
    try:
        images = np.lib.format.open_memmap(folder / f"{name}.npy", mode="r")
    except Exception:  # a damaged header can fail in any way; the images are decoded again
        return None
    if images.shape != shape or images.dtype != np.uint8:
        return None
    broken = record.get("broken")
    if _checksum(images, broken) != record.get("crc"):
        return None
    whole = np.ones(shape[0], bool)
    whole[broken] = False
    return Made(images, whole)


def _write(folder: Path, name: str, made: Made) -> None:
    broken = np.flatnonzero(~made.whole).tolist()
    with replacing(folder / f"{name}.npy") as temporary:
        np.save(temporary, made.images)
    write_json(folder / f"{name}.json", {"crc": _checksum(made.images, broken), "broken": broken})


def _checksum(images: np.ndarray, broken: Any) -> int:
    """Returns the CRC-32C of images and of the list of those that are broken."""
    checksum = google_crc32c.Checksum(json.dumps(broken).encode())
    flat = images.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        checksum.update(flat[start : start + BLOCK].tobytes())
    return int.from_bytes(checksum.digest(), "big")
