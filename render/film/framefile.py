"""The file of a picture: PNG of 8 or 16 bits, written three times as fast as usual, and read back.

A rendered picture has grain, so that looking for repeats finds none: each row less the one above is coded by Huffman
alone, which takes 0.06 s for a 1080p frame and 15 % less room than level 1 of zlib takes in 0.18 s.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from render.errors import DataError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
UP = 2  # the filter: a row less the one above
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
MEMORY = 9  # of zlib; smaller is slower


def png_of(pixels: np.ndarray) -> bytes:
    """Returns the PNG of pixels (H, W, 3), or (H, W, 4) with straight alpha, uint8 or uint16.

    Pixels (H, W, 1) are shares and no colours: they are not said to be sRGB.
    """
    height, width, channels = pixels.shape
    depth = 8 * pixels.dtype.itemsize
    plain = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">"), copy=False)).view(np.uint8)
    flat = plain.reshape(height, -1)
    rows = np.empty((height, flat.shape[1] + 1), np.uint8)
    rows[:, 0] = UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    coder = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, MEMORY, zlib.Z_HUFFMAN_ONLY)
    data = coder.compress(rows.data) + coder.flush()
    header = struct.pack(">2I5B", width, height, depth, COLOUR_TYPES[channels], 0, 0, 0)
    space = _chunk(b"sRGB", b"\0") if channels > 1 else b""
    return SIGNATURE + _chunk(b"IHDR", header) + space + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))


def pixels_of(content: bytes) -> np.ndarray:
    """Returns the pixels (H, W, 3 or 4), uint8 or uint16, of a PNG; of one that png_of has not written, 8 bits."""
    size = struct.unpack(">2I5B", content[16:29]) if content[12:16] == b"IHDR" else ()
    if not size or size[2] not in (8, 16) or size[3] not in (2, 6) or size[6]:
        return _foreign(content)
    width, height, depth, kind = size[:4]
    channels = 3 if kind == 2 else 4
    try:
        rows = np.frombuffer(zlib.decompress(_image_data(content)), np.uint8).reshape(height, -1)
    except (zlib.error, ValueError, struct.error) as error:
        raise DataError(f"a picture is damaged ({error})") from error
    if (rows[:, 0] != UP).any():
        return _foreign(content)
    flat = np.add.accumulate(rows[:, 1:], axis=0, dtype=np.uint8)
    if depth == 8:
        return flat.reshape(height, width, channels)
    return flat.view(">u2").reshape(height, width, channels).astype(np.uint16)


def _image_data(content: bytes) -> bytes:
    """Returns the compressed picture, which may lie in several chunks."""
    parts, place = [], len(SIGNATURE)
    while place + 8 <= len(content):
        length, name = struct.unpack(">I4s", content[place : place + 8])
        if name == b"IDAT":
            parts.append(content[place + 8 : place + 8 + length])
        place += length + 12
    return b"".join(parts)


def _foreign(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGBA" if "A" in picture.getbands() else "RGB"))


def read_picture(path: Path) -> np.ndarray:
    """Returns the pixels of a PNG file, as pixels_of does."""
    return pixels_of(path.read_bytes())
