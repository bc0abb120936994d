"""PNG by rows: 8 or 16 bits, with dpi, profile and texts, from bands that nobody holds all of.

The image data are one zlib stream (RFC 1950) of rows that each begin with the number of their filter; bands are
compressed apart and join as deflate blocks, and the stream ends with the Adler-32 of all that it holds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from render.film.prints.packing import END, in_order, raw_deflate
from render.film.prints.print_sheet import INCH, PrintSheet, checked
from render.film.prints.profile import NAME, srgb
from render.storage.files import replacing

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ZLIB_HEADER = b"\x78\x01"
UP = 2  # the filter: a row less the one above, which for pictures of terrain and sky is about as good as any
COLOUR_TYPES = {3: 2, 4: 6}


def write_png(target: Path, sheet: PrintSheet, bands: Iterable[np.ndarray]) -> None:
    """Writes a sheet from its bands, whole or not at all."""
    with replacing(target) as temporary, temporary.open("wb") as file:
        file.write(SIGNATURE)
        for name, data in _opening(sheet):
            _put(file, name, data)
        for data in _stream(checked(bands, sheet), sheet):
            _put(file, b"IDAT", data)
        _put(file, b"IEND", b"")


def _opening(sheet: PrintSheet) -> Iterator[tuple[bytes, bytes]]:
    """Gives what stands before the picture."""
    yield b"IHDR", struct.pack(">2I5B", sheet.width, sheet.height, sheet.depth, COLOUR_TYPES[sheet.channels], 0, 0, 0)
    yield b"iCCP", NAME.encode() + b"\0\0" + zlib.compress(srgb(), 9)
    if sheet.dpi:
        yield b"pHYs", struct.pack(">2IB", *[round(sheet.dpi / INCH)] * 2, 1)
    for key, text in sheet.texts.items():
        yield b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")


def _put(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _stream(bands: Iterator[np.ndarray], sheet: PrintSheet) -> Iterator[bytes]:
    """Gives the zlib stream of a picture, in pieces."""
    check = [1]

    def rows() -> Iterator[bytes]:
        above = np.zeros((1, sheet.row_bytes), np.uint8)
        for band in bands:
            plain = _big_endian(band, sheet)
            data = _filtered(plain, above).tobytes()
            above = plain[-1:]
            check[0] = zlib.adler32(data, check[0])
            yield data

    yield ZLIB_HEADER
    yield from in_order(raw_deflate, rows())
    yield END + struct.pack(">I", check[0])


def _big_endian(band: np.ndarray, sheet: PrintSheet) -> np.ndarray:
    """Returns a band as bytes (h, row)."""
    return np.ascontiguousarray(band.astype(f">u{sheet.depth // 8}", copy=False)).view(np.uint8).reshape(len(band), -1)


def _filtered(plain: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Returns rows of bytes (h, n) less the ones above, each after the number of its filter, (h, n + 1)."""
    rows = np.empty((len(plain), plain.shape[1] + 1), np.uint8)
    rows[:, 0] = UP
    np.subtract(plain[:1], above, out=rows[:1, 1:])
    np.subtract(plain[1:], plain[:-1], out=rows[1:, 1:])
    return rows
