"""A picture as a height map: its grey level is the value, 0 to 1; its upper edge is the far one.

Heights in a TIFF (signed, 32 or 64 bits, or of a map) are kept as they are. What is transparent, and what a no-data tag
names, is absent.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from render.errors import DataError
from render.exchange import deep, tiff_directory
from render.exchange.given import Given, checked, require_few

FORMATS = ("PNG", "TIFF", "JPEG")  # Pillow would open any, and call other programs for some, whatever the ending
TIFF_ENDINGS = (".tif", ".tiff")
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow makes grey of colour
COLOUR = "grey of a colour picture"
COARSE = "a picture of 256 levels at most"
FIRST = "first of several pages"
VOIDS = (
    -32768,
    -32767,
    -9999,
    -99999,
    float(np.finfo(np.float32).min),
)  # what often stands for no data; without a tag it is a height

TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # what shows rows and columns of each orientation upright
    1: lambda rows: rows,
    2: lambda rows: rows[:, ::-1],
    3: lambda rows: rows[::-1, ::-1],
    4: lambda rows: rows[::-1],
    5: lambda rows: rows.swapaxes(0, 1),
    6: lambda rows: rows[::-1].swapaxes(0, 1),
    7: lambda rows: rows[::-1, ::-1].swapaxes(0, 1),
    8: lambda rows: rows[:, ::-1].swapaxes(0, 1),
}


@dataclass(frozen=True)
class PictureHeights:
    """What a picture holds, upper row first."""

    values: np.ndarray  # (rows, columns) float64, NaN where there is none
    name: str = "grey level"
    notes: tuple[str, ...] = ()
    axes: tuple[np.ndarray, np.ndarray] | None = None  # on the map, where a file says so


def read(path: Path) -> Given:
    """Returns the surface of a picture: over its map, or α from −1 to 1 and β at the same scale."""
    found = _of_tiff(path) if path.suffix.lower() in TIFF_ENDINGS else _of_picture(path)
    rows, columns = found.values.shape
    aspect = (rows - 1) / max(1, columns - 1)
    x, y = found.axes or (np.linspace(-1, 1, columns), np.linspace(aspect, -aspect, rows))
    return checked(path, x, y, found.values, found.name, found.notes)


def _of_picture(path: Path) -> PictureHeights:
    """Returns the grey levels that Pillow, or ffmpeg where 16 bits would be lost, finds in a file."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            require_few(path, image.width, image.height)
            if image.format == "PNG" and _has_16_bits(image) and _needs_more(image):
                _require_upright(path, image)
                return _grey(deep.channels_of(path, image.width, image.height) / 65535)
            image.load()  # which turns a TIFF
            return _of_image(image if image.format == "TIFF" else ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read as a picture ({error}); save it as PNG") from error


def _require_upright(path: Path, image: Image.Image) -> None:
    """Raises DataError where a camera says that a picture of 16 bits is to be turned."""
    try:
        turn = image.getexif().get(tiff_directory.ORIENTATION, 1)
    except (OSError, SyntaxError):  # torn, which its decoder says better
        return
    if turn in TURNS and turn != 1:
        raise DataError(f"{path}: is to be turned by its orientation {turn}, which is not done here; save it upright")


def _has_16_bits(image: Image.Image) -> bool:
    return any("16" in str(part.args) for part in getattr(image, "tile", ()))


def _needs_more(image: Image.Image) -> bool:
    """Whether Pillow would drop bits, or a transparent colour."""
    return not image.mode.startswith("I") or "transparency" in image.info


def _of_image(image: Image.Image) -> PictureHeights:
    if image.mode.startswith("I;16"):
        return PictureHeights(np.asarray(image, np.float64) / 65535)
    if image.mode in ("I", "F"):
        return PictureHeights(np.asarray(image, np.float64), "value")
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return PictureHeights(np.asarray(image.convert("L"), np.float64) / 255, notes=(COARSE,))
    found = _grey(np.asarray(image.convert("RGBA"), np.float64) / 255)
    return PictureHeights(found.values, notes=(*found.notes, COARSE))


def _grey(channels: np.ndarray) -> PictureHeights:
    """Returns the grey of red, green, blue and alpha (rows, columns, 4), 0 to 1, absent where it is transparent."""
    colours, alpha = channels[..., :3], channels[..., 3]
    is_grey = (colours == colours[..., :1]).all(-1) | (alpha == 0)
    values = np.where(is_grey, colours[..., 0], colours @ LUMA)
    values[alpha == 0] = np.nan
    return PictureHeights(values, notes=() if is_grey.all() else (COLOUR,))


def _of_tiff(path: Path) -> PictureHeights:
    """Returns what a TIFF holds, turned by its orientation; Pillow turns what it decodes as a picture itself."""
    directory = tiff_directory.directory_of(path)
    turn = directory.first(tiff_directory.ORIENTATION, 1)
    if turn not in TURNS:
        raise DataError(f"{path}: its orientation tag says {turn}, and 1 to 8 are known; save it upright")
    if turn != 1 and tiff_directory.is_of_places(directory):
        raise DataError(f"{path}: is of a map, and its orientation is {turn}; save it upright, which is 1")
    kind = tiff_directory.kind_of(directory)
    bands, page = directory.first(tiff_directory.SAMPLES, 1), (FIRST,) if directory.pages > 1 else ()
    if kind is None or (kind.itemsize == 1 and bands > 1):
        found = _of_picture(path)
        return PictureHeights(found.values, found.name, (*found.notes, *page))
    if bands > 1:
        return _of_bands(directory, kind, bands, page)
    samples = _of_bytes(path) if kind.itemsize == 1 else _turned(directory, kind)[..., 0]
    samples = samples.astype(kind, copy=False) if kind != np.int8 else samples.view(np.int8)
    if directory.first(tiff_directory.PHOTOMETRIC, 1) > 1:  # a palette, whose numbers are no levels
        return _of_picture(path)
    if kind.kind == "u" and kind.itemsize <= 2 and not tiff_directory.is_of_places(directory):
        levels = samples / np.iinfo(kind).max
        # Pillow turns 8 bits itself
        inverted = directory.first(tiff_directory.PHOTOMETRIC, 1) == 0 and kind.itemsize > 1
        return PictureHeights(1 - levels if inverted else levels, notes=(COARSE, *page) if kind.itemsize == 1 else page)
    return _heights(directory, samples, page)


def _turned(directory: tiff_directory.Directory, kind: np.dtype) -> np.ndarray:
    """Returns the samples (rows, columns, n) as they are shown, upper row first."""
    return TURNS[directory.first(tiff_directory.ORIENTATION, 1)](tiff_directory.samples_of(directory, kind))


def _of_bytes(path: Path) -> np.ndarray:
    """Returns the one band of 8 bits that Pillow finds in a file."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=("TIFF",)) as image:
            require_few(path, image.width, image.height)
            image.load()  # which turns it by its orientation
            return np.asarray(image if image.mode == "P" else image.convert("L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read as a picture ({error}); save it as PNG") from error


def _of_bands(directory: tiff_directory.Directory, kind: np.dtype, bands: int, page: tuple[str, ...]) -> PictureHeights:
    """Returns the grey of several bands of 16 bits: with alpha, or colour; raises DataError for any others."""
    colours, extra = (
        3 if directory.first(tiff_directory.PHOTOMETRIC, 1) == 2 else 1,
        directory.values(tiff_directory.EXTRA),
    )
    alpha = bands == colours + 1 and (not extra or extra[0] in (1, 2))
    if kind.kind != "u" or kind.itemsize != 2 or not (alpha or bands == colours):
        raise DataError(f"{directory.path}: holds {bands} bands of {kind.name}; save the one that is drawn alone")
    levels = _turned(directory, kind) / 65535
    opacity = levels[..., -1:] if alpha else np.ones((*levels.shape[:2], 1))
    colour = np.repeat(levels[..., :1], 3, -1) if colours == 1 else levels[..., :3]
    found = _grey(np.concatenate([colour, opacity], -1))
    return PictureHeights(found.values, found.name, (*found.notes, *page))


def _heights(directory: tiff_directory.Directory, samples: np.ndarray, page: tuple[str, ...]) -> PictureHeights:
    """Returns numbers as they are, absent where the no-data tag says so."""
    values, absent = samples.astype(np.float64), tiff_directory.no_data_of(directory)
    notes = page
    if absent is not None:
        with np.errstate(over="ignore"):  # written with all digits of a float64, kept with those of a float32
            exact = float(np.float64(absent).astype(samples.dtype)) if samples.dtype.kind == "f" else absent
        values[values == exact] = np.nan
    elif float(np.nanmin(values, initial=np.inf)) in VOIDS:
        notes += (f"{np.nanmin(values):g} is a height, as no tag says that it is no data",)
    return PictureHeights(values, "value", notes, tiff_directory.axes_of(directory, values.shape[1], values.shape[0]))
