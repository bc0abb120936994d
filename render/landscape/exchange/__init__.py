"""Surfaces in the formats of other programs: any grid of (x, y, value), read and written by the ending of a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from render.errors import DataError, UsageError
from render.landscape.exchange import arrays, hdf5, picture, table, vtk
from render.landscape.exchange.given import Given
from render.scene.nearest import nearest

READERS: dict[str, Callable[[Path], Given]] = {
    ".npz": arrays.read,
    ".h5": hdf5.read,
    ".hdf5": hdf5.read,
    ".csv": table.read,
    ".txt": table.read,
    ".vtp": vtk.read_poly_data,
    ".vti": vtk.read_image_data,
    ".png": picture.read,
    ".tif": picture.read,
    ".tiff": picture.read,
    ".jpg": picture.read,
    ".jpeg": picture.read,
}
WRITERS: dict[str, Callable[[Given, Path], None]] = {
    "npz": arrays.write,
    "h5": hdf5.write,
    "csv": table.write,
    "vtp": vtk.write_poly_data,
    "vti": vtk.write_image_data,
}


def read(path: Path) -> Given:
    """Returns the surface in a file; raises DataError where there is none that can be read."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: surfaces are read from {', '.join(sorted(READERS))}; save it as one of them")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; name one from the working directory")
    return reader(path)


def write(given: Given, path: Path, kind: str) -> None:
    """Writes a surface in a format; raises UsageError for an unknown one."""
    if kind not in WRITERS:
        raise UsageError(f'--to: there is no format "{kind}"; {nearest(kind, WRITERS)}')
    WRITERS[kind](given, path)
