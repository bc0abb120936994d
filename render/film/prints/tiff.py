"""TIFF by rows: 8 or 16 bits in deflated strips with horizontal differences, dpi, profile and texts.

TIFF 6.0 (Adobe, 1992) with deflate (Technical Note 3); a picture that could pass 4 GB is a BigTIFF, whose offsets have
8 bytes. The directory comes last, since only then the strips are known, and the header is pointed at it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from render.film.prints.packing import LEVEL, in_order
from render.film.prints.print_sheet import PrintSheet, checked
from render.film.prints.profile import srgb
from render.storage.files import replacing

ROWS = 64  # of a strip
CLASSIC = 4_000_000_000  # bytes that a file may come to before its offsets need 8 bytes
WORST = 1.01  # deflated / plain, of what cannot be compressed, with all around it
ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 2, 3, 4, 5, 7, 16
SIZES = {ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, LONG8: 8}
LETTERS = {SHORT: "H", LONG: "I", LONG8: "Q"}
TEXT_TAGS = {"Title": 269, "Description": 270}


@dataclass(frozen=True)
class _Layout:
    """The widths of offsets and counts: those of a classic file, or of a BigTIFF."""

    header: bytes  # before the offset of the directory
    offset: str
    count: str  # of the directory's entries
    offsets: int  # type of the strips' places
    inline: int  # bytes of a value that stands in its entry


_CLASSIC = _Layout(b"II*\0", "<I", "<H", LONG, 4)
_BIG = _Layout(b"II+\0\x08\0\0\0", "<Q", "<Q", LONG8, 8)


@dataclass
class _Strips:
    """The places and lengths of the strips that are written."""

    offsets: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)


def write_tiff(target: Path, sheet: PrintSheet, bands: Iterable[np.ndarray], *, big: bool = False) -> None:
    """Writes a sheet from its bands, whole or not at all; big: as a BigTIFF even where it need not be."""
    layout, strips = _BIG if needs_big(sheet) or big else _CLASSIC, _Strips()
    with replacing(target) as temporary, temporary.open("wb") as file:
        file.write(layout.header + struct.pack(layout.offset, 0))
        for data in in_order(_packed, _cut(checked(bands, sheet))):
            strips.offsets.append(file.tell())
            strips.lengths.append(len(data))
            file.write(data + bytes(len(data) % 2))
        place = _directory(file, _tags(sheet, strips, layout), layout)
        file.seek(len(layout.header))
        file.write(struct.pack(layout.offset, place))


def needs_big(sheet: PrintSheet) -> bool:
    """Whether a sheet could pass what offsets of 4 bytes reach."""
    return sheet.row_bytes * sheet.height * WORST > CLASSIC


def _cut(bands: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Gives bands of any height as strips of ROWS rows; the last may have fewer."""
    kept: list[np.ndarray] = []
    for band in bands:
        kept.append(band)
        rows = np.concatenate(kept) if len(kept) > 1 else band
        whole = len(rows) - len(rows) % ROWS
        for top in range(0, whole, ROWS):
            yield rows[top : top + ROWS]
        kept = [rows[whole:]] if whole < len(rows) else []
    if kept:
        yield np.concatenate(kept)


def _packed(strip: np.ndarray) -> bytes:
    """Returns a strip (h, W, C) as differences from pixel to pixel, deflated."""
    differences = strip.copy()
    differences[:, 1:] -= strip[:, :-1]
    return zlib.compress(differences.astype(f"<u{strip.dtype.itemsize}", copy=False).tobytes(), LEVEL)


def _tags(sheet: PrintSheet, strips: _Strips, layout: _Layout) -> list[tuple[int, int, Any]]:
    """Returns the directory's entries: tag, type, and values or bytes, by rising tag."""
    dpi = struct.pack("<2I", round((sheet.dpi or 72) * 1000), 1000)
    tags: list[tuple[int, int, Any]] = [
        (256, LONG, [sheet.width]),
        (257, LONG, [sheet.height]),
        (258, SHORT, [sheet.depth] * sheet.channels),
        (259, SHORT, [8]),  # deflate
        (262, SHORT, [2]),  # RGB
        (273, layout.offsets, strips.offsets),
        (277, SHORT, [sheet.channels]),
        (278, LONG, [ROWS]),
        (279, layout.offsets, strips.lengths),
        (282, RATIONAL, dpi),
        (283, RATIONAL, dpi),
        (284, SHORT, [1]),  # channels beside each other
        (296, SHORT, [2 if sheet.dpi else 1]),  # per inch, or no unit
        (317, SHORT, [2]),  # horizontal differences
        (34675, UNDEFINED, srgb()),
        *((TEXT_TAGS[key], ASCII, text.encode("utf-8") + b"\0") for key, text in sheet.texts.items()),
    ]
    if sheet.channels == 4:
        tags.append((338, SHORT, [2]))  # straight alpha
    return sorted(tags, key=lambda tag: tag[0])


def _directory(file: BinaryIO, tags: list[tuple[int, int, Any]], layout: _Layout) -> int:
    """Writes the directory, after the values that do not fit into it; returns its place."""
    entries = []
    for tag, kind, values in tags:
        data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{LETTERS[kind]}", *values)
        count = len(data) // SIZES[kind]
        if len(data) > layout.inline:
            place = file.tell()
            file.write(data + bytes(len(data) % 2))
            data = struct.pack(layout.offset, place)
        size = layout.offset[1]
        entries.append(struct.pack(f"<2H{size}", tag, kind, count) + data.ljust(layout.inline, b"\0"))
    start = file.tell()
    file.write(struct.pack(layout.count, len(tags)) + b"".join(entries) + struct.pack(layout.offset, 0))
    return start
