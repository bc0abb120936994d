"""Keeping: the light of a print in a file of the output folder, and which of its tiles are finished.

<file>.plate/light            every plane of every pixel, mapped into memory
<file>.plate/<row>-<column>   the record of a finished tile: its key, its box and its checksums; its glow beside it

A tile whose record is of another key or box, or whose bytes are no longer those of its record, is drawn anew. The
folder goes when the print is whole.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import google_crc32c
import numpy as np

from render.stage.lens.tiles import CanvasBox
from render.storage.files import disk_errors, idle, replacing
from render.storage.records import read_record, write_record

ENDING = ".plate"


def folder_of(target: Path) -> Path:
    """Returns where the plate of a print is kept until it is whole."""
    return target.with_name(target.name + ENDING)


def discard(target: Path) -> None:
    """Removes the plate of a print that is whole."""
    shutil.rmtree(folder_of(target), ignore_errors=True)


def discard_idle(target: Path) -> None:
    """Removes the plate of a print that is whole, unless somebody is at work on it."""
    if folder_of(target).exists() and idle(target):
        discard(target)


def bytes_there(target: Path) -> int:
    """Returns how much of the disk the plate of a print takes already."""
    light = folder_of(target) / "light"
    return light.stat().st_size if light.is_file() else 0


@dataclass(frozen=True)
class KeptPlate:
    """A plate on the disk."""

    folder: Path
    key: str  # of everything that a tile depends on
    file: mmap.mmap

    def note(self, box: CanvasBox, light: np.ndarray, glow: np.ndarray | None) -> None:
        """Records a tile whose light has been laid down, with its glow, where it has any."""
        if glow is not None:
            with replacing(self._glow(box)) as temporary:
                temporary.write_bytes(glow.tobytes())
        said = {"key": self.key, "box": _said(box), "light": _checksum(light), "glow": _checksum(glow)}
        write_record(self._record(box), said)

    def find(self, box: CanvasBox, light: np.ndarray, coarse: tuple[int, int, int]) -> np.ndarray | None:
        """Returns the glow of a finished tile, of a shape, empty where it has none; None where it has to be drawn."""
        said = read_record(self._record(box), {"box": list, "light": int, "glow": int}, self.key)
        if said is None or said["box"] != _said(box) or said["light"] != _checksum(light):
            return None
        data = self._glow(box).read_bytes() if said["glow"] and self._glow(box).is_file() else b""
        if google_crc32c.value(data) != said["glow"]:
            return None
        return np.frombuffer(data, np.float32).reshape(coarse if data else 0)

    def forget(self) -> None:
        """Lets mapped pages go from memory."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.file.madvise(mmap.MADV_DONTNEED)

    def _record(self, box: CanvasBox) -> Path:
        return self.folder / f"{box.top}-{box.left}.json"

    def _glow(self, box: CanvasBox) -> Path:
        return self.folder / f"{box.top}-{box.left}.glow"


def _said(box: CanvasBox) -> list[int]:
    return [box.left, box.top, box.right, box.bottom]


def _checksum(values: np.ndarray | None) -> int:
    """Returns the CRC-32C of values, row by row: a tile lies in as many pieces; that of nothing is 0."""
    checksum = google_crc32c.Checksum()
    if values is not None:
        for plane in values:
            for row in plane:
                checksum.update(row.tobytes())
    return int.from_bytes(checksum.digest(), "big")


@contextlib.contextmanager
def kept_beside(target: Path, key: str, count: int) -> Iterator[KeptPlate]:
    """Gives a plate of so many bytes, with what an earlier start has left of it."""
    folder = folder_of(target)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        light = folder / "light"
        if light.is_symlink():  # it is not for us to write where it leads
            light.unlink()
        light.touch()
        with light.open("r+b") as file:
            if os.fstat(file.fileno()).st_size != count:
                _fill(file.fileno(), count)
            yield KeptPlate(folder, key, mmap.mmap(file.fileno(), count))


def _fill(descriptor: int, count: int) -> None:
    """Makes a file so many bytes of zeros."""
    os.ftruncate(descriptor, 0)
    if hasattr(os, "posix_fallocate"):  # a sparse file on a full disk would end the process at a write
        os.posix_fallocate(descriptor, 0, count)
    else:
        os.ftruncate(descriptor, count)
