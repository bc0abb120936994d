"""Surfaces in the XML files of VTK: vtp (points and polygons) and vti (an image), which ParaView opens.

Read are arrays in text, or in base64 with or without zlib; written is base64 without. The file format is that of "VTK
XML Formats" in the VTK documentation. Entities, which can blow up a document, are refused.
"""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange.given import Given, checked, require_few, require_path
from render.exchange.scattered import ROUNDING, gridded
from render.scene.surface import MOST_POINTS
from render.storage.files import replacing

TYPES = {
    "Float32": "f4", "Float64": "f8", "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4",
    "UInt32": "u4", "Int64": "i8", "UInt64": "u8",
}  # fmt: skip
HEADERS = {"UInt32": "u4", "UInt64": "u8"}
MOST_BYTES = 100 * MOST_POINTS
PREFERRED = ("loss", "zvalue", "train_loss")
AXES = ("alphas", "betas")  # field data of a vti that was written here, with all digits of its axes
PATH = ("path_alpha", "path_beta", "path_loss")  # field data of files that were written here
ROUNDING_OF_SINGLES = 1e-6  # of the range of an axis; places are often float32 there


class _Document:
    """The elements of a file, and how its arrays are written."""

    def __init__(self, path: Path):
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path}: is larger than {MOST_BYTES:,} bytes; make it coarser")
        content = path.read_bytes()
        if b"\0" in content:  # UTF-16 would hide a declaration from the next line
            raise DataError(f"{path}: is no plain text, or has raw data appended; save its arrays as ascii or binary")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise DataError(f"{path}: declares entities, which no surface needs; remove them")
        try:
            self.root = ElementTree.fromstring(content)
        except (ElementTree.ParseError, LookupError) as error:
            raise DataError(f"{path}: is no whole XML file ({error}); save arrays as ascii or binary") from error
        self.path = path
        self.order = "<" if self.root.get("byte_order", "LittleEndian") == "LittleEndian" else ">"
        self.header = np.dtype(self.order + HEADERS[self.root.get("header_type", "UInt32")])
        self.compressor = self.root.get("compressor")
        self.held = 0  # numbers read so far; arrays may share the same few bytes
        if len(self.root.findall(".//Piece")) > 1:
            raise DataError(f"{path}: is made of several pieces; merge them into one")

    def arrays(self, tag: str) -> dict[str, np.ndarray]:
        """Returns the arrays in the first element of a tag by their names."""
        holder = self.root.find(f".//{tag}")
        return {} if holder is None else {e.get("Name", ""): self._array(e) for e in holder.iter("DataArray")}

    def has_singles(self, tag: str) -> bool:
        """Whether an array in the first element of a tag has numbers of 32 bits."""
        holder = self.root.find(f".//{tag}")
        return holder is not None and any(e.get("type") == "Float32" for e in holder.iter("DataArray"))

    def _array(self, element: ElementTree.Element) -> np.ndarray:
        kind, text = TYPES.get(element.get("type", "")), (element.text or "").strip()
        form = element.get("format", "ascii")
        if kind is None:
            raise DataError(f"{self.path}: holds an array of type {element.get('type')}; save it as Float32")
        if form == "ascii":
            values = np.array(text.split(), np.float64)
        else:
            values = np.frombuffer(self._bytes(element, form, text), self.order + kind).astype(np.float64)
        self.held += values.size
        require_few(self.path, self.held // 8)
        components = int(element.get("NumberOfComponents", "1"))
        return values.reshape(-1, components) if components > 1 else values

    def _bytes(self, element: ElementTree.Element, form: str, text: str) -> bytes:
        if form == "appended":
            holder = self.root.find("AppendedData")
            if holder is None or holder.get("encoding") != "base64":
                raise DataError(f"{self.path}: has raw data appended; save its arrays as ascii or binary")
            text = (holder.text or "").strip().removeprefix("_")[int(element.get("offset", "0")) :]
        return _decoded(text, self.header) if self.compressor is None else self._inflated(text)

    def _inflated(self, text: str) -> bytes:
        if self.compressor != "vtkZLibDataCompressor":
            raise DataError(f"{self.path}: is compressed by {self.compressor}; save it with zlib or without")
        width = self.header.itemsize
        count = int(np.frombuffer(_base64(text, 3 * width), self.header)[0])
        numbers = np.frombuffer(_base64(text, (3 + count) * width), self.header)
        block, sizes = int(numbers[1]), numbers[3 : 3 + count].astype(int)
        if not block:  # zlib takes it for no limit
            raise DataError(f"{self.path}: has compressed blocks of no size; save it again")
        require_few(self.path, count * block // 8)
        start = 4 * -(-(3 + count) * width // 3)
        content = _base64(text[start:], int(sizes.sum()))
        ends = np.cumsum(sizes)
        parts = (content[end - size : end] for end, size in zip(ends, sizes, strict=True))
        return b"".join(zlib.decompressobj().decompress(part, block) for part in parts)


def _decoded(text: str, header: np.dtype) -> bytes:
    size = int(np.frombuffer(_base64(text, header.itemsize), header)[0])
    return _base64(text, header.itemsize + size)[header.itemsize :]


def _base64(text: str, size: int) -> bytes:
    """Returns the first bytes of what text encodes."""
    return base64.b64decode(text[: 4 * -(-size // 3)])[:size]


def read_poly_data(path: Path) -> Given:
    """Returns the surface of a vtp: its points' x and y, and loss or zvalue, or else their z."""
    return _read(path, _from_points)


def read_image_data(path: Path) -> Given:
    """Returns the surface of a vti of one layer."""
    return _read(path, _from_image)


def _read(path: Path, reader: Callable[[_Document], Given]) -> Given:
    try:
        return reader(_Document(path))
    except (ValueError, LookupError, OverflowError, zlib.error, MemoryError) as error:
        raise DataError(f"{path}: holds an array that cannot be read ({error}); save it as ascii") from error


def _from_points(document: _Document) -> Given:
    points = document.arrays("Points")
    if not points:
        raise DataError(f"{document.path}: holds no points; save a surface of x, y, z")
    place = next(iter(points.values()))
    if place.ndim != 2 or place.shape[1] != 3:
        raise DataError(f"{document.path}: has points of shape {place.shape}; save three numbers for each")
    scalars = _scalars(document)
    name = next((name for name in PREFERRED if name in scalars), None)
    z = place[:, 2] if name is None else scalars[name]
    rounding = ROUNDING_OF_SINGLES if document.has_singles("Points") else ROUNDING
    accuracy = scalars.get("accuracy")
    found = gridded(document.path, place[:, 0], place[:, 1], z, name or "z", accuracy=accuracy, rounding=rounding)
    return replace(found, more={**found.more, **_path(document)})


def _scalars(document: _Document) -> dict[str, np.ndarray]:
    """Returns the arrays that have one number for each point."""
    return {name: values for name, values in document.arrays("PointData").items() if values.ndim == 1}


def _path(document: _Document) -> dict[str, np.ndarray]:
    """Returns the path that was written here along with a surface."""
    kept = document.arrays("FieldData")
    path = {name: kept[name] for name in PATH if name in kept}
    require_path(document.path, path)
    return path


def _from_image(document: _Document) -> Given:
    image = document.root.find("ImageData")
    if image is None:
        raise DataError(f"{document.path}: holds no image data; save a vti")
    extent = [int(number) for number in image.get("WholeExtent", "").split()]
    shape = [high - low + 1 for low, high in zip(extent[::2], extent[1::2], strict=True)]
    require_few(document.path, *shape)
    if len(shape) != 3 or shape[2] != 1 or min(shape) < 1:
        raise DataError(f"{document.path}: is {' × '.join(map(str, shape)) or 'empty'}; a surface has one layer")
    scalars = _scalars(document)
    if not scalars:
        raise DataError(f"{document.path}: holds no values at its points; save them as point data")
    name = next((name for name in PREFERRED if name in scalars), next(iter(scalars)))
    alphas, betas = _axes(document, image, extent, shape)
    grid = {key: scalars[key].reshape(shape[1], shape[0]) for key in {name, "accuracy"} & set(scalars)}
    return checked(document.path, alphas, betas, grid.pop(name), name, more={**grid, **_path(document)})


def _axes(document: _Document, image: ElementTree.Element, extent: list[int], shape: list[int]) -> Iterator[np.ndarray]:
    kept = document.arrays("FieldData")
    origin, spacing = ([float(n) for n in image.get(key, "0 0 0").split()] for key in ("Origin", "Spacing"))
    for axis, name in enumerate(AXES):
        even = origin[axis] + spacing[axis] * (extent[2 * axis] + np.arange(shape[axis]))
        yield kept[name] if name in kept and len(kept[name]) == shape[axis] else even


def write_poly_data(given: Given, path: Path) -> None:
    """Writes a surface as points and quadrilaterals with the value as height and as loss."""
    columns, rows = np.meshgrid(given.alphas, given.betas)
    finite = np.isfinite(given.values)  # a point of a mesh must lie somewhere: on top where it diverged
    top = given.values[finite].max() if finite.any() else 0
    height = np.where(finite, given.values, top).ravel()
    points = np.stack([columns.ravel(), rows.ravel(), height], 1)
    corners = np.arange(points.shape[0]).reshape(given.values.shape)
    quads = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], -1).reshape(-1, 4)
    offsets = 4 * (1 + np.arange(len(quads)))
    with replacing(path) as temporary:
        temporary.write_text(
            _file(
                "PolyData",
                f"<PolyData><FieldData>{_fields(given)}</FieldData>"
                f'<Piece NumberOfPoints="{len(points)}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" '
                f'NumberOfPolys="{len(quads)}">'
                f"{_point_data(given)}"
                f"<Points>{_element('Points', points, 3)}</Points>"
                f"<Polys>{_element('connectivity', quads.ravel())}{_element('offsets', offsets)}</Polys>"
                "</Piece></PolyData>",
            ),
            encoding="utf-8",
        )


def write_image_data(given: Given, path: Path) -> None:
    """Writes a surface as an image; raises DataError where the steps of an axis are not even."""
    steps = [np.diff(axis) for axis in (given.alphas, given.betas)]
    if any(np.ptp(step) > 1e-6 * step.mean() for step in steps):
        raise DataError(f"{path}: the steps of its axes are not even, which a vti cannot say; export it as vtp")
    rows, columns = given.values.shape
    extent = f"0 {columns - 1} 0 {rows - 1} 0 0"
    axes = "".join(_field(name, axis) for name, axis in zip(AXES, (given.alphas, given.betas), strict=True))
    with replacing(path) as temporary:
        temporary.write_text(
            _file(
                "ImageData",
                f'<ImageData WholeExtent="{extent}" Origin="{float(given.alphas[0])!r} {float(given.betas[0])!r} 0" '
                f'Spacing="{float(steps[0].mean())!r} {float(steps[1].mean())!r} 1">'
                f"<FieldData>{axes}{_fields(given)}</FieldData>"
                f'<Piece Extent="{extent}">{_point_data(given)}</Piece></ImageData>',
            ),
            encoding="utf-8",
        )


def _file(kind: str, content: str) -> str:
    head = f'<VTKFile type="{kind}" version="1.0" byte_order="LittleEndian" header_type="UInt64">'
    return f'<?xml version="1.0"?>\n{head}{content}</VTKFile>\n'


def _point_data(given: Given) -> str:
    accuracy = _element("accuracy", given.more["accuracy"].ravel()) if "accuracy" in given.more else ""
    return f'<PointData Scalars="loss">{_element("loss", given.values.ravel())}{accuracy}</PointData>'


def _fields(given: Given) -> str:
    """Returns the path, which belongs to no point of the surface."""
    return "".join(_field(name, given.more[name].astype(np.float64)) for name in PATH if name in given.more)


def _field(name: str, values: np.ndarray) -> str:
    return _element(name, values).replace(" format=", f' NumberOfTuples="{len(values)}" format=', 1)


def _element(name: str, values: np.ndarray, components: int = 1) -> str:
    kind = {"f4": "Float32", "f8": "Float64", "i8": "Int64"}[values.dtype.str[1:]]
    content = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    encoded = base64.b64encode(len(content).to_bytes(8, "little") + content).decode()
    return (
        f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{components}" format="binary">'
        f"{encoded}</DataArray>"
    )
