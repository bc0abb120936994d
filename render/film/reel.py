"""A reel: the frames of a film on disk as the stream that encoders take."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from render.errors import DataError, MachineError
from render.film.encoders.stream import FrameStream
from render.film.framefile import read_picture

REMEDY = "remove it, then run the same command again"


def reel_of(paths: Sequence[Path], fps: Fraction) -> FrameStream:
    """Returns the stream of frames that are PNG of 8 or 16 bits, all like the first that is there.

    Those that no output shows may be absent.
    """
    height, width, channels = (first := _read(next((path for path in paths if path.exists()), paths[0]))).shape

    def draw(wanted: Sequence[int]) -> Iterator[np.ndarray]:
        for index in wanted:
            yield _read(paths[index])

    return FrameStream(width, height, len(paths), fps, 8 * first.dtype.itemsize, channels == 4, draw)


def _read(path: Path) -> np.ndarray:
    try:
        return read_picture(path)
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, DataError) as error:
        raise MachineError(f"{path} cannot be read ({error})", REMEDY) from error
