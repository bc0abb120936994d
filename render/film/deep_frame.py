"""A frame of 16 bits on disk: PNG as prints write it, whose every row is filtered by the one above, and read again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.film.prints.png import COLOUR_TYPES, SIGNATURE, UP, write_png
from render.film.prints.print_sheet import PrintSheet

CHANNELS = {kind: channels for channels, kind in COLOUR_TYPES.items()}


def write_deep(path: Path, picture: np.ndarray) -> None:
    """Writes a picture (H, W, 3) or (H, W, 4) uint16."""
    height, width, channels = picture.shape
    write_png(path, PrintSheet(width, height, channels, 16), [picture])


def read_deep(path: Path) -> np.ndarray:
    """Returns a picture as write_deep was given it; raises DataError where its bytes are none of its."""
    try:
        chunks = dict.fromkeys((b"IHDR", b"IDAT"), b"")
        for name, data in _chunks(path.read_bytes()):
            chunks[name] = chunks.get(name, b"") + data
        width, height, depth, kind = struct.unpack(">2I2B", chunks[b"IHDR"][:10])
        rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
        channels = CHANNELS[kind]
        if depth != 16 or rows.shape[1] != 1 + width * channels * 2 or (rows[:, 0] != UP).any():
            raise ValueError("it is of another depth or filter")
    except (ValueError, KeyError, struct.error, zlib.error) as error:
        raise DataError(f"{path}: is no frame of 16 bits ({error})") from error
    plain = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    return plain.view(">u2").reshape(height, width, channels).astype(np.uint16)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Gives the names and data of the chunks of a PNG."""
    if not content.startswith(SIGNATURE):
        raise ValueError("it does not begin as a PNG")
    place = len(SIGNATURE)
    while place + 12 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        yield content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        place += 12 + length
