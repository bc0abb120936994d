"""Small fonts for tests: the bundled one with another map of letters, so that any script is drawn by known shapes."""

import io
import struct
from pathlib import Path

from PIL import Image

from render.film.words.ink import TEXT
from render.storage.files import asset

BUNDLED = asset(TEXT.bundled)


def tables_of(font: bytes) -> dict[bytes, bytes]:
    count = struct.unpack_from(">H", font, 4)[0]
    entries = struct.iter_unpack(">4sIII", font[12 : 12 + 16 * count])
    return {name: font[offset : offset + length] for name, _, offset, length in entries}


def assembled(tables: dict[bytes, bytes], kind: bytes = b"OTTO") -> bytes:
    """Returns a font of tables; nobody who reads fonts asks for the sums and the search numbers, which are left 0."""
    head, body = kind + struct.pack(">4H", len(tables), 0, 0, 0), b""
    begin = 12 + 16 * len(tables)
    for name, table in sorted(tables.items()):
        head += struct.pack(">4sIII", name, 0, begin + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return head + body


def groups_of(letters: dict[str, int]) -> bytes:
    """Returns a map of letters to glyphs in format 12."""
    groups = b"".join(struct.pack(">III", ord(c), ord(c), glyph) for c, glyph in sorted(letters.items()))
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(letters)) + groups
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def glyph_of(letter: str) -> int:
    """Returns the number of a letter's glyph in the bundled font, by its own map."""
    cmap = tables_of(BUNDLED.read_bytes())[b"cmap"]
    for _, _, offset in struct.iter_unpack(">HHI", cmap[4 : 4 + 8 * struct.unpack_from(">H", cmap, 2)[0]]):
        if struct.unpack_from(">H", cmap, offset)[0] == 12:
            count = struct.unpack_from(">I", cmap, offset + 12)[0]
            for first, last, glyph in struct.iter_unpack(">III", cmap[offset + 16 : offset + 16 + 12 * count]):
                if first <= ord(letter) <= last:
                    return glyph + ord(letter) - first
    raise LookupError(letter)


def write_font(path: Path, shapes: dict[str, str]) -> Path:
    """Writes a font that draws letters in the shapes of others of the bundled font, without pairs and ligatures."""
    tables = tables_of(BUNDLED.read_bytes())
    kept = {name: table for name, table in tables.items() if name not in (b"GPOS", b"GSUB", b"kern")}
    path.write_bytes(assembled({**kept, b"cmap": groups_of({c: glyph_of(shape) for c, shape in shapes.items()})}))
    return path


def write_colour_font(path: Path, letter: str, colour: tuple[int, int, int], side: int = 32) -> Path:
    """Writes a font whose one letter is a square picture of a colour, as in Noto Color Emoji (CBDT format 17)."""
    tables = tables_of(BUNDLED.read_bytes())
    kept = {name: tables[name] for name in (b"head", b"hhea", b"hmtx", b"maxp", b"name", b"OS/2", b"post")}
    glyph, picture = 1, io.BytesIO()
    Image.new("RGBA", (side, side), (*colour, 255)).save(picture, "PNG")
    record = struct.pack(">BBbbB", side, side, 0, side, side) + struct.pack(">I", len(picture.getvalue()))
    data = struct.pack(">HH", 3, 0) + record + picture.getvalue()
    offsets = struct.pack(">HHI", 1, 17, 4) + struct.pack(">II", 0, len(data) - 4)
    array = struct.pack(">HHI", glyph, glyph, 8) + offsets
    line = struct.pack(">bbBbbbbbbbbb", side, 0, side, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    strike = (
        struct.pack(">IIII", 56, len(array), 1, 0) + line * 2 + struct.pack(">HHBBBb", glyph, glyph, side, side, 32, 1)
    )
    places = struct.pack(">HHI", 3, 0, 1) + strike + array
    colours = {b"cmap": groups_of({letter: glyph}), b"CBLC": places, b"CBDT": data}
    path.write_bytes(assembled({**kept, **colours}, b"\x00\x01\x00\x00"))
    return path
