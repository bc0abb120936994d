"""A reel: the frames of a film on disk as the stream that encoders take."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from render.errors import DataError, MachineError
from render.film.deep_frame import read_deep
from render.film.encoders.stream import FrameStream

CHANNELS = {2: 3, 6: 4}  # by the type of colour in a PNG's header


def reel_of(paths: Sequence[Path], fps: Fraction) -> FrameStream:
    """Returns the stream of frames that are PNG of 8 or 16 bits, all like the first."""
    width, height, depth, channels = _header(paths[0])

    def draw(wanted: Sequence[int]) -> Iterator[np.ndarray]:
        for index in wanted:
            yield _read(paths[index], depth)

    return FrameStream(width, height, len(paths), fps, depth, channels == 4, draw)


def _header(path: Path) -> tuple[int, int, int, int]:
    """Returns width, height, bits and channels of a PNG."""
    with path.open("rb") as file:
        head = file.read(26)
    if len(head) < 26 or head[25] not in CHANNELS:
        raise MachineError(f"{path} is no frame of a film", "remove it, then run the same command again")
    width, height = struct.unpack(">2I", head[16:24])
    return width, height, head[24], CHANNELS[head[25]]


def _read(path: Path, depth: int) -> np.ndarray:
    try:
        if depth == 16:
            return read_deep(path)
        with Image.open(path) as picture:
            return np.asarray(picture)
    except (OSError, SyntaxError, DataError) as error:
        raise MachineError(f"{path} cannot be read ({error})", "remove it, then run the same command again") from error
