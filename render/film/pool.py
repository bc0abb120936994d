"""The pool: pictures without words, kept by what they were made from, for every film that shows them.

    pictures/<2 of the key>/<30 of the key>-<bytes>-<CRC-32>.png

The name says all, so that any number of processes may write at once and a listing reads no file. Pictures of earlier
variants of a scene stay, until the pool is larger than its limit or is cleaned.
"""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from render.errors import MachineError
from render.film.framefile import pixels_of, png_of
from render.film.saving import Saving
from render.storage.files import replacing, sweep
from render.storage.presence import alone, present

FOLDER = "pictures"
NAME = re.compile(r"([0-9a-f]{30})-(\d+)-([0-9a-f]{8})\.png")
LENGTH = 32  # hexadecimal digits of a key that tell a picture
LIMIT, VARIABLE = 20.0, "THALWEG_PICTURES"  # gigabytes that pictures may take, and where another number of them is said


class Pooled(NamedTuple):
    """A picture on disk."""

    path: Path
    size: int  # bytes
    crc: int


@dataclass(frozen=True)
class Pool:
    """A folder of pictures."""

    folder: Path

    def find(self, keys: Collection[str]) -> dict[str, Pooled]:
        """Returns those of keys whose pictures are there and have their length; their bytes are not read."""
        wanted = {key[:LENGTH]: key for key in keys}
        shelves = {short[:2] for short in wanted}
        found = ((short, picture) for shelf in shelves for short, picture in self._shelf(shelf))
        return {wanted[short]: picture for short, picture in found if short in wanted}

    def _shelf(self, shelf: str) -> Iterator[tuple[str, Pooled]]:
        try:
            with os.scandir(self.folder / shelf) as entries:
                for entry in entries:
                    told = NAME.fullmatch(entry.name)
                    if told and entry.stat().st_size == int(told[2]):
                        yield shelf + told[1], Pooled(Path(entry.path), int(told[2]), int(told[3], 16))
        except FileNotFoundError:
            return

    def read(self, picture: Pooled) -> np.ndarray | None:
        """Returns the pixels (H, W, 3 or 4) of a picture, or None where its bytes are lost or others by now."""
        try:
            content = picture.path.read_bytes()
        except OSError:
            return None
        if zlib.crc32(content) != picture.crc:
            picture.path.unlink(missing_ok=True)
            return None
        picture.path.touch()  # the limit takes what was not looked at for the longest
        return pixels_of(content)

    def write(self, key: str, pixels: np.ndarray) -> Pooled:
        """Keeps a picture, (H, W, 3) or (H, W, 4), uint8 or uint16."""
        content = png_of(pixels)
        crc, short = zlib.crc32(content), key[:LENGTH]
        path = self.folder / short[:2] / f"{short[2:]}-{len(content)}-{crc:08x}.png"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        return Pooled(path, len(content), crc)

    def trim(self, wanted: Collection[str], limit: float | None = None) -> int:
        """Removes the pictures that were not looked at for the longest while all take more than a limit, gigabytes.

        Those of wanted keys stay. Returns how many have gone.
        """
        most = 1e9 * (_limit() if limit is None else limit)
        kept = {key[:LENGTH] for key in wanted}
        there = [(*each, each[1].path.stat().st_mtime) for each in self.pictures()]
        over, gone = sum(picture.size for _, picture, _ in there) - most, 0
        for short, picture, _ in sorted(there, key=lambda each: each[2]):
            if over <= 0:
                break
            if short not in kept:
                picture.path.unlink(missing_ok=True)
                over, gone = over - picture.size, gone + 1
        return gone

    def sweep(self) -> None:
        """Removes what a kill has left half written, unless others write here now: it may be theirs."""
        with alone(self.folder) as is_alone:
            for shelf in self.folder.glob("[0-9a-f][0-9a-f]") if is_alone else ():
                sweep(shelf)

    def pictures(self) -> Iterator[tuple[str, Pooled]]:
        """Gives all pictures, each with the beginning of its key."""
        for shelf in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            yield from self._shelf(shelf.name)


class PoolWriter(Saving):
    """Saves pictures in the background while the next ones are drawn."""

    def __init__(self, pool: Pool):
        super().__init__()
        self.pool = pool
        self._present = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._present.enter_context(present(self.pool.folder))
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._present:
            super().__exit__(kind, error, trace)

    def write(self, key: str, pixels: np.ndarray) -> None:
        """Hands over a picture; waits while two others are still being saved."""
        self.hand_over(lambda: self.pool.write(key, pixels))


def _limit() -> float:
    asked = os.environ.get(VARIABLE, "")
    try:
        found = float(asked) if asked else LIMIT
    except ValueError:
        found = -1.0
    if not found >= 0:
        raise MachineError(f"{VARIABLE}={asked} is no number of gigabytes", f"set it to 0 or more, such as {LIMIT:g}")
    return found
