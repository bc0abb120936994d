"""EXR in linear light, by OpenImageIO: one picture by rows, or the passes of a picture as the layers of one file.

Light is written as it was computed, with BT.709 primaries and without the tone curve. Channels are called as other
programs look for them: R, G, B and A of the picture, and layer.R, layer.X or layer.Z of its passes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import MachineError
from render.storage.files import replacing

MADE = "1980:01:01 00:00:00"  # in every file, or its bytes would change from day to day
COLOUR, VECTOR, DISTANCE, SHARE = ("R", "G", "B"), ("X", "Y", "Z"), ("Z",), ("V",)
LAYERS = {  # of a picture's passes, and what their channels are called
    "depth": DISTANCE,
    "normal": VECTOR,
    "albedo": COLOUR,
    **dict.fromkeys(("sun", "sky", "bounce", "lamp"), COLOUR),
    **dict.fromkeys(("gloss", "path", "ground", "rest"), COLOUR),
}
SUM = "R, G, B = albedo * (sun + sky + bounce + lamp) + gloss + path + ground + rest"
PRIMARIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)  # x and y of red, green, blue and white, BT.709


@dataclass(frozen=True)
class Passes:
    """What a picture is made of, plane by plane, float32; None is not known."""

    picture: np.ndarray  # (H, W, 3) linear, all light together
    alpha: np.ndarray | None = None  # (H, W), 1 where the object covers the ground
    depth: np.ndarray | None = None  # (H, W) distance along the view's axis, picture widths; infinite at the ground
    normal: np.ndarray | None = None  # (H, W, 3) unit, along α, along β, upwards
    albedo: np.ndarray | None = None  # (H, W, 3) linear
    sun: np.ndarray | None = None  # (H, W, 3) linear, light from the sun
    sky: np.ndarray | None = None  # (H, W, 3) linear, light from the sky
    bounce: np.ndarray | None = None  # (H, W, 3) linear, light from slope to slope
    lamp: np.ndarray | None = None  # (H, W, 3) linear, light of the paths
    gloss: np.ndarray | None = None  # (H, W, 3) linear, what is reflected
    path: np.ndarray | None = None  # (H, W, 3) linear, what shines by itself
    ground: np.ndarray | None = None  # (H, W, 3) linear, what is behind the bodies
    rest: np.ndarray | None = None  # (H, W, 3) linear, what has no pass of its own
    mattes: Mapping[str, np.ndarray] = field(default_factory=dict)  # (H, W) each, share of a pixel that a thing covers

    @property
    def planes(self) -> dict[str, np.ndarray]:
        """Channels by their names in the file, (H, W) each; raises ValueError where their sizes differ."""
        found = dict(_channels("", COLOUR, self.picture))
        if self.alpha is not None:
            found |= _channels("", ("A",), self.alpha)
        for layer, letters in LAYERS.items():
            values = getattr(self, layer)
            if values is not None:
                found |= _channels(f"{layer}.", letters, values)
        for name, matte in self.mattes.items():
            found |= _channels(f"matte_{name}.", SHARE, matte)
        if len({plane.shape for plane in found.values()}) > 1:
            raise ValueError(f"passes of different sizes: { {name: plane.shape for name, plane in found.items()} }")
        return found


def _channels(prefix: str, letters: Sequence[str], values: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    planes = values[..., None] if len(letters) == 1 else values
    if planes.shape[2:] != (len(letters),):
        raise ValueError(f"{prefix or 'picture'}: {values.shape} are not the planes {', '.join(letters)}")
    for index, letter in enumerate(letters):
        yield prefix + letter, planes[..., index]


def openimageio() -> Any:
    """Returns the library; raises MachineError where it is absent."""
    try:
        return importlib.import_module("OpenImageIO")
    except ImportError as error:
        raise MachineError("EXR needs OpenImageIO, which is not installed; `pip install 'thalweg[exr]'`") from error


@dataclass(frozen=True)
class LinearSheet:
    """A picture in linear light whose rows come in bands (h, width, channels) float32."""

    width: int
    height: int
    channels: Sequence[str]  # names, such as R, G, B
    depth: int = 16  # bits: 16 is half a float, 32 a whole one
    dpi: float | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def write_exr(target: Path, sheet: LinearSheet, bands: Iterable[np.ndarray]) -> None:
    """Writes a sheet from its bands, whole or not at all; raises MachineError where OpenImageIO is absent or fails."""
    library = openimageio()
    with replacing(target) as temporary:
        output = _or_fail(library.ImageOutput.create(str(temporary)), library, target)
        _or_fail(output.open(str(temporary), _description(library, sheet)), output, target)
        row = 0
        for band in bands:
            band = np.ascontiguousarray(band, np.float32)
            _or_fail(output.write_scanlines(row, row + len(band), 0, band), output, target)
            row += len(band)
        _or_fail(output.close() and row == sheet.height, output, target)


def write_passes(target: Path, passes: Passes, texts: Mapping[str, str] | None = None) -> None:
    """Writes the passes of a picture as one EXR of many layers, whole floats."""
    planes = passes.planes
    height, width = next(iter(planes.values())).shape
    sheet = LinearSheet(width, height, tuple(planes), 32, texts=texts or {})
    write_exr(target, sheet, _rows(planes, height))


def _rows(planes: Mapping[str, np.ndarray], height: int, rows: int = 64) -> Iterator[np.ndarray]:
    for top in range(0, height, rows):
        yield np.stack([plane[top : top + rows] for plane in planes.values()], axis=-1)


def _description(library: Any, sheet: LinearSheet) -> Any:
    spec = library.ImageSpec(
        sheet.width, sheet.height, len(sheet.channels), library.HALF if sheet.depth == 16 else library.FLOAT
    )
    spec.channelnames = tuple(sheet.channels)
    if "A" in sheet.channels:
        spec.alpha_channel = list(sheet.channels).index("A")
    spec.attribute("compression", "zip")
    spec.attribute("oiio:ColorSpace", "lin_rec709_scene")
    spec.attribute("Software", "thalweg")
    spec.attribute("DateTime", MADE)
    spec.attribute("chromaticities", library.TypeDesc("float[8]"), PRIMARIES)
    if sheet.dpi:
        spec.attribute("XResolution", float(sheet.dpi))
        spec.attribute("YResolution", float(sheet.dpi))
        spec.attribute("ResolutionUnit", "in")
    for key, name in (("Title", "DocumentName"), ("Description", "ImageDescription"), ("Sum", "thalweg:sum")):
        if key in sheet.texts:
            spec.attribute(name, sheet.texts[key])
    return spec


def _or_fail(result: Any, whose: Any, target: Path) -> Any:
    """Returns what the library gave; raises MachineError with its words where it gave nothing."""
    if not result:
        raise MachineError(f"{target}: OpenImageIO failed: {whose.geterror().strip() or 'it said nothing'}")
    return result
