"""A print: a size on paper, a resolution and a bleed, as the pixels that they come to.

A size is a sheet (A0 to A6, turned as the still is wide or high, or A1-landscape, A1-portrait), two lengths (16x20in,
60x40cm, 594x841mm) or two numbers of pixels (16384x16384px). The bleed is picture beyond the edge where the sheet is
cut; what the scene frames, words and margins included, is the sheet without it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from render.errors import UsageError
from render.scene.language.nearest import nearest

SHEETS = {  # millimetres upright, ISO 216
    "A0": (841, 1189),
    "A1": (594, 841),
    "A2": (420, 594),
    "A3": (297, 420),
    "A4": (210, 297),
    "A5": (148, 210),
    "A6": (105, 148),
}
MILLIMETRES = {"mm": 1.0, "cm": 10.0, "in": 25.4}
INCH = 25.4  # millimetres
DPI = 300.0  # where none is asked for
LEAST_DPI, MOST_DPI = 10, 2400
LEAST_SIDE, MOST_SIDE = 16, 65_535  # pixels
MOST_PIXELS = 2**30
MOST_BLEED = 0.25  # of the shorter side
FORMATS = {"png": "png", "tiff": "tif", "exr": "exr"}  # and the ending of a file's name
DEPTHS = {"png": (16, 8), "tiff": (16, 8), "exr": (16, 32)}  # bits of a channel, the usual one first

_TWO = re.compile(r"(\d+(?:\.\d+)?)\s*[x×]\s*(\d+(?:\.\d+)?)\s*(in|cm|mm|px)", re.IGNORECASE)
_SHEET = re.compile(r"(A[0-6])(?:-(landscape|portrait))?", re.IGNORECASE)
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(in|cm|mm|px)", re.IGNORECASE)


@dataclass(frozen=True)
class PrintRequest:
    """What a command asks of its prints; what is None is left to this program."""

    size: str | None = None  # none is the still's own, in pixels
    dpi: float | None = None
    bleed: str | None = None
    depth: int | None = None  # bits
    format: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked for but the scene's own stills."""
        return self == PrintRequest()


@dataclass(frozen=True)
class Print:
    """A print in pixels."""

    name: str  # as its file is called
    trim: tuple[int, int]  # width and height of the sheet as it is cut, pixels
    bleed: int  # pixels beyond every edge
    dpi: float
    depth: int  # bits of a channel
    format: str  # one of FORMATS

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the file, bleed and all, pixels."""
        return self.trim[0] + 2 * self.bleed, self.trim[1] + 2 * self.bleed

    @property
    def millimetres(self) -> tuple[float, float]:
        """Width and height of the sheet as it is cut."""
        width, height = (round(side / self.dpi * INCH, 2) for side in self.trim)
        return width, height

    @property
    def is_on_paper(self) -> bool:
        """Whether it has a size on paper, which one of the still's own pixels has not."""
        return bool(self.name) and not self.name.endswith("bit")

    @property
    def ending(self) -> str:
        """The end of a file's name."""
        return f".{self.name}.{FORMATS[self.format]}" if self.name else f".{FORMATS[self.format]}"

    def as_dict(self) -> dict[str, Any]:
        """Returns what a record says of it."""
        said = asdict(self)
        return {**said, "trim": list(self.trim), "size": list(self.size), "millimetres": list(self.millimetres)}


def print_of(asked: PrintRequest, still: tuple[int, int], widest: int | None = None) -> Print:
    """Returns the print of a still of a size in pixels; raises UsageError for what cannot be printed.

    widest: pixels that the quality allows; a wider print becomes a proof of the same size on paper, at fewer dpi.
    """
    form = _format(asked.format)
    depth = _depth(asked.depth, form)
    dpi = _dpi(asked)
    trim = _trim(asked, still, dpi)
    if widest and trim[0] > widest:
        share = widest / trim[0]
        trim, dpi = (widest, max(1, round(trim[1] * share))), dpi * share
    made = Print(_name(asked, trim, dpi, depth), trim, _bleed(asked, trim, dpi), dpi, depth, form)
    _refuse_sizes(made, asked)
    return made


def _format(word: str | None) -> str:
    if word is None:
        return "png"
    if word not in FORMATS:
        raise UsageError(f"--format {word}: is not a format of stills; {nearest(word, FORMATS)}")
    return word


def _depth(bits: int | None, form: str) -> int:
    if bits is None:
        return DEPTHS[form][0]
    if bits not in DEPTHS[form]:
        known = " or ".join(map(str, sorted(DEPTHS[form])))
        raise UsageError(f"--depth {bits}: a channel of {form} has {known} bits; use one of these")
    return bits


def _dpi(asked: PrintRequest) -> float:
    if asked.size is None:
        lone = next((f"--{key}" for key in ("dpi", "bleed") if getattr(asked, key) is not None), None)
        if lone:
            raise UsageError(f"{lone}: is of a print; say its size too, such as --print A1")
    dpi = DPI if asked.dpi is None else asked.dpi
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise UsageError(f"--dpi {dpi:g}: is not between {LEAST_DPI} and {MOST_DPI}; 300 is usual for prints")
    return dpi


def _trim(asked: PrintRequest, still: tuple[int, int], dpi: float) -> tuple[int, int]:
    """Returns the sheet in pixels."""
    if asked.size is None:
        return still
    if sheet := _SHEET.fullmatch(asked.size.strip()):
        return _sheet(sheet[1].upper(), (sheet[2] or "").lower(), still, dpi)
    if two := _TWO.fullmatch(asked.size.strip()):
        width, height = (_pixels(float(two[k]), two[3].lower(), dpi) for k in (1, 2))
        return width, height
    raise UsageError(f"--print {asked.size}: is not a size; {_nearest(asked.size)}, or 16x20in, 60x40cm, 4096x4096px")


def _nearest(word: str) -> str:
    return nearest(word.upper(), SHEETS).replace("known here: ", "write ")


def _sheet(name: str, turned: str, still: tuple[int, int], dpi: float) -> tuple[int, int]:
    """Returns a sheet in pixels, turned as is said, else as the still is."""
    short, long = (_pixels(side, "mm", dpi) for side in SHEETS[name])
    wide = turned == "landscape" or (not turned and still[0] >= still[1])
    return (long, short) if wide else (short, long)


def _pixels(length: float, unit: str, dpi: float) -> int:
    return round(length) if unit == "px" else round(length * MILLIMETRES[unit] / INCH * dpi)


def _bleed(asked: PrintRequest, trim: tuple[int, int], dpi: float) -> int:
    if asked.bleed is None:
        return 0
    found = _LENGTH.fullmatch(asked.bleed.strip())
    if not found and asked.bleed.strip() != "0":
        raise UsageError(f"--bleed {asked.bleed}: is not a length; write it with a unit, such as 3mm, 0.125in or 35px")
    bleed = _pixels(float(found[1]), found[2].lower(), dpi) if found else 0
    if bleed > MOST_BLEED * min(trim):
        raise UsageError(f"--bleed {asked.bleed}: is more than a quarter of the sheet; 3mm is usual")
    return bleed


def _name(asked: PrintRequest, trim: tuple[int, int], dpi: float, depth: int) -> str:
    if asked.size is None:
        return f"{depth}bit" if (asked.format or "png") == "png" else ""
    size = asked.size.strip().replace("×", "x").replace(" ", "").lower()
    if size.endswith("px"):
        return "{}x{}px".format(*trim)
    sheet = _SHEET.fullmatch(size)
    return f"{size.capitalize() if sheet else size}-{dpi:.0f}dpi"


def _refuse_sizes(made: Print, asked: PrintRequest) -> None:
    """Raises UsageError for too few or too many pixels, with the resolution that would do."""
    width, height = made.size
    if min(made.trim) < LEAST_SIDE:
        said = "a larger size, or more --dpi" if asked.size else "a larger size"
        raise UsageError(f"--print {asked.size}: {width} × {height} pixels are too few for a picture; use {said}")
    if max(width, height) <= MOST_SIDE and width * height <= MOST_PIXELS:
        return
    share = min(MOST_SIDE / max(width, height), (MOST_PIXELS / (width * height)) ** 0.5)
    remedy = f"use --dpi {int(made.dpi * share * 0.999)}, or a smaller size"
    if asked.size and asked.size.strip().lower().endswith("px"):
        remedy = f"use {int(width * share)}x{int(height * share)}px at most"
    raise UsageError(
        f"--print {asked.size} at {made.dpi:g} dpi: {width:,} × {height:,} pixels are more than {MOST_PIXELS:,}, or a "
        f"side is longer than {MOST_SIDE:,}; {remedy}"
    )
