"""A typeface: one face of a font file, its names, and the letters that it has.

The few tables that tell this are read here (OpenType 1.9: directory, name, cmap, CBLC, sbix, COLR), so that a scene is
checked without any library that draws.
"""

from __future__ import annotations

import functools
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

OUTLINES = {b"\x00\x01\x00\x00", b"OTTO", b"true"}
COLLECTION = b"ttcf"
MOST_BYTES = 50_000_000  # of a table; the largest character map known has 1.5 MB, but names of files lie
UNICODE = [(3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0)]  # platform and encoding, best first
FAMILY, STYLE, FULL, TYPOGRAPHIC_FAMILY = 1, 2, 4, 16  # of the name table


class NoTypefaceError(ValueError):
    """A file is not a font, or not one that can be drawn."""


@dataclass(frozen=True)
class Typeface:
    """A face of a font file; equal where the file is the same one and was not written anew."""

    file: Path
    index: int  # of the face in a collection
    stamp: tuple[int, int]  # when the file was written, nanoseconds, and its bytes
    letters: frozenset[int] = field(compare=False, repr=False)  # code points
    bitmap: int = field(default=0, compare=False)  # pixels an em of its pictures in colour; 0 where it has none
    colour: bool = field(default=False, compare=False)  # whether its letters have colours of their own
    variable: bool = field(default=False, compare=False)

    def has(self, letter: str) -> bool:
        """Whether it has a glyph for a letter."""
        return ord(letter) in self.letters


@dataclass(frozen=True)
class _Tables:
    """The tables of one face."""

    file: BinaryIO
    places: dict[bytes, tuple[int, int]]  # offset and length, bytes

    def read(self, name: bytes) -> bytes:
        offset, length = self.places.get(name, (0, 0))
        self.file.seek(offset)
        table = self.file.read(min(length, MOST_BYTES))
        if len(table) < length:
            raise NoTypefaceError("is damaged: it ends before its tables do")
        return table


def read_typeface(file: Path, index: int = 0) -> Typeface:
    """Returns a face of a file; raises NoTypefaceError where it is no font, or has colours that cannot be drawn."""
    with _opened(file) as stream:
        state = os.fstat(stream.fileno())
    return _read(file, index, (state.st_mtime_ns, state.st_size))


@functools.lru_cache(maxsize=64)
def _read(file: Path, index: int, stamp: tuple[int, int]) -> Typeface:
    with _opened(file) as stream:
        try:
            tables = _tables(stream, index)
            letters = frozenset(_letters(tables.read(b"cmap")))
            bitmap, layers = _strike(tables), tables.read(b"COLR")[:2]
        except (struct.error, IndexError, OverflowError) as error:
            raise NoTypefaceError("is damaged: its tables do not fit together") from error
    if not letters:
        raise NoTypefaceError("has no map of Unicode letters")
    if layers == b"\x00\x01" and not bitmap:
        raise NoTypefaceError("has its colours as gradients (COLR version 1), which cannot be drawn")
    if not tables.places.keys() & {b"glyf", b"CFF ", b"CFF2"} and not bitmap:
        raise NoTypefaceError("has neither outlines nor pictures that can be drawn")
    return Typeface(file, index, stamp, letters, bitmap, bool(bitmap or layers), b"fvar" in tables.places)


def names_in(file: Path) -> Iterator[tuple[int, list[str], list[str], str]]:
    """Gives every face of a file: index, names of its family, full names, and style; none where it is no font."""
    try:
        with _opened(file) as stream:
            for index in range(_count(stream)):
                names = _names(_tables(stream, index).read(b"name"))
                families = [*names.get(TYPOGRAPHIC_FAMILY, []), *names.get(FAMILY, [])]
                yield index, families, names.get(FULL, []), " ".join(names.get(STYLE, [])[:1])
    except (NoTypefaceError, struct.error, IndexError, OverflowError):
        return


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise NoTypefaceError(f"cannot be read ({error.strerror})") from error


def _count(stream: BinaryIO) -> int:
    stream.seek(0)
    head = stream.read(12)
    return min(struct.unpack(">I", head[8:12])[0], 256) if head[:4] == COLLECTION else 1


def _tables(stream: BinaryIO, index: int) -> _Tables:
    """Returns the tables of a face, which begin elsewhere in a collection."""
    stream.seek(0)
    kind = stream.read(4)
    begin = 0
    if kind == COLLECTION:
        stream.seek(12 + 4 * index)
        begin = struct.unpack(">I", stream.read(4))[0]
        stream.seek(begin)
        kind = stream.read(4)
    if kind in (b"wOFF", b"wOF2"):
        raise NoTypefaceError("is packed for the web (WOFF); take the same font as .ttf or .otf")
    if kind not in OUTLINES:
        raise NoTypefaceError("is not a TrueType or OpenType font")
    stream.seek(begin + 4)
    count = struct.unpack(">H", stream.read(2))[0]
    stream.seek(begin + 12)
    entries = struct.iter_unpack(">4sIII", stream.read(16 * count))
    return _Tables(stream, {name: (offset, length) for name, _, offset, length in entries})


def _letters(cmap: bytes) -> Iterator[int]:
    """Gives the code points of the best Unicode map."""
    if len(cmap) < 4:
        return
    count = struct.unpack_from(">H", cmap, 2)[0]
    records = {(p, e): offset for p, e, offset in struct.iter_unpack(">HHI", cmap[4 : 4 + 8 * count])}
    begin = next((records[known] for known in UNICODE if known in records), None)
    if begin is not None:
        table = cmap[begin:]
        reader = _FORMATS.get(struct.unpack_from(">H", table)[0])
        yield from reader(table) if reader else ()


def _segments(table: bytes) -> Iterator[int]:
    """Gives the code points of format 4; a segment may lead to glyph 0, which is no letter."""
    half = struct.unpack_from(">H", table, 6)[0] // 2

    def column(number: int) -> tuple[int, ...]:
        return struct.unpack_from(f">{half}H", table, 14 + 2 * half * number + (2 if number else 0))

    ends, starts, deltas, offsets = (column(number) for number in range(4))
    for place, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:
                at = 16 + 6 * half + 2 * place + offset + 2 * (code - start)
                glyph = struct.unpack_from(">H", table, at)[0] if at + 2 <= len(table) else 0
            if glyph and (offset or (glyph + delta) & 0xFFFF):
                yield code


def _trimmed(table: bytes) -> Iterator[int]:
    """Gives the code points of format 6."""
    first, count = struct.unpack_from(">HH", table, 6)
    glyphs = struct.unpack_from(f">{count}H", table, 10)
    yield from (first + place for place, glyph in enumerate(glyphs) if glyph)


def _groups(table: bytes) -> Iterator[int]:
    """Gives the code points of formats 12 and 13."""
    count = struct.unpack_from(">I", table, 12)[0]
    for first, last, glyph in struct.iter_unpack(">III", table[16 : 16 + 12 * count]):
        yield from range(first if glyph else first + 1, min(last, 0x10FFFF) + 1)


_FORMATS = {4: _segments, 6: _trimmed, 12: _groups, 13: _groups}


def _strike(tables: _Tables) -> int:
    """Returns the pixels an em of the largest pictures in colour, or 0."""
    places = tables.read(b"CBLC")
    if places:
        count = struct.unpack_from(">I", places, 4)[0]
        return max(places[8 + 48 * strike + 45] for strike in range(count))
    strikes = tables.read(b"sbix")
    if strikes:
        count = struct.unpack_from(">I", strikes, 4)[0]
        offsets = struct.unpack_from(f">{count}I", strikes, 8)
        return max(int(struct.unpack_from(">H", strikes, offset)[0]) for offset in offsets)
    return 0


def _names(table: bytes) -> dict[int, list[str]]:
    """Returns the names of a face by their kind, in all languages."""
    if len(table) < 6:
        return {}
    _, count, begin = struct.unpack_from(">HHH", table)
    found: dict[int, list[str]] = {}
    for platform, _, _, kind, length, offset in struct.iter_unpack(">6H", table[6 : 6 + 12 * count]):
        raw = table[begin + offset : begin + offset + length]
        text = raw.decode("latin-1" if platform == 1 else "utf-16-be", errors="replace")
        if text not in found.setdefault(kind, []):
            found[kind].append(text)
    return found
