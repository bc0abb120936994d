"""Pictures as height maps: all bits are kept, heights are no grey levels, and what is transparent or void is absent."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from render import exchange
from render.errors import DataError
from render.exchange.given import Given

RNG = np.random.default_rng(5)
COLOUR, COARSE = "grey of a colour picture", "a picture of 256 levels at most"
GREY, ALPHA, RGB, RGBA = 0, 4, 2, 6  # what PNG calls them
LETTERS = {2: "s", 3: "H", 4: "I", 12: "d", 16: "Q"}


def png(path: Path, pixels: np.ndarray, colour: int, transparent: bytes = b"") -> Path:
    """Writes 16 bits a channel, (rows, columns, n), as PNG."""
    rows, columns = pixels.shape[:2]
    lines = zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels))
    head = struct.pack(">IIBBBBB", columns, rows, 16, colour, 0, 0, 0)
    parts = [(b"IHDR", head), *([(b"tRNS", transparent)] if transparent else []), (b"IDAT", lines), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def tiff(
    path: Path, samples: np.ndarray, tags: dict | None = None, *, big: bool = False, tile: int = 0, **packing
) -> Path:
    """Writes samples (rows, columns[, n]) in the order of their type as TIFF, in strips of two rows or in tiles."""
    order = ">" if samples.dtype.byteorder == ">" else "<"
    rows, columns = samples.shape[:2]
    bands = samples.shape[2] if samples.ndim == 3 else 1
    parts = pieces(samples, tile, **packing)
    form = {"u": 1, "i": 2, "f": 3}[samples.dtype.kind]
    bits = [8 * samples.dtype.itemsize] * bands
    counts = [len(part) for part in parts]
    held = {256: (4, [columns]), 257: (4, [rows]), 258: (3, bits), 259: (3, [8 if packing.get("deflate") else 1])}
    held |= {262: (3, [2 if bands > 2 else 1]), 277: (3, [bands]), 339: (3, [form] * bands)}
    held |= {322: (4, [tile]), 323: (4, [tile]), 325: (4, counts)} if tile else {278: (4, [2]), 279: (4, counts)}
    held |= {317: (3, [packing["predictor"]])} if "predictor" in packing else {}
    held |= {338: (3, [2])} if bands in (2, 4) else {}
    held |= (tags or {}) | {324 if tile else 273: (4, [0] * len(parts))}
    entry, width, counted = ("HHQ", 8, "Q") if big else ("HHI", 4, "H")
    start = 16 if big else 8
    after = start + struct.calcsize(order + counted) + len(held) * (4 + 2 * width if big else 12) + width
    size = sum(len(packed(order, *value)) for value in held.values() if len(packed(order, *value)) > width)
    place = after + size
    held[324 if tile else 273] = (4, [place + sum(counts[:k]) for k in range(len(parts))])
    directory, over = struct.pack(order + counted, len(held)), b""
    for tag, (kind, values) in sorted(held.items()):
        raw = packed(order, kind, values)
        number = len(values)
        directory += struct.pack(order + entry, tag, kind, number)
        if len(raw) > width:
            directory += struct.pack(order + ("Q" if big else "I"), after + len(over))
            over += raw
        else:
            directory += raw.ljust(width, b"\0")
    magic = b"II" if order == "<" else b"MM"
    head = magic + (struct.pack(order + "HHHQ", 43, 8, 0, start) if big else struct.pack(order + "HI", 42, start))
    path.write_bytes(head + directory + b"\0" * width + over + b"".join(parts))
    return path


def packed(order: str, kind: int, values) -> bytes:
    return values if kind == 2 else struct.pack(f"{order}{len(values)}{LETTERS[kind]}", *values)


def pieces(samples: np.ndarray, tile: int, *, predictor: int = 1, deflate: bool = False) -> list[bytes]:
    """Returns strips of two rows or square tiles, as differences and compressed where that is asked for."""
    rows, columns = samples.shape[:2]
    step = tile or columns
    blocks = []
    for top in range(0, rows, tile or 2):
        for left in range(0, columns, step):
            block = samples[top : top + (tile or 2), left : left + step]
            missing = [(0, (tile or block.shape[0]) - block.shape[0]), (0, step - block.shape[1])]
            blocks.append(np.pad(block, [*missing, *[(0, 0)] * (samples.ndim - 2)], mode="edge"))
    raw = [predicted(block, predictor) for block in blocks]
    return [zlib.compress(part) for part in raw] if deflate else raw


def predicted(block: np.ndarray, predictor: int) -> bytes:
    if predictor == 2:
        whole = block.view(f"{block.dtype.byteorder}u{block.dtype.itemsize}").astype(f"u{block.dtype.itemsize}")
        return np.diff(whole, axis=1, prepend=whole.dtype.type(0)).astype(block.dtype.str.replace("i", "u")).tobytes()
    if predictor == 3:
        high_first = block.astype(block.dtype.newbyteorder(">"))
        planes = high_first.view(np.uint8).reshape(*block.shape, -1).transpose(0, 2, 1).reshape(len(block), -1)
        return np.diff(planes, axis=1, prepend=np.uint8(0)).tobytes()
    return block.tobytes()


def upper_first(found: Given) -> np.ndarray:
    return found.values[::-1]


def levels(count: int, top: int = 65536) -> np.ndarray:
    return RNG.integers(0, top, (6, 9, count), dtype=np.uint16)


def test_grey_of_16_bits_with_alpha_keeps_its_levels_and_has_holes_where_it_is_transparent(tmp_path):
    pixels = levels(2)
    pixels[..., 1] |= 1
    pixels[2, 3, 1] = 0
    found = exchange.read(png(tmp_path / "a.png", pixels, ALPHA))
    want = np.where(pixels[..., 1] == 0, np.nan, pixels[..., 0] / 65535).astype(np.float32)
    np.testing.assert_array_equal(upper_first(found), want)
    assert found.notes == ()


@pytest.mark.parametrize(("colour", "count"), [(RGB, 3), (RGBA, 4)])
def test_grey_that_is_saved_as_colour_of_16_bits_keeps_its_levels(tmp_path, colour, count):
    grey = levels(1)
    pixels = np.concatenate([np.repeat(grey, 3, 2), np.full((6, 9, 1), 65535, np.uint16)], 2)[..., :count]
    found = exchange.read(png(tmp_path / "a.png", pixels, colour))
    np.testing.assert_array_equal(upper_first(found), (grey[..., 0] / 65535).astype(np.float32))
    assert found.notes == ()


def test_the_grey_of_a_colour_is_said_to_be_that(tmp_path):
    pixels = levels(3)
    found = exchange.read(png(tmp_path / "a.png", pixels, RGB))
    np.testing.assert_allclose(upper_first(found), pixels @ [0.299, 0.587, 0.114] / 65535, rtol=1e-6)
    assert found.notes == (COLOUR,)


@pytest.mark.parametrize(("colour", "count"), [(GREY, 1), (RGB, 3)])
def test_a_colour_that_stands_for_nothing_is_absent(tmp_path, colour, count):
    pixels = np.repeat(levels(1), count, 2)
    found = exchange.read(png(tmp_path / "a.png", pixels, colour, pixels[1, 2].astype(">u2").tobytes()))
    assert np.isnan(upper_first(found)[1, 2]) and np.isfinite(upper_first(found)[0, 0])


def test_a_damaged_picture_of_16_bits_is_a_sentence(tmp_path):
    path = png(tmp_path / "a.png", levels(4), RGBA)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=r"a\.png: cannot be read as a picture \(.*\); save it again"):
        exchange.read(path)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1"])
def test_a_picture_of_8_bits_says_that_it_is_coarse(tmp_path, mode):
    grey = RNG.integers(0, 2, (6, 9), dtype=np.uint8) * 255
    Image.fromarray(grey).convert(mode).save(tmp_path / "a.png")
    found = exchange.read(tmp_path / "a.png")
    np.testing.assert_array_equal(upper_first(found), grey / 255)
    assert found.notes == (COARSE,)


def test_transparent_pixels_of_8_bits_are_holes(tmp_path):
    pixels = np.full((6, 9, 4), 255, np.uint8)
    pixels[0, 8] = (9, 99, 200, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = exchange.read(tmp_path / "a.png")
    assert np.isnan(found.values).sum() == 1 and np.isnan(upper_first(found)[0, 8])
    assert found.notes == (COARSE,)  # a colour that is not seen is none


KINDS = ["i1", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", KINDS)
def test_heights_of_any_type_are_kept_as_they_are(tmp_path, kind, order):
    dtype = np.dtype(order + kind)
    if dtype.kind == "f":
        heights = (1000 * RNG.normal(size=(5, 7))).astype(dtype)
    else:
        heights = RNG.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, (5, 7), dtype.newbyteorder("="), endpoint=True)
    found = exchange.read(tiff(tmp_path / "a.tif", heights.astype(dtype)))
    np.testing.assert_array_equal(upper_first(found), heights.astype(np.float32))
    assert found.name == "value"


PACKINGS = {
    "plain": {},
    "deflate": {"deflate": True},
    "differences": {"deflate": True, "predictor": 2},
    "tiles": {"tile": 16},
    "tiles, deflate, differences": {"tile": 16, "deflate": True, "predictor": 2},
    "BigTIFF": {"big": True},
    "BigTIFF in tiles": {"big": True, "tile": 16, "deflate": True},
}


WHOLE = ["<i2", ">i2", "<u4", ">i4", "<i8"]
PACKED = [(kind, name) for kind in WHOLE for name in PACKINGS]
PACKED += [(">f8", name) for name in PACKINGS if "predictor" not in PACKINGS[name]]  # differences are of whole numbers


@pytest.mark.parametrize(("kind", "name"), PACKED)
def test_heights_are_kept_however_they_are_packed(tmp_path, kind, name):
    heights = RNG.integers(0, 30_000, (20, 37)).astype(kind)
    found = exchange.read(tiff(tmp_path / "a.tif", heights, **PACKINGS[name]))
    np.testing.assert_array_equal(upper_first(found), heights.astype(np.float32))


@pytest.mark.parametrize("kind", ["<f4", "<f8", ">f8"])
@pytest.mark.parametrize("packing", [{}, {"tile": 16}], ids=["strips", "tiles"])
def test_floats_whose_bytes_are_predicted_are_kept(tmp_path, kind, packing):
    heights = RNG.normal(size=(20, 32)).astype(kind)
    found = exchange.read(tiff(tmp_path / "a.tif", heights, deflate=True, predictor=3, **packing))
    np.testing.assert_array_equal(upper_first(found), heights.astype(np.float32))


VOID = {
    "<i2": (b"-32768\0", -32768),
    ">u2": (b"65535\0", 65535),
    "<f4": (b"-3.4028234663852886e+38\0", np.float32(-3.4028234663852886e38)),
    "<f8": (b"-9999\0", -9999),
}


@pytest.mark.parametrize("kind", VOID)
def test_what_a_tag_calls_no_data_is_a_hole(tmp_path, kind):
    tag, void = VOID[kind]
    heights = RNG.integers(0, 400, (5, 7)).astype(kind)
    heights[1, 2] = void
    found = exchange.read(tiff(tmp_path / "a.tif", heights, {42113: (2, tag)}))
    assert np.isnan(found.values).sum() == 1 and np.isnan(upper_first(found)[1, 2])
    assert upper_first(found)[0, 0] == heights[0, 0] and found.notes == ()


def test_a_void_without_a_tag_is_a_height_and_said(tmp_path):
    heights = np.full((5, 7), 12, np.int16)
    heights[1, 2] = -32768
    found = exchange.read(tiff(tmp_path / "a.tif", heights))
    assert upper_first(found)[1, 2] == -32768
    assert found.notes == ("-32768 is a height, as no tag says that it is no data",)


def test_a_no_data_number_that_the_type_cannot_hold_is_none_of_the_heights(tmp_path):
    heights = np.arange(35, dtype=np.int16).reshape(5, 7) + 31053  # -99999 would wrap to 31073
    assert np.isfinite(exchange.read(tiff(tmp_path / "a.tif", heights, {42113: (2, b"-99999\0")})).values).all()


def test_a_map_lies_at_its_own_places(tmp_path):
    heights = RNG.integers(0, 400, (3, 4)).astype(np.int16)
    tags = {33550: (12, [30.0, 20.0, 0.0]), 33922: (12, [0.0, 0, 0, 500_000, 4_000_000, 0])}
    found = exchange.read(tiff(tmp_path / "a.tif", heights, tags))
    np.testing.assert_array_equal(found.alphas, 500_015 + 30 * np.arange(4))
    np.testing.assert_array_equal(found.betas, 4_000_000 - 50 + 20 * np.arange(3))
    np.testing.assert_array_equal(upper_first(found), heights)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_levels_of_16_bits_in_a_tiff_are_kept(tmp_path, count):
    grey = levels(1)
    pixels = np.repeat(grey, count, 2)
    if count in (2, 4):
        pixels[..., -1] = 65535
        pixels[3, 4, -1] = 0
    found = exchange.read(tiff(tmp_path / "a.tif", pixels[..., 0] if count == 1 else pixels))
    want = (grey[..., 0] / 65535).astype(np.float32)
    np.testing.assert_array_equal(
        upper_first(found), np.where(pixels[..., -1] == 0, np.nan, want) if count in (2, 4) else want
    )


def test_white_that_is_nought_is_turned(tmp_path):
    grey = levels(1)[..., 0]
    found = exchange.read(tiff(tmp_path / "a.tif", grey, {262: (3, [0])}))
    np.testing.assert_array_equal(upper_first(found), (1 - grey / 65535).astype(np.float32))


ODD = {
    "bands": (
        lambda path: tiff(path, RNG.normal(size=(4, 5, 5)).astype("<f4")),
        "holds 5 bands of float32; save the one",
    ),
    "LERC": (lambda path: tiff(path, np.zeros((4, 5)), {259: (3, [34887])}), "compressed by LERC, which is not read"),
    "a tag": (
        lambda path: tiff(path, np.zeros((4, 5)), {42113: (2, b"none of it\0")}),
        'no-data tag says "none of it"',
    ),
    "no TIFF": (lambda path: path.write_bytes(b"II*"), "is no TIFF"),
    "torn": (lambda path: path.write_bytes(b"II*\0\xff\xff\0\0" + bytes(20)), "ends before its directory does"),
    "unknown packing": (
        lambda path: tiff(path, np.zeros((4, 5)), {259: (3, [32000])}),
        "its float64 samples cannot be decoded .*; save it without compression",
    ),
    "huge": (lambda path: tiff(path, np.zeros((4, 5)), {256: (4, [100_000]), 257: (4, [100_000])}), "points, at most"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_tiff_that_is_not_read_is_a_sentence(tmp_path, name):
    make, words = ODD[name]
    make(tmp_path / "a.tif")
    with pytest.raises(DataError, match=words):
        exchange.read(tmp_path / "a.tif")


TURNED = {  # where what was stored at the corners is shown
    turn: getattr(Image.Transpose, name)
    for turn, name in enumerate(
        ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90"], 2
    )
}
STORED = np.arange(54, dtype=np.uint8).reshape(6, 9)


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "f4", "f8"])
@pytest.mark.parametrize("turn", TURNED)
def test_a_tiff_is_turned_by_its_orientation_whatever_its_bits(tmp_path, turn, kind):
    found = exchange.read(tiff(tmp_path / "a.tif", STORED.astype(f"<{kind}"), {274: (3, [turn])}))
    scale = {"u1": 255, "u2": 65535}.get(kind, 1)
    shown = np.asarray(Image.fromarray(STORED).transpose(TURNED[turn]), float)
    np.testing.assert_allclose(upper_first(found) * scale, shown, rtol=1e-5)


@pytest.mark.parametrize("ending", ["png", "jpg"])
@pytest.mark.parametrize("turn", TURNED)
def test_a_picture_is_turned_as_its_camera_says(tmp_path, turn, ending):
    exif = Image.Exif()
    exif[274] = turn
    image = Image.fromarray(np.kron(STORED * 4, np.ones((8, 8), np.uint8)))
    image.save(tmp_path / f"a.{ending}", exif=exif, quality=100)
    found = upper_first(exchange.read(tmp_path / f"a.{ending}"))
    np.testing.assert_allclose(found, np.asarray(image.transpose(TURNED[turn]), float) / 255, atol=0.02)


def test_an_orientation_that_cannot_be_followed_is_a_sentence(tmp_path):
    for tags, words in (
        ({274: (3, [9])}, "its orientation tag says 9, and 1 to 8 are known; save it upright"),
        ({274: (3, [6]), 42113: (2, b"-9999\0")}, "is of a map, and its orientation is 6; save it upright"),
    ):
        with pytest.raises(DataError, match=words):
            exchange.read(tiff(tmp_path / "a.tif", STORED.astype("<f4"), tags))


def test_a_png_of_16_bits_that_is_to_be_turned_is_a_sentence(tmp_path):
    path = png(tmp_path / "a.png", levels(3), RGB)
    exif = Image.Exif()
    exif[274] = 6
    body = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    content = path.read_bytes()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(content[:33] + chunk + content[33:])  # after the head
    with pytest.raises(
        DataError, match="is to be turned by its orientation 6, which is not done here; save it upright"
    ):
        exchange.read(path)


@pytest.mark.parametrize("void", [-32767, -3.4028234663852886e38])
def test_what_often_stands_for_no_data_is_said_to_be_a_height(tmp_path, void):
    samples = STORED.astype("<f4")
    samples[2, 3] = void
    (said,) = exchange.read(tiff(tmp_path / "a.tif", samples)).notes
    assert said == f"{void:g} is a height, as no tag says that it is no data"


def test_a_map_is_placed_by_a_transformation_alone(tmp_path):
    along = [10.0, 0, 0, 500, 0, -20.0, 0, 900, 0, 0, 0, 0, 0, 0, 0, 1]
    found = exchange.read(tiff(tmp_path / "a.tif", STORED.astype("<u2"), {34264: (12, along)}))
    np.testing.assert_allclose(found.alphas, 505 + 10 * np.arange(9))
    np.testing.assert_allclose(found.betas[::-1], 890 - 20 * np.arange(6))
    np.testing.assert_array_equal(upper_first(found), STORED)
    along[5] = 20.0
    north = exchange.read(tiff(tmp_path / "n.tif", STORED.astype("<u2"), {34264: (12, along)}))
    np.testing.assert_array_equal(north.values, STORED)
    along[1] = 3.0
    with pytest.raises(DataError, match="lies aslant on its map; bring it to a grid along the map's axes first"):
        exchange.read(tiff(tmp_path / "b.tif", STORED.astype("<u2"), {34264: (12, along)}))
