"""TIFF as programs for maps and terrain write it: samples of any type, with what they say of no data and of places.

A sample may be a whole number or a float of 16, 32 or 64 bits. Pillow decodes strips, tiles and compressions, but knows
few of these types and makes 8 bits of some; so it is given a directory that describes the same bytes as 16-bit or
32-bit ones, which it leaves as they are. Tags: TIFF 6.0, BigTIFF, GeoTIFF 1.1 (33550, 33922, 34264, 34735), GDAL
(42113).
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from render.errors import DataError
from render.exchange.given import require_few

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANES = 256, 257, 258, 259, 262, 277, 284
PREDICTOR, TILE_WIDTH, EXTRA, FORMAT, NO_DATA = 317, 322, 338, 339, 42113
ORIENTATION, TRANSFORMATION = 274, 34264
PIXEL_SCALE, TIE_POINT, GEO_KEYS, RASTER_TYPE, IS_POINT = 33550, 33922, 34735, 1025, 2
COPIED = (257, 259, 273, 278, 279, 323, 324, 325)  # of a directory: where strips and tiles lie, and how they are packed
TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
KINDS = {1: "u", 2: "i", 3: "f"}
LERC = 34887  # it packs numbers by their type, not bytes
MOST_ENTRIES = 4096  # of one directory
MOST_VALUES = 2**24  # of one tag


@dataclass(frozen=True)
class TiffEntry:
    """What a directory has under a tag, as it is written."""

    kind: int
    count: int
    field: bytes  # the value, or where it lies


@dataclass(frozen=True)
class Directory:
    """The first directory of a file."""

    path: Path
    content: bytes
    order: str  # < or >
    big: bool  # whether offsets have 64 bits
    entries: dict[int, TiffEntry]
    pages: int = 1

    def values(self, tag: int, *default: Any) -> tuple[Any, ...]:
        """Returns the values under a tag, or the default; raises DataError where they lie outside of the file."""
        entry = self.entries.get(tag)
        if entry is None:
            return default
        letter = TYPES.get(entry.kind, "B")
        size = struct.calcsize(letter) * entry.count
        if entry.count > MOST_VALUES:
            raise DataError(f"{self.path}: its tag {tag} has {entry.count:,} values; save it again")
        start = 0 if size <= len(entry.field) else self._offset(entry.field)
        held = (entry.field if size <= len(entry.field) else self.content)[start : start + size]
        if len(held) < size:
            raise DataError(f"{self.path}: ends before what its tag {tag} names; save it again")
        return (held,) if letter == "s" else struct.unpack(f"{self.order}{entry.count}{letter}", held)

    def first(self, tag: int, default: Any) -> Any:
        """Returns the first value under a tag, or the default."""
        found = self.values(tag, default)
        return found[0] if found else default

    def _offset(self, raw: bytes) -> int:
        return int(struct.unpack(self.order + _form(self.big).offset, raw)[0])


def directory_of(path: Path) -> Directory:
    """Returns the first directory of a TIFF file; raises DataError where it has none."""
    content = path.read_bytes()
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    magic = struct.unpack(f"{order}H", content[2:4])[0] if order and len(content) >= 16 else 0
    if magic not in (42, 43):
        raise DataError(f"{path}: cannot be read as a picture (it is no TIFF); save it as PNG or TIFF")
    big = magic == 43
    start = struct.unpack(f"{order}Q", content[8:16])[0] if big else struct.unpack(f"{order}I", content[4:8])[0]
    try:
        entries, after = _entries(content, str(order), big, start)
    except (struct.error, OverflowError) as error:
        raise DataError(f"{path}: ends before its directory does; save it again") from error
    return Directory(path, content, str(order), big, entries, pages=2 if after else 1)


def _entries(content: bytes, order: str, big: bool, start: int) -> tuple[dict[int, TiffEntry], int]:
    """Returns the entries of the directory at a place, and where the next one is; 0 where there is none."""
    form = _form(big)
    (count,) = struct.unpack_from(order + form.counted, content, start)
    place, size = start + struct.calcsize(order + form.counted), struct.calcsize(order + form.entry)
    entries = {}
    for index in range(min(count, MOST_ENTRIES)):
        tag, kind, number, raw = struct.unpack_from(order + form.entry, content, place + index * size)
        entries[tag] = TiffEntry(kind, number, raw)
    end = place + count * size
    return entries, struct.unpack_from(order + form.offset, content, end)[0] if end + 8 <= len(content) else 0


class _Form(NamedTuple):
    """How a directory is packed."""

    counted: str
    entry: str
    offset: str


def _form(big: bool) -> _Form:
    return _Form("Q", "HHQ8s", "Q") if big else _Form("H", "HHI4s", "I")


def kind_of(directory: Directory) -> np.dtype | None:
    """Returns the type of all samples, or None where they are none of 8, 16, 32 or 64 bits."""
    bits, forms = set(directory.values(BITS, 1)), set(directory.values(FORMAT, 1))
    letter = KINDS.get(forms.pop()) if len(forms) == 1 else None
    width = bits.pop() if len(bits) == 1 else 0
    known = letter is not None and width in (8, 16, 32, 64) and (letter, width) != ("f", 8)
    return np.dtype(f"{directory.order}{letter}{width // 8}") if known else None


def samples_of(directory: Directory, kind: np.dtype) -> np.ndarray:
    """Returns the samples (rows, columns, n) of 16 bits or more, as they are written; raises DataError if it cannot."""
    columns, rows = directory.first(WIDTH, 0), directory.first(HEIGHT, 0)
    require_few(directory.path, columns, rows)
    count, predictor = directory.first(SAMPLES, 1), directory.first(PREDICTOR, 1)
    if count > 1 and directory.first(PLANES, 1) == 2:
        raise DataError(f"{directory.path}: keeps its bands apart; save it with its samples side by side")
    if directory.first(COMPRESSION, 1) == LERC:
        raise DataError(f"{directory.path}: is compressed by LERC, which is not read; save it with deflate, or without")
    halves = kind.itemsize == 2 or directory.order == ">"  # what is compressed, Pillow would turn once too often
    unit = np.dtype(f"{directory.order}{'u2' if halves else 'f4'}")
    units = count * kind.itemsize // unit.itemsize
    described = _described(directory, unit, units)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(described), formats=("TIFF",)) as image:
            decoded = np.asarray(image)
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, Image.DecompressionBombError) as error:
        raise DataError(
            f"{directory.path}: its {kind.name} samples cannot be decoded ({error}); save it without compression"
        ) from error
    raw = np.ascontiguousarray(decoded.astype(unit, copy=False))
    tile = directory.first(TILE_WIDTH, columns)
    return _unpredicted(directory, raw.view(np.uint8).reshape(rows, -1), kind, count, tile, predictor)


def _described(directory: Directory, unit: np.dtype, units: int) -> bytes:
    """Returns the file with a further directory, of classic TIFF, which says that its rows are made of plain units."""
    order, content = directory.order, directory.content
    held = {tag: directory.values(tag) for tag in COPIED if tag in directory.entries}
    held |= {tag: (directory.first(tag, 0) * units,) for tag in (WIDTH, TILE_WIDTH) if tag in directory.entries}
    held |= {BITS: (8 * unit.itemsize,), PHOTOMETRIC: (1,), SAMPLES: (1,), FORMAT: (1 if unit.kind == "u" else 3,)}
    start = len(content) + len(content) % 2
    place = start + struct.calcsize("=H") + len(held) * struct.calcsize("=HHII") + struct.calcsize("=I")
    entries, beyond = [], b""
    try:
        for tag, values in sorted(held.items()):
            raw = struct.pack(f"{order}{len(values)}I", *values)
            where = raw if len(values) == 1 else struct.pack(f"{order}I", place + len(beyond))
            entries.append(struct.pack(f"{order}HHI4s", tag, 4, len(values), where))
            beyond += raw if len(values) > 1 else b""
        head = content[:2] + struct.pack(f"{order}HI", 42, start)
    except struct.error as error:
        raise DataError(f"{directory.path}: is larger than 4 GB; make it coarser") from error
    begun = head + content[len(head) :].ljust(start - len(head), b"\0")
    return b"".join([begun, struct.pack(f"{order}H", len(entries)), *entries, struct.pack(f"{order}I", 0), beyond])


def _unpredicted(
    directory: Directory, raw: np.ndarray, kind: np.dtype, count: int, tile: int, predictor: int
) -> np.ndarray:
    """Returns the samples of rows of bytes, from differences along each row of a tile where a predictor made them."""
    size = count * kind.itemsize
    if predictor == 1:
        return raw.view(kind).reshape(len(raw), -1, count)
    if predictor not in (2, 3) or (predictor == 3) != (kind.kind == "f"):
        raise DataError(f"{directory.path}: is packed with predictor {predictor}, which is not read; save it without")
    parts = []
    for start in range(0, raw.shape[1], tile * size):
        part = np.ascontiguousarray(raw[:, start : start + tile * size])
        if predictor == 2:
            whole = part.view(f"{kind.byteorder}u{kind.itemsize}").reshape(len(raw), -1, count)
            parts.append(np.cumsum(whole, axis=1, dtype=f"u{kind.itemsize}").astype(whole.dtype).view(kind))
            continue
        if part.shape[1] != tile * size:
            raise DataError(
                f"{directory.path}: has tiles beyond its edge with predictor 3; save it without a predictor"
            )
        summed = np.cumsum(part.reshape(len(raw), -1, count), axis=1, dtype=np.uint8)
        planes = summed.reshape(len(raw), kind.itemsize, tile * count)  # the highest byte of all samples first
        parts.append(
            np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f">f{kind.itemsize}").reshape(len(raw), tile, count)
        )
    return np.concatenate(parts, axis=1)


def no_data_of(directory: Directory) -> float | None:
    """Returns the number that stands for no data, or None; raises DataError where what says so is no number."""
    held = directory.first(NO_DATA, b"")
    written = held.rstrip(b"\0 ").decode("ascii", "replace").strip() if isinstance(held, bytes) else str(held)
    if not written:
        return None
    try:
        return float(written)
    except ValueError as error:
        raise DataError(f'{directory.path}: its no-data tag says "{written[:30]}"; make it a number') from error


def is_of_places(directory: Directory) -> bool:
    """Whether a file is of a map: its numbers are heights, and no grey levels."""
    return bool({NO_DATA, PIXEL_SCALE, GEO_KEYS, TRANSFORMATION} & set(directory.entries))


def axes_of(directory: Directory, columns: int, rows: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the places of columns and rows on the map, upper row first, or None where the file does not say."""
    scale, tie = directory.values(PIXEL_SCALE), directory.values(TIE_POINT)
    matrix = directory.values(TRANSFORMATION)
    directed = len(scale) < 2 and len(matrix) >= 8  # by its signs: rows may go north
    if directed:
        if matrix[1] or matrix[4]:
            raise DataError(f"{directory.path}: lies aslant on its map; bring it to a grid along the map's axes first")
        scale, tie = (matrix[0], -matrix[5]), (0, 0, 0, matrix[3], matrix[7], 0)
    if len(scale) < 2 or len(tie) < 6 or not all(size > 0 or (directed and size < 0) for size in scale[:2]):
        return None
    keys = directory.values(GEO_KEYS)
    kinds = {keys[k]: keys[k + 3] for k in range(4, len(keys) - 3, 4)}
    middle = 0.0 if kinds.get(RASTER_TYPE) == IS_POINT else 0.5
    x = tie[3] + (np.arange(columns) + middle - tie[0]) * scale[0]
    y = tie[4] - (np.arange(rows) + middle - tie[1]) * scale[1]
    return (x, y) if np.isfinite(x).all() and np.isfinite(y).all() else None
